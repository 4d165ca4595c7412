"""Runs are executed: what is done is known from the results, what is missing goes to a pool of processes."""
