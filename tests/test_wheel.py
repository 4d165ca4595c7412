"""The wheel: an installation outside the checkout has the shipped studies, the schema and the templates."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.language import study_names

ROOT = Path(__file__).parent.parent
SOURCES = ("experiments", "configs", "pyproject.toml", "setup.py", "README.md", "LICENSE")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an installed wheel, built from a copy of the sources."""
    place = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / "copy" / name)
    build = ["wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), str(place / "copy")]
    done = subprocess.run([*PIP, *build], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = place.glob("*.whl")
    install = ["install", "--no-index", "--no-deps", "--target", str(place / "site"), str(wheel)]
    done = subprocess.run([*PIP, *install], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "site"


@pytest.fixture
def command(installed, tmp_path):
    """Runs a command of the installed package in an empty folder."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_package_is_that_of_the_wheel(command, installed):
    assert Path(command("-c", "import experiments; print(experiments.__file__)").strip()).is_relative_to(installed)


def test_the_shipped_studies_come_along(command):
    listed = [line.split()[0] for line in command("-m", "experiments", "list").splitlines() if line.strip()]
    assert set(study_names()) <= set(listed)
    assert f"{len(study_names())} studies: all well" in command("-m", "experiments", "check")


def test_a_shipped_study_is_copied_and_its_copy_comes_first(command, tmp_path):
    command("-m", "experiments", "new", "dropout", "zebra")
    assert sorted(path.name for path in (tmp_path / "configs").iterdir()) == ["schema.json", "zebra.yaml"]
    listed = [line.split()[0] for line in command("-m", "experiments", "list").splitlines() if line.strip()]
    assert listed.index("zebra") < listed.index("activation_functions")
    assert "configs/zebra.yaml: all well" in command("-m", "experiments", "check", "zebra")
    assert "study zebra" in command("-m", "experiments", "code", "zebra", "--variant", "dropout")


def test_a_shipped_study_runs_to_a_page_in_the_working_directory(command, tmp_path):
    command("-m", "experiments", "run", "dropout", "--variant", "baseline", "--repeats", "1", "--jobs", "1")
    results = tmp_path / "results"
    page = (results / "dropout" / "report.html").read_text(encoding="utf-8")
    assert "Decouple layers with dropout" in page
    assert (results / "dropout" / "runs.csv").is_file()
    assert (results / "index.html").is_file()
