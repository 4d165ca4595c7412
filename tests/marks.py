"""Where a test can run, and when."""

import sys

import pytest

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked, and programs stored, on Linux alone")


def cases(table, quick=()):
    """Parameters with the names of a table as ids; those that are not named as quick are slow tests."""
    return [
        pytest.param(value, id=name, marks=[] if name in quick else pytest.mark.slow) for name, value in table.items()
    ]
