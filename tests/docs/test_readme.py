"""What the README shows is valid, and means what the README says."""

import re
import shlex
import shutil

import pytest

from experiments.cli.main import main
from experiments.errors import ConfigError
from experiments.language import load_study
from experiments.run.execute import execute
from tests.docs.blocks import ROOT, below, blocks
from tests.tabular.tables import houses, written

STUDY, ADDED = (text for language, text in blocks("README.md") if language == "yaml")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    python -m experiments (\w+)(.*?)(?: +[#>].*)?$", README, re.MULTILINE)


@pytest.fixture
def example(tmp_path):
    """The README's study as a file."""
    file = tmp_path / "example.yaml"
    file.write_text(STUDY, encoding="utf-8")
    return file


@pytest.fixture
def dropout(tmp_path):
    """A copy of the study that the README adds a variant to."""
    return shutil.copy(ROOT / "configs" / "dropout.yaml", tmp_path)


def test_the_example_is_a_study(example):
    study = load_study(example)
    assert [variant.name for variant in study.variants] == ["baseline", "dropout"]
    assert len(study.claims) == 1


@pytest.mark.slow
def test_the_example_trains(example):
    study = load_study(example, sets=["training.epochs=2"])
    results = list(execute(study.runs(repeats=1)))
    assert [result.error for result in results] == [""] * 4


def test_the_variant_to_add_means_as_many_new_runs_as_the_readme_says(dropout):
    promised = int(re.search(r"trains the (\d+) new runs", README)[1])
    before = load_study(dropout).runs()
    below("variants", ADDED, dropout)
    after = load_study(dropout).runs()
    assert len(after) == len(before) + promised
    assert {(run.variant, run.hash) for run in before} < {(run.variant, run.hash) for run in after}


def test_a_mistake_is_told_as_the_readme_says(dropout):
    message = re.search(r"`configs/dropout\.yaml:\d+:\d+  (.+?)`", README)[1]
    below("variants", ADDED.replace("Dropout: 0.6", "Dropout: {ratee: 0.6}"), dropout)
    with pytest.raises(ConfigError) as raised:
        load_study(dropout)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        pytest.param(*command, marks=[pytest.mark.slow] * ("--build" in command[1]))
        for command in COMMANDS
        if command[0] != "compare"
    ],
)
def test_the_commands_work_without_results(verb, arguments, tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "housing.csv").write_text(written(houses()))
    monkeypatch.chdir(tmp_path)
    assert main([verb, *shlex.split(arguments), *(["--dry-run"] if verb == "run" else [])]) == 0
    assert capsys.readouterr().out


def test_every_verb_is_shown():
    shown = {verb for verb, _ in COMMANDS}
    assert shown == {"list", "check", "show", "new", "run", "compare", "code"}
