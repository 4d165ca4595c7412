"""Claims, published figures and the diagnosis as a study holds them."""

import math

from experiments.language.expressions import Comparison
from tests.language.texts import make_study, problems_of, study_text


def test_claims_are_parsed_and_placed():
    (claim,) = make_study(
        claims="claims:\n  - {says: Well., source: A deck, expect: baseline.test_loss < 1, why: []}"
    ).claims
    assert (claim.says, claim.source, claim.why) == ("Well.", "A deck", ())
    assert isinstance(claim.expression, Comparison)
    assert str(claim.place) == "tiny.yaml:19:43"


def test_an_error_inside_a_claim_is_placed_at_its_column():
    text = study_text(claims="claims:\n  - says: Well.\n    expect: 'baseline.test_loss ? 1'")
    assert problems_of(text)[0][0] == "20:33"


def test_each_figure_of_a_published_line_stands_alone():
    published = make_study(
        claims="published:\n"
        "  - {variant: baseline, by: me, of: 30, statistic: std, note: Hm., test_loss: 0.5, train_loss: .nan}"
    ).published
    assert [(figure.metric, figure.by, figure.of, figure.statistic, figure.note) for figure in published] == [
        ("test_loss", "me", 30, "std", "Hm."),
        ("train_loss", "me", 30, "std", "Hm."),
    ]
    assert published[0].value == 0.5
    assert math.isnan(published[1].value)
    assert str(published[0].place) == "tiny.yaml:19:68"


def test_a_published_figure_may_belong_to_a_grid_point():
    study = make_study(
        variants="variants:\n  rate: {grid: {epochs: {training.epochs: [1, 2]}}}",
        claims="published:\n  - {variant: 'rate[epochs=2]', by: me, test_loss: 0.5}",
    )
    assert study.published[0].variant == "rate[epochs=2]"


def test_a_diagnosis_has_defaults():
    assert make_study().diagnosis is None
    assert make_study(more="diagnosis: {target_error: 0.1}").diagnosis == {
        "metric": "accuracy",
        "target_error": 0.1,
        "margin": 0.05,
    }


def test_a_study_may_have_its_own_smallest_effects():
    study = make_study(more="smallest_effects: {test_accuracy: 0.02, test_loss: 1}")
    assert study.smallest_effect("test_accuracy") == 0.02
    assert study.smallest_effect("test_loss") == 1.0
    others = ("train_accuracy", "train_loss", "diverged")
    assert [study.smallest_effect(metric) for metric in others] == [0.01, 0.1, None]


def test_a_smallest_effect_that_loses_its_metric_is_left_out():
    study = make_study(more="smallest_effects: {test_accuracy: 0.02}", sets=("training.metrics=[]",))
    assert study.smallest_effects == {}
    assert [line.partition(",")[0] for line in study.left_out] == ["smallest effect left out: test_accuracy"]


def test_wrong_heads_claims_and_figures_are_reported_together():
    text = study_text(
        head="titel: A title\nquestion: A question?",
        claims="claims:\n  - {says: Well., expect: baseline.test_los < 1}\n  - {says: Hm., expect: baseline ? 1}\n"
        "published:\n  - {variant: base, by: me, test_loss: 0.5}\n  - 3",
    )
    words = " ".join(message for _, message in problems_of(text))
    for part in ("titel: unknown key", "did you mean 'test_loss'?", "'?' has no meaning", "there is no variant 'base'"):
        assert part in words


def test_claims_about_variants_that_cannot_be_read_are_not_called_wrong_as_well():
    text = study_text(
        variants="variants:\n  baseline: {}\n  other: {training.epochs: many}",
        claims="claims:\n  - {says: Well., expect: other.test_loss < 1}",
    )
    ((_, message),) = problems_of(text)
    assert "training.epochs" in message


MEASURED = "repeats: 3\nrecord: [weight_norm]"
CLAIMS = (
    "claims:\n  - {says: Small., expect: baseline.weight_norm < 3}\n  - {says: Good., expect: baseline.test_loss < 1}\n"
    "published:\n  - {variant: baseline, by: me, test_accuracy: 0.9, test_loss: 0.2}\n"
    "diagnosis: {metric: accuracy}"
)


def test_claims_whose_metric_a_set_takes_away_are_left_out_with_a_line():
    study = make_study(more=MEASURED, claims=CLAIMS, sets=("record=[]",))
    assert [claim.says for claim in study.claims] == ["Good."]
    assert study.left_out == (
        "claim left out: baseline.weight_norm < 3, because 'baseline' has no metric 'weight_norm'",
    )


def test_published_figures_and_a_diagnosis_that_lose_their_metric_are_left_out_too():
    study = make_study(more=MEASURED, claims=CLAIMS, sets=("training.metrics=[]",))
    assert [figure.metric for figure in study.published] == ["test_loss"]
    assert study.diagnosis is None
    assert [line.partition(",")[0] for line in study.left_out] == [
        "published figure left out: baseline.test_accuracy",
        "diagnosis left out",
    ]


def test_without_a_set_nothing_is_left_out():
    assert make_study(more=MEASURED, claims=CLAIMS).left_out == ()
    ((place, message),) = problems_of(study_text(claims=CLAIMS))
    assert (place, message.partition(";")[0]) == (
        "19:28",
        "claims.0.expect: 'baseline' has no metric 'weight_norm'",
    )


def test_a_claim_that_is_wrong_without_the_set_stays_wrong():
    text = study_text(more=MEASURED, claims="claims:\n  - {says: Small., expect: baseline.wieght_norm < 3}")
    assert "did you mean 'weight_norm'?" in problems_of(text, ("training.epochs=3",))[0][1]
    assert "has no metric 'wieght_norm'" in problems_of(text, ("record=[]",))[0][1]
