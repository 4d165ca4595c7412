"""The short form of a run's error."""

import pytest

from experiments.store.result import RunResult

CHAIN = """Traceback (most recent call last):
  File "a.py", line 1, in f
    g()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in h
    raise ValueError("no row\n  left")
ValueError: no row
  left
Detected at node add defined at (most recent call last):
"""


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (CHAIN, "ValueError: no row"),
        ("The worker process died.\nWorkerDied: exit code -9", "WorkerDied: exit code -9"),
        ("", ""),
    ],
)
def test_the_line_that_names_the_exception(error, short):
    assert RunResult(None, {}, {}, {}, error).short_error == short
