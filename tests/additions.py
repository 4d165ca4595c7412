"""A copy of the package with additions to some files, as a contributor would make them, and a study that uses them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run_with_additions(folder, additions, script):
    """Run a Python script with a copy of the package to which lines were added.

    Args:
        folder: An empty folder for the copy.
        additions: File of the package to its additions, each a line and the lines to insert after it; the line ""
            means the end of the file.
        script: Source code; prints its result.

    Returns:
        The output.
    """
    package = folder / "experiments"
    shutil.copytree(ROOT / "experiments", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, inserted in additions.items():
        file = package / name
        text = file.read_text(encoding="utf-8")
        for line, added in inserted.items():
            assert not line or text.count(line) == 1, f"{name} has not one line {line!r}"
            text = text.replace(line, line + added) if line else text + added
        file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
