"""No command that trains nothing pays for a library it does not need."""

import shutil
import subprocess
import sys

import pytest

from experiments.cli.main import main

HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "pandas", "matplotlib")
SCRIPT = """
import sys
from experiments.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as error:
    code = error.code
print("imported:", sorted(set({heavy!r}) & set(sys.modules)), "exit:", code or 0)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return tmp_path_factory.mktemp("reported")


@pytest.fixture
def reported(trained, results, capsys, monkeypatch):
    """A project whose tables, figures and pages are there; made once."""
    if not (results / "results").exists():
        assert main(["report"]) == 0, capsys.readouterr().out
        shutil.copytree(trained, results, dirs_exist_ok=True)
    monkeypatch.chdir(results)


@pytest.mark.parametrize(
    "arguments", [("--help",), ("list",), ("check",), ("show", "small", "--variant", "dropout")], ids=" ".join
)
def test_no_heavy_import(trained, arguments):
    assert_nothing_heavy(arguments)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("run", "small"), ("run", "--all")], ids=" ".join)
def test_no_heavy_import_where_nothing_is_left_to_run(reported, arguments):
    assert_nothing_heavy(arguments)


def assert_nothing_heavy(arguments):
    command = [sys.executable, "-c", SCRIPT.format(heavy=HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("imported: [] exit: 0\n"), done.stdout + done.stderr
