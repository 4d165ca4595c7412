"""Every test file is collected: pytest skips folders of some names without a word."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLUGIN = """
import pytest

class Unread(pytest.File):
    def collect(self):
        return []

@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path, parent):
    print("collected", module_path)
    return Unread.from_parent(parent, path=module_path)
"""


@pytest.mark.slow
def test_every_test_file_is_collected(tmp_path):
    (tmp_path / "unread.py").write_text(PLUGIN)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-s", "-p", "unread", "-p", "no:xdist"]
    environment = {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    collected = {line.removeprefix("collected ") for line in result.stdout.splitlines() if line.startswith("collected")}
    present = {str(path) for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(present) > 100
    assert collected >= present, result.stdout[-2000:] + result.stderr[-2000:]
