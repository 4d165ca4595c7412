"""One run: from a configuration and a seed to a ``RunResult``."""
