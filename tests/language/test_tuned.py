"""Rates of their own: which claims are judged with them, and what a variant is at another rate."""

import pytest

from experiments.language.hashing import configuration_digest
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED, TUNING
from tests.language.texts import make_study

VARIANTS = """variants:
  sgd: {training.optimizer: {SGD: {learning_rate: 0.01}}}
  fast: {training.optimizer: {SGD: {learning_rate: 0.1}}}
  adam: {}
  kept: {training.callbacks: {best: ModelCheckpoint}}
  once: {protocols: [published], model.hidden.units: 7}
  asked: {on_request: true, model.hidden.units: 8}
  decay:
    training.optimizer:
      SGD: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 9, decay_rate: 0.5}}}
  steps: {training.optimizer: {SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [5], values: [0.2, 0.1]}}}}}
  units: {grid: {units: {model.hidden.units: [2, 3]}}}
"""


def study_of(*claims, more="repeats: 3"):
    text = "".join(f"  - {{says: It is., expect: '{claim}'}}\n" for claim in claims)
    return make_study(variants=VARIANTS, claims=f"claims:\n{text}" if claims else "claims: []", more=more)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("adam.test_accuracy > sgd.test_accuracy", ""),
        ("adam.test_accuracy >= sgd.fresh_test_accuracy - 0.01", ""),
        ("usually(adam.test_crossentropy < sgd.test_crossentropy)", ""),
        ("spread(adam.test_accuracy) < spread(sgd.test_accuracy)", ""),
        ("kept.best_test_accuracy == adam.test_accuracy ± 0.01", ""),
        ("adam.test_accuracy > 0.9", "two variants"),
        ("kept.best_test_accuracy > kept.test_accuracy", "two variants"),
        ("adam.train_accuracy > sgd.train_accuracy", "test or validation rows"),
        ("adam.accuracy_gap < sgd.accuracy_gap", "test or validation rows"),
        ("adam.own_test_accuracy > sgd.own_test_accuracy", "test or validation rows"),
        ("adam.epochs_run < sgd.epochs_run", "test or validation rows"),
        ("never(adam.diverged)", "single variants"),
        ("units.test_accuracy increasing over units", "single variants"),
        ("units[units=2].test_accuracy > adam.test_accuracy", "point of a grid"),
        ("asked.test_accuracy > adam.test_accuracy", "on request"),
        ("once.test_accuracy > adam.test_accuracy", "one data set only"),
        ("fast.test_accuracy > sgd.test_accuracy", "differ in learning_rate alone"),
        ("adam.test_accuracy - sgd.test_accuracy > adam.test_accuracy - fast.test_accuracy", "differ in learning_rate"),
    ],
)
def test_a_claim_has_a_tuned_form_if_it_compares_scores_of_named_variants(claim, reason):
    (found,) = tuned_form(study_of(claim)).reasons
    assert reason in found and bool(reason) == bool(found)


def test_the_reason_of_a_claim_or_of_its_study_comes_first():
    claims = "claims:\n  - {says: A., expect: adam.test_accuracy > sgd.test_accuracy, not_tuned: It is about a rate.}\n"
    assert tuned_form(make_study(variants=VARIANTS, claims=claims)).reasons == ("It is about a rate.",)
    study = study_of("adam.test_accuracy > sgd.test_accuracy", more="tuned: {not: The rate is varied.}")
    assert tuned_form(study).reasons == ("The rate is varied.",) and not tuned_form(study).variants


def test_the_weights_that_a_claim_reads_choose_the_rate():
    form = tuned_form(study_of("kept.best_test_accuracy > adam.test_accuracy", "never(sgd.diverged)"))
    assert [variant.name for variant in form.variants] == ["adam", "kept"]
    assert form.columns == {
        "adam": ("fresh_test_accuracy", "test_accuracy"),
        "kept": ("best_fresh_test_accuracy", "best_test_accuracy"),
    }


def rate_at(study, name, factor):
    (variant,) = study.select([name])
    point = study.tuning.point(variant, factor)
    return point, point.config.training.optimizer.get("learning_rate")


def test_the_own_rate_changes_nothing_and_another_one_nothing_else():
    study = study_of()
    for variant in study.variants:
        assert configuration_digest(study.tuning.point(variant, 1).config) == configuration_digest(variant.config)
    point, rate = rate_at(study, "sgd", 3.16)
    assert (rate, point.name, point.grid) == (0.0316, "sgd[learning_rate=0.0316]", {"learning_rate": 0.0316})
    (own,) = study.select(["sgd"])
    assert study.tuning.without_argument(point.config) == study.tuning.without_argument(own.config)


def test_a_default_rate_of_keras_is_multiplied():
    point, rate = rate_at(study_of(), "adam", 10)
    assert rate == 0.01 and point.grid == {"learning_rate": 0.01}


def test_all_rates_of_a_schedule_are_multiplied():
    study = study_of()
    point, schedule = rate_at(study, "decay", 0.1)
    assert schedule.arguments == {"initial_learning_rate": 0.01, "decay_steps": 9, "decay_rate": 0.5}
    assert point.grid == {"learning_rate": 0.01}
    point, schedule = rate_at(study, "steps", 10)
    assert schedule.get("values") == [2.0, 1.0] and point.grid == {"learning_rate": 2.0}


def test_another_argument_and_another_grid_can_be_searched():
    variants = "variants:\n  plain: {}\n  dropout: {model.drop: {Dropout: 0.2, after: hidden}}\n"
    claims = "claims: [{says: A., expect: dropout.test_accuracy > plain.test_accuracy}]\n"
    more = "tuned: {argument: model.drop.rate, factors: [2, 1, 0.5], repeats: 2}"
    study = make_study(variants=variants, claims=claims, more=more)
    plain, dropout = tuned_form(study).variants
    assert study.tuning.value_of(plain.config) is None
    point = study.tuning.point(dropout, 2)
    assert (point.name, point.repeats) == ("dropout[rate=0.4]", 2)
    assert study.tuning.factors == (0.5, 1, 2)
    assert (study.tuning.lower, study.tuning.upper) == ((), ())  # 8 times the rate would be no rate


def test_runs_that_choose_have_rows_and_seeds_of_their_own():
    study = study_of("adam.test_accuracy > sgd.test_accuracy")
    sgd = tuned_form(study).variants[0]
    scored = study.runs() + study.tuned_runs(sgd, 10.0, repeats=3)
    tried = study.search_runs(study.tuning.point(sgd, 10.0))
    assert {run.protocol for run in tried} == {TUNING} and {run.rows for run in tried} == {"fresh"}
    assert min(run.seed for run in tried) > 10_000 and not {run.seed for run in tried} & {run.seed for run in scored}
    assert {run.base for run in tried} == {"sgd"}


def test_runs_at_the_own_rate_are_those_of_fresh():
    study = study_of("adam.test_accuracy > sgd.test_accuracy")
    sgd = tuned_form(study).variants[0]
    fresh = study.runs(variants=["sgd"], protocols=["fresh"])
    assert study.tuned_runs(sgd, 1.0, repeats=3) == fresh
    tuned = study.tuned_runs(sgd, 0.1, repeats=3)
    assert [(run.variant, run.protocol, run.seed, run.rows) for run in tuned] == [
        ("sgd", TUNED, seed, "fresh") for seed in range(3)
    ]
    assert not {run.hash for run in tuned} & {run.hash for run in fresh}
