"""A new form of claim needs its class in the list of forms and a judge in the table of judges, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from experiments.analysis import verdicts
from experiments.analysis.contrasts import reference_values
from experiments.analysis.effects import Effect, number
from experiments.analysis.findings import Finding, read_word
from experiments.analysis.intervals import repeats_needed, share_interval
from experiments.errors import ConfigError
from experiments.language import expressions, parse_study
from experiments.language.expressions import Form
from experiments.language.terms import Reference
from experiments.report.study_report import write_study
from tests.report.conftest import STUDY
from tests.report.reading import read_page
from tests.report.synthetic import write_results


@dataclass(frozen=True)
class Exceeds(Form):
    """``median variant.metric exceeds number``."""

    subject: Reference
    limit: float

    @classmethod
    def read(cls, text):
        """Read the form; None where the claim has another one."""
        if text.take("word", "median") is None:
            return None
        subject = Reference.read(text)
        text.need("word", "exceeds")
        return cls(subject, text.number())

    @property
    def references(self):
        """The metric."""
        return (self.subject,)

    @property
    def side(self):
        """The side of "no effect" that supports the claim."""
        return 1


def exceeds(claim, evidence):
    """Judge ``median variant.metric exceeds number`` by the share of repeats above the number."""
    values = reference_values(claim.subject, evidence.table)
    above = values > claim.limit
    interval = share_interval(int(above.sum()), len(above))
    outcomes = above.astype(float) * 2 - 1
    return Finding(
        word=read_word(interval, "share", claim.side),
        effect=Effect.of_claim(claim, "share", interval),
        outcomes=outcomes,
        repeats=lambda factor: repeats_needed(outcomes, choices=factor),
        lefts=values,
        event=f"The metric was above {number(claim.limit)}",
    )


@pytest.fixture
def _new_form(monkeypatch):
    monkeypatch.setattr(expressions, "FORMS", (Exceeds, *expressions.FORMS))
    monkeypatch.setitem(verdicts.JUDGES, Exceeds, exceeds)


def study_claiming(expect):
    text = STUDY.replace("never(dropout.diverged)", expect).replace("repeats: 6", "repeats: 8")
    return parse_study(text, name="dropout", file="configs/dropout.yaml")


@pytest.mark.usefixtures("_new_form")
def test_a_new_form_is_read_judged_written_and_drawn(tmp_path):
    study = study_claiming("median dropout.test_accuracy exceeds 0.1")
    write_results(study, tmp_path)
    write_study(study, tmp_path, figures=False)
    claim = read_page(tmp_path / "dropout/report.html").by_id("claim-4")
    assert "The metric was above 0.1 in 8 of 8 repeats" in claim.text()
    assert "supported" in claim.text() and claim.find("svg")
    assert "median dropout.test_accuracy exceeds 0.1" in (tmp_path / "dropout/claims.csv").read_text()


@pytest.mark.usefixtures("_new_form")
def test_a_new_form_is_checked_against_its_study():
    with pytest.raises(ConfigError, match=r"did you mean 'dropout'"):
        study_claiming("median dropot.test_accuracy exceeds 0.1")
