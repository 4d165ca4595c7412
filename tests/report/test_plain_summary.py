"""The three sentences on a study: the middle one counts verdicts, and the advice needs those that it rests on."""

from types import SimpleNamespace

import pytest

from experiments.language.study_summary import Basis, StudySummary
from experiments.report.plain_summary import three_sentences

SUMMARY = StudySummary("It helps.", (1, 2), "Do it.", (Basis(2, {"fresh": "supported"}),))


def sentences(published, fresh, summary=SUMMARY, tuned=()):
    rows = [
        SimpleNamespace(claim=claim, protocol=protocol, verdict=verdict)
        for protocol, verdicts in (("published", published), ("fresh", fresh), ("tuned", tuned))
        for claim, verdict in enumerate(verdicts, start=1)
    ]
    return three_sentences(summary, rows)


def test_verdicts_are_counted_by_protocol():
    found = sentences(["supported", "contradicted"], ["supported", "supported"]).found
    assert found == (
        "Of the two claims about it, on its data set one held and one was contradicted; "
        "in general (fresh data) both held."
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("supported", "it holds"),
        ("contradicted", "the opposite holds"),
        ("no difference", "it makes no difference that matters"),
        ("inconclusive", "the runs leave it open"),
    ],
)
def test_a_single_claim_is_a_plain_sentence(verdict, words):
    one = StudySummary("It helps.", (1,), "Do it.", (Basis(1, {"fresh": verdict}),))
    assert (
        sentences(["supported"], [verdict], one).found == f"On its data set it holds; in general (fresh data) {words}."
    )


def test_a_protocol_without_results_is_left_out():
    assert sentences(["supported", "no data"], ["no data", "no data"]).found.endswith("on its data set it holds.")
    assert sentences([], []).found == "There are no results yet."


def test_the_advice_is_shown_with_its_verdicts_only():
    assert sentences(["supported"] * 2, ["contradicted", "supported"]).practice == "Do it."
    changed = sentences(["supported"] * 2, ["supported", "inconclusive"]).practice
    assert changed == "The advice is out of date: claim 2 is inconclusive, not supported, in general (fresh data)."
    assert sentences(["supported"] * 2, []).practice == "There are no results yet that advice could rest on."


def test_the_advice_needs_a_verdict_at_best_rates_only_where_rates_were_tuned():
    both = StudySummary("It helps.", (1,), "Do it.", (Basis(1, {"fresh": "supported", "tuned": "no difference"}),))
    assert sentences(["supported"], ["supported"], both).practice == "Do it."
    assert sentences(["supported"], ["supported"], both, tuned=["no difference"]).practice == "Do it."
    assert (
        "claim 1 is supported, not no difference"
        in sentences(["supported"], ["supported"], both, ["supported"]).practice
    )
