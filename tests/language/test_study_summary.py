"""The summary of a study: its sentences, the claims that it names by position, and what is wrong with it."""

import pytest

from tests.language.texts import MARK, make_study, problems_of, study_text

CLAIMS = (
    "claims:\n  - {says: Small., expect: baseline.weight_norm < 3}\n  - {says: Good., expect: baseline.test_loss < 1}"
)
SUMMARY = (
    "summary:\n  slide: It helps.\n  claims: [1, 2]\n  practice: Do it.\n"
    "  rests_on: [{claim: 2, of: {fresh: supported}}]"
)


def summary_of(text, **sections):
    return make_study(more=f"record: [weight_norm]\n{text}", claims=CLAIMS, **sections).summary


def test_a_summary_names_claims_and_the_verdicts_that_it_rests_on():
    summary = summary_of(SUMMARY)
    assert (summary.slide, summary.claims, summary.practice) == ("It helps.", (1, 2), "Do it.")
    assert [(basis.claim, basis.of) for basis in summary.rests_on] == [(2, {"fresh": "supported"})]
    assert make_study().summary is None


def test_a_summary_is_left_out_with_a_claim_that_it_may_count():
    assert summary_of(SUMMARY, sets=("record=[]",)) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[1, 2]", "[1, §3]", "summary.claims.1: there is no claim 3; the study has 2"),
        ("[1, 2]", "[§0]", "summary.claims.0: expected at least 1, found 0"),
        ("claim: 2", "claim: §7", "summary.rests_on.0.claim: there is no claim 7; the study has 2"),
        ("fresh: supported", "fresh: §suported", "did you mean 'supported'?"),
        ("slide: It helps.", "slide: §''", "summary.slide: expected some text, found nothing"),
    ],
)
def test_a_wrong_summary_is_refused_at_its_place(old, new, words):
    marked = study_text(more=f"record: [weight_norm]\n{SUMMARY.replace(old, new)}", claims=CLAIMS)
    before = marked.partition(MARK)[0]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    ((found, message),) = problems_of(marked.replace(MARK, ""))
    assert found == place
    assert words in message
