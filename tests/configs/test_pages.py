"""Every case study has its page, and what its page suggests to try is valid and trains."""

import re
from pathlib import Path

import pytest

from experiments.language import load_study
from experiments.run.execute import execute

ROOT = Path(__file__).parents[2]
STUDIES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
SECTIONS = ["The idea", "What we ran", "What came out", "What surprised", "What to try"]


def page(study):
    return (ROOT / "casestudies" / f"{study}.md").read_text(encoding="utf-8")


def snippets(study):
    return re.findall(r"```yaml\n(.*?)```", page(study), re.DOTALL)


def with_snippets(study, folder, sets=()):
    """The study with its page's snippets below ``variants:``, as a reader would put them there."""
    config = (ROOT / "configs" / f"{study}.yaml").read_text(encoding="utf-8")
    head, variants, rest = config.partition("\nvariants:\n")
    file = folder / f"{study}.yaml"
    file.write_text(head + variants + "".join(snippets(study)) + rest, encoding="utf-8")
    names = [re.match(r"  (\w+):", snippet)[1] for snippet in snippets(study)]
    return load_study(file, sets=sets), names


def test_there_is_a_page_for_every_study():
    assert sorted(path.stem for path in (ROOT / "casestudies").glob("*.md") if path.stem != "README") == STUDIES


@pytest.mark.parametrize("study", STUDIES)
def test_the_page_has_its_parts_and_places_for_results(study):
    text = page(study)
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [section for section in found if section in SECTIONS] == SECTIONS
    assert text.startswith(f"# {load_study(ROOT / 'configs' / f'{study}.yaml').title}\n")
    assert re.search(r"<!-- summary -->\n.*<!-- /summary -->", text, re.DOTALL)
    assert re.search(r"<!-- verdicts -->\n.*<!-- /verdicts -->", text, re.DOTALL)
    assert re.search(r"<!-- figure: \S+\.png, [^\n]+ -->\n.*<!-- /figure -->", text, re.DOTALL)


@pytest.mark.parametrize("study", STUDIES)
def test_what_does_not_hold_has_a_reason_or_is_said_to_have_none(study):
    block = re.search(r"<!-- verdicts -->\n(.*?)<!-- /verdicts -->", page(study), re.DOTALL)[1]
    rows = [line.split(" | ") for line in block.splitlines() if line.startswith("| ") and "<br>" in line]
    assert rows
    for claim, *verdicts in rows:
        if any("**contradicted**" in verdict or "**inconclusive**" in verdict for verdict in verdicts):
            assert f"*{claim.removeprefix('| ')}*" in block


@pytest.mark.parametrize("study", STUDIES)
def test_its_three_suggestions_are_valid(study, tmp_path):
    changed, names = with_snippets(study, tmp_path)
    assert len(names) == 3
    assert set(names) <= {variant.name for variant in changed.variants}


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_its_three_suggestions_train(study, tmp_path):
    changed, names = with_snippets(study, tmp_path, sets=["training.epochs=2"])
    results = list(execute(changed.runs(variants=names, repeats=1, protocols=changed.protocols[:1])))
    assert [result.error for result in results] == [""] * 3
    assert {result.scalars["epochs_run"] for result in results} <= {1, 2}
