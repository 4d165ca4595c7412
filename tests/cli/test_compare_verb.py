"""``compare --page``: the comparison of the terminal as a page."""

import re
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.cli.studies import with_own_folder
from experiments.language import load_study
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.staging import stage
from tests.fakes import make_result


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        (("small", "baseline", "dropout", "rate"), "A small study: variants against baseline"),
        (("results", "results"), "Before: results/, after: results/"),
    ],
)
def test_a_comparison_is_also_a_page(trained, capsys, what, heading):
    assert main(["compare", *what]) == 0
    in_terminal = capsys.readouterr().out
    assert main(["compare", *what, "--page", "pages/compare.html"]) == 0
    assert capsys.readouterr().out == f"{in_terminal}{Path('pages/compare.html')}\n"
    assert f"<h1>{heading}</h1>" in Path("pages/compare.html").read_text(encoding="utf-8")


@pytest.fixture
def changed(trained):
    """The study with results, and the folder that a run with ``--set`` has made."""
    study = load_study("small", sets=["training.epochs=4"])
    study = with_own_folder(study)
    folder = StudyFolder.of(study.name, "results")
    stage(folder.staging, [make_result(run) for run in study.runs(variants=["baseline", "dropout"])])
    merge(study, folder)
    return study.name


@pytest.mark.parametrize("names", [("results/small", "results/{}"), ("small", "{}"), ("{}", "small")])
def test_a_changed_study_is_compared_with_the_study(changed, capsys, names):
    first, second = (name.format(changed) for name in names)
    assert main(["compare", first, second]) == 0
    text = capsys.readouterr().out
    assert re.search(r"\b(small|small@\w+) +(baseline|dropout) +(published|fresh) +test_accuracy", text)
    assert re.search(r"0 of (\d+) comparisons are identical", text)
    assert main(["compare", first, second, "--page", "pages/compare.html"]) == 0
    before, after = (Path("results", Path(name).name) for name in (first, second))
    assert f"<h1>Before: {before}/, after: {after}/</h1>" in Path("pages/compare.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("small", "small@1234"), "there are no results of 'small@1234' in results/; there are those of {}"),
        (("{}", "baseline"), "there are no results of 'baseline' in results/; python -m experiments list"),
        (("{}", "baseline", "dropout"), "compare small small@"),
        (("results", "results/{}"), "expected two results folders, or two folders of studies, found one of each"),
    ],
)
def test_folders_that_cannot_be_compared_are_exit_code_2_with_advice(changed, capsys, names, message):
    assert main(["compare", *(name.format(changed) for name in names)]) == 2
    assert message.format(changed) in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_exit_code_2(trained, capsys):
    assert main(["compare", "small", "baseline", "dropout", "--page", "results"]) == 2
    assert "results" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir() if path.name.startswith(".tmp")] == []
