"""One call of ``run`` or ``report``: it drives the scheduler, the analysis and the reports."""
