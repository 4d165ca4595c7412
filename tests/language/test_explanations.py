"""Explanations of claims: the verdicts they are for, the expressions that test them, and every mistake at its place."""

import pytest

from experiments.language.expressions import Comparison
from tests.language.texts import MARK, make_study, problems_of, study_text

CLAIM = "claims:\n  - says: Well.\n    expect: baseline.test_loss < 1\n    why:\n"
ENTRY = CLAIM + "      - {of: {fresh: contradicted}, text: Because., because: baseline.train_loss > 1}"


def test_an_explanation_has_its_verdicts_and_its_test():
    ((explanation,),) = [claim.why for claim in make_study(claims=ENTRY).claims]
    assert (explanation.of, explanation.text) == ({"fresh": "contradicted"}, "Because.")
    assert isinstance(explanation.because, Comparison)
    assert str(explanation.because) == "baseline.train_loss > 1"


def test_a_claim_reads_the_metrics_of_its_explanations_too():
    (claim,) = make_study(claims=ENTRY).claims
    assert [reference.metric for reference in claim.references] == ["test_loss", "train_loss"]


WRONG = {
    "a plain text": (
        "claims:\n  - {says: Well., expect: baseline.test_loss < 1, why: §Because.}",
        [
            "claims.0.why: expected a list of entries such as {of: {fresh: contradicted}, text: Our reason.}",
            "'Because.'",
        ],
    ),
    "no verdict": (f"{CLAIM}      - §{{text: Because.}}", ["claims.0.why.0.of: missing", "shown with that verdict"]),
    "no text": (f"{CLAIM}      - §{{of: {{fresh: contradicted}}}}", ["claims.0.why.0.text: missing"]),
    "unknown protocol": (
        f"{CLAIM}      - {{of: {{§frehs: contradicted}}, text: Because.}}",
        ["claims.0.why.0.of.frehs: expected", "did you mean 'fresh'?"],
    ),
    "unknown verdict": (
        f"{CLAIM}      - {{of: {{fresh: §contradict}}, text: Because.}}",
        ["claims.0.why.0.of.fresh: expected one of", "did you mean 'contradicted'?"],
    ),
    "a metric that nothing measures": (
        f"{CLAIM}      - {{of: {{fresh: contradicted}}, text: Because., because: §baseline.train_los > 1}}",
        ["claims.0.why.0.because: 'baseline' has no metric 'train_los'; did you mean 'train_loss'?"],
    ),
    "a verdict that is explained twice": (
        f"{CLAIM}      - {{of: {{fresh: contradicted}}, text: One.}}\n"
        "      - {of: {§fresh: contradicted}, text: Two.}",
        ["claims.0.why.1.of.fresh: an entry above explains 'contradicted' under 'fresh' already"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_explanation_is_refused_at_its_place(name):
    claims, words = WRONG[name]
    marked = study_text(claims=claims)
    before = marked.partition(MARK)[0]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    ((found, message),) = problems_of(marked.replace(MARK, ""))
    assert found == place
    assert all(word in message for word in words), message


def test_a_syntax_error_in_a_test_is_placed_at_its_column():
    text = study_text(
        claims=f"{CLAIM}      - of: {{fresh: contradicted}}\n        text: Because.\n        because: baseline ? 1"
    )
    ((place, message),) = problems_of(text)
    assert place == "24:27"
    assert message.startswith("claims.0.why.0.because: '?' has no meaning")


def test_an_explanation_under_a_protocol_that_the_claim_does_not_have_is_refused():
    claims = f"{CLAIM}      - {{of: {{fresh: contradicted}}, text: Because.}}"
    ((_, message),) = problems_of(study_text(more="protocols: [published]", claims=claims))
    assert message == "claims.0.why.0.of.fresh: the claim is judged only under 'published'"


def test_a_test_that_loses_its_metric_to_a_set_is_left_out_with_a_line():
    claims = f"{CLAIM}      - {{of: {{fresh: contradicted}}, text: Because., because: baseline.weight_norm > 1}}"
    study = make_study(more="record: [weight_norm]", claims=claims, sets=("record=[]",))
    assert [explanation.because for explanation in study.claims[0].why] == [None]
    assert study.left_out == (
        "test of an explanation left out: baseline.weight_norm > 1, because 'baseline' has no metric 'weight_norm'",
    )
