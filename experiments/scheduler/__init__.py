"""Many runs: which are missing, in which order, and the worker processes that carry them out."""
