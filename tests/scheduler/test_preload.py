import subprocess
import sys

import pytest

from tests.marks import ON_LINUX

SCRIPT = """
import os, sys
import experiments.scheduler.preload
assert {"tensorflow", "keras", "sklearn.preprocessing", "experiments.training"} <= set(sys.modules)
sys.exit(40 + len(os.listdir("/proc/self/task")))
"""


@pytest.mark.slow
@ON_LINUX
def test_workers_are_forked_off_a_process_of_one_thread_that_has_tensorflow():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (41, "", "")
