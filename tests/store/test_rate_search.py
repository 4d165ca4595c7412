"""Which rate of a variant is the best: the one with the best mean, if it is clearly better than the variant's own."""

from __future__ import annotations

import math

import pytest

from experiments.language import parse_study
from experiments.language.tuned_form import tuned_form
from experiments.store.rate_search import search_of
from tests.scheduler.test_tuned_plan import TEXT

FORM = tuned_form(parse_study(TEXT, name="rates", file="rates.yaml"))
VARIANT = FORM.variants[0]


def search(**scores):
    """Return the search where each factor has the scores given, the others the worst ones.

    Args:
        scores: Factor, as ``at_3_16``, to the accuracies of the three repeats.
    """
    given = {float(name.removeprefix("at_").replace("_", ".")): values for name, values in scores.items()}
    tuning = FORM.study.tuning
    every = (*tuning.lower, *tuning.factors, *tuning.upper)
    return search_of(
        FORM,
        VARIANT,
        {
            (tuning.point(VARIANT, factor).name, repeat): score
            for factor in every
            for repeat, score in enumerate(given.get(factor, (0.1, 0.1, 0.1)))
        },
    )


@pytest.mark.parametrize(
    ("own", "other", "chosen"),
    [
        ((0.70, 0.80, 0.90), (0.75, 0.85, 0.95), 3.16),  # better by the same in each repeat
        ((0.80, 0.80, 0.80), (0.90, 0.90, 0.61), 1.0),  # better by chance: the difference varies more than it is large
        ((0.80, 0.80, 0.80), (0.90, 0.90, 0.78), 3.16),
        ((0.80, 0.80, 0.80), (0.80, 0.80, 0.80), 1.0),
        ((0.80, 0.80, -math.inf), (0.70, 0.70, 0.70), 3.16),  # a run of the own rate diverged
        ((0.80, 0.80, 0.80), (0.99, 0.99, -math.inf), 1.0),
    ],
)
def test_the_own_rate_is_kept_unless_another_is_better_by_more_than_its_standard_error(own, other, chosen):
    found = search(at_1=own, at_3_16=other)
    assert found.best is not None
    assert found.best.factor == chosen
    assert not found.at_end


def test_a_best_rate_at_the_end_of_the_grid_is_tried_beyond_it():
    found = search(at_1=(0.5, 0.5, 0.5), at_10=(0.7, 0.7, 0.7), at_31_6=(0.8, 0.8, 0.8), at_100=(0.9, 0.9, 0.9))
    assert found.best is not None
    assert [rate.factor for rate in found.tried][-2:] == [31.6, 100.0]
    assert (found.best.factor, found.at_end) == (100.0, True)
