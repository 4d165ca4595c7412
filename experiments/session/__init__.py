"""One call of ``run`` or ``report``: drives scheduler, analysis and report, and records what happens."""
