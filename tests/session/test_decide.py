"""``run --decide`` with made-up results: the variants of open claims get more repeats, and verdicts keep their look."""

from pathlib import Path

import pytest

from experiments.analysis import read_claim_rows
from experiments.errors import ExperimentsError
from experiments.language import parse_study
from experiments.report.study_report import write_study
from experiments.scheduler.collect import Summary
from experiments.session import decide
from experiments.session.reporting import fingerprint
from experiments.session.run_studies import Options
from experiments.store.folder import StudyFolder
from experiments.store.recorded_looks import LOOKS, read_looks, record_look
from tests.report.conftest import STUDY
from tests.report.synthetic import write_results
from tests.session.watch import Watcher

CLEAR = "dropout.test_accuracy > baseline.test_accuracy"
OPEN = "wide.gradient_norm.hidden > baseline.gradient_norm.hidden"


def study_with(*claims, repeats=6):
    text = STUDY[: STUDY.index("claims:\n  - says")] + "claims:\n"
    text += "".join(f"  - {{says: A claim., expect: {claim}}}\n" for claim in claims)
    summary = STUDY[STUDY.index("summary:") : STUDY.index("variants:")]
    text = text.replace("repeats: 6", f"repeats: {repeats}").replace(summary, "")
    return parse_study(text, name="dropout", file="configs/dropout.yaml")


@pytest.fixture
def selections(monkeypatch):
    """The selections of the calls of ``run_studies``, which writes made-up results instead of training."""
    asked = []

    def made_up(studies, options, listener):
        for study in studies:
            write_results(study, options.out, repeats=options.selection.repeats)
            write_study(study, options.out, figures=False)
        asked.append(options.selection)
        return Summary()

    monkeypatch.setattr(decide, "run_studies", made_up)
    return asked


def decided(study, out):
    list(decide.decide_studies([study], Options(out=Path(out)), Watcher()))
    return read_claim_rows(Path(out) / "dropout/claims.csv")


def test_only_the_variants_of_open_claims_get_more_repeats_and_a_verdict_keeps_its_look(selections, tmp_path):
    rows = decided(study_with(CLEAR, OPEN), tmp_path)
    assert [selection.repeats for selection in selections] == [30, 100, 300][: len(selections)]
    assert len(selections) > 1 and set(selections[1].variants) == {"baseline", "wide"}
    looks = read_looks(StudyFolder.of("dropout", tmp_path))
    assert looks == tuple(LOOKS)[: len(selections)]
    for row in rows:
        assert row.n == row.look
        assert row.verdict != "inconclusive" or row.look == 300
    assert {row.look for row in rows if row.expect == CLEAR} == {30}
    assert min(row.look for row in rows if row.expect == OPEN) > 30
    page = (tmp_path / "dropout/report.html").read_text()
    assert "at 30 repeats, level 0.0079" in page


def test_without_open_claims_there_is_one_look(selections, tmp_path):
    rows = decided(study_with(CLEAR), tmp_path)
    assert [selection.repeats for selection in selections] == [30]
    assert all(row.look == 30 and row.q <= 0.0079 for row in rows)


def test_a_study_with_more_repeats_than_the_first_look_is_refused(selections, tmp_path):
    with pytest.raises(ExperimentsError, match="looks at 30 repeats first; dropout has 40"):
        decided(study_with(CLEAR, repeats=40), tmp_path)
    assert selections == [] and not (tmp_path / "dropout").exists()


def test_a_recorded_look_makes_the_reports_outdated_and_a_damaged_file_is_none(tmp_path):
    study, folder = study_with(CLEAR), StudyFolder.of("dropout", tmp_path)
    before = fingerprint(study, folder)
    record_look(folder, 100)
    record_look(folder, 30)
    assert read_looks(folder) == (30, 100) and fingerprint(study, folder) != before
    (folder.path / "looks.json").write_text("[")
    assert read_looks(folder) == () and fingerprint(study, folder) == before
