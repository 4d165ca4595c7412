"""The studies in docs/examples: written in YAML alone, valid, and trained to a report like those in configs/."""

from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.language import load_study
from experiments.store.loading import load_results
from tests.docs.blocks import ROOT

FOLDER = ROOT / "docs" / "examples"
EXAMPLES = sorted(path.name for path in FOLDER.glob("*.yaml"))


def test_the_page_has_every_example():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert EXAMPLES
    assert [name for name in EXAMPLES if f"({name})" not in page] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid_and_finds_its_schema(name):
    study = load_study(FOLDER / name)
    assert study.claims
    first = study.text.splitlines()[0]
    assert (FOLDER / first.partition("$schema=")[2]).resolve() == ROOT / "configs" / "schema.json"
    assert f"experiments run docs/examples/{name}" in study.text


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_trains_to_a_report(name, tmp_path, in_process):
    options = ["--repeats", "2", "--set", "training.epochs=3", "--out", str(tmp_path)]
    assert main(["run", str(FOLDER / name), *options]) == 0
    study = load_study(FOLDER / name)
    runs = load_results(study.name, tmp_path)
    assert set(runs.variant) == {variant.name for variant in study.variants}
    report = (tmp_path / study.name / "report.html").read_text(encoding="utf-8")
    assert [claim.says for claim in study.claims if claim.says not in report] == []
    assert Path(tmp_path / "index.html").is_file()
