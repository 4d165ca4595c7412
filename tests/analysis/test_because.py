"""Explanations: shown with the verdict that they are for, and judged by their own expression."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import pytest

from experiments.analysis import scoreboard_table
from experiments.analysis.because import explain
from experiments.analysis.claim_rows import claim_rows, read_claim_rows
from experiments.analysis.verdicts import judge
from experiments.language.explanations import Explanation
from experiments.language.expressions import parse_claim
from tests.analysis.examples import noise, runs, study, together

RUNS = together(
    runs("a", test_accuracy=0.8 + noise(1, scale=0.01), train_accuracy=[0.9] * 30),
    runs("b", test_accuracy=0.7 + noise(2, scale=0.01), train_accuracy=[0.9] * 30),
)


def rows_of(*why):
    """Judge the claim that a is better than b, which these runs support, with explanations."""
    made = study(["a", "b"], ["a.test_accuracy > b.test_accuracy"], protocols=("published",))
    made.claims[0].why = why
    verdicts = judge(made, RUNS)
    return claim_rows(made, verdicts, (), explain(made, RUNS, verdicts))


@pytest.mark.parametrize(
    ("because", "word"),
    [
        ("a.test_accuracy > 0.75", "supported"),
        ("a.test_accuracy < 0.75", "refuted"),
        ("a.train_accuracy > b.train_accuracy", "refuted"),
        ("usually(a.test_accuracy > 0.8)", "undecided"),
    ],
)
def test_a_test_of_an_explanation_is_judged_like_a_claim(because, word):
    (row,) = rows_of(Explanation({"published": "supported"}, "Because.", parse_claim(because)))
    assert (row.verdict, row.explanation, row.why, row.because) == ("supported", word, "Because.", because)
    assert "30" in row.because_sentence


def test_an_explanation_without_a_test_is_untested():
    (row,) = rows_of(Explanation({"published": "supported"}, "Because."))
    assert (row.explanation, row.why, row.because, row.because_sentence) == ("untested", "Because.", "", "")


def test_an_explanation_of_another_verdict_is_out_of_date():
    (row,) = rows_of(
        Explanation({"published": "contradicted"}, "Because."), Explanation({"published": "inconclusive"}, "Or so.")
    )
    assert (row.explanation, row.why, row.why_written_for) == ("out of date", "", "contradicted or inconclusive")


def test_of_several_explanations_that_of_the_verdict_is_shown():
    (row,) = rows_of(
        Explanation({"published": "contradicted"}, "Wrong."), Explanation({"published": "supported"}, "Right.")
    )
    assert (row.explanation, row.why) == ("untested", "Right.")


def test_other_protocols_have_no_explanation():
    (row,) = rows_of(Explanation({"fresh": "supported"}, "Because."))
    assert (row.explanation, row.why) == ("", "")


def test_tables_have_the_explanations(tmp_path):
    (row,) = rows_of(Explanation({"published": "supported"}, "Because."))
    (tmp_path / "example").mkdir()
    table = pd.DataFrame([asdict(row)])
    table.to_csv(tmp_path / "example" / "claims.csv", index=False)
    assert {"explanation", "because", "because_sentence", "why_written_for"} <= set(table)
    (board,) = scoreboard_table(tmp_path).to_dict("records")
    assert (board["why"], board["explanation_published"]) == ("Because.", "untested")
    assert pd.isna(board["explanation_fresh"])


def test_a_table_of_an_earlier_version_has_no_explanations(tmp_path):
    (row,) = rows_of()
    folder = tmp_path / "example"
    folder.mkdir()
    pd.DataFrame([asdict(row)]).iloc[:, :-4].to_csv(folder / "claims.csv", index=False)
    assert read_claim_rows(folder / "claims.csv")[0].explanation == ""
    assert scoreboard_table(tmp_path)["explanation_published"].tolist() == [""]
