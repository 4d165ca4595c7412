"""Where a test can run."""

import sys

import pytest

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked, and programs stored, on Linux alone")
