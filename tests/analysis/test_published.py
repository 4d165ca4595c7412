import math

import numpy as np
import pytest

from experiments.analysis import place_published
from tests.analysis.examples import figure, noise, runs, study, together


def placed(figures, **columns):
    return place_published(study(["a"], published=figures), together(runs("a", **columns)))


def test_a_single_figure_gets_its_mid_rank():
    (one,) = placed([figure("a", "epochs_run", 3.0)], epochs_run=[1, 2, 3, 3, 4, 5, 6, 7, 8, 9])
    assert (one.below, one.equal, one.above) == (2, 2, 6)
    assert one.percentile == 30
    assert not one.beyond_chance
    assert "percentile 30 of our 10 runs" in one.sentence


def test_one_figure_outside_thirty_runs_is_not_yet_a_disagreement():
    (one,) = placed([figure("a", "test_accuracy", 0.5)], test_accuracy=0.9 + noise(0, scale=0.01))
    assert one.percentile == 0
    assert one.p == pytest.approx(2 / 31)
    assert not one.beyond_chance
    assert one.sentence == "Below all 30 of ours. One figure alone is not yet a disagreement (p = 0.065)."


def test_several_figures_outside_are_a_disagreement_together():
    figures = [figure("a", "test_accuracy", value, by=by) for value, by in ((0.5, "x"), (0.51, "y"), (0.52, "z"))]
    found = placed(figures, test_accuracy=0.9 + noise(0, scale=0.01))
    assert all(one.beyond_chance and one.p_together == pytest.approx(2 / math.comb(33, 3)) for one in found)
    assert "Together with the other figures" in found[0].sentence


def test_a_printed_figure_equals_what_rounds_to_it():
    found = placed(
        [figure("a", "test_accuracy", 0.914), figure("a", "test_accuracy", 0.9)], test_accuracy=[64 / 70] * 30
    )
    assert (found[0].equal, found[0].percentile) == (30, 50)
    assert "Equal to all 30 of ours" in found[0].sentence
    assert (found[1].equal, found[1].above) == (0, 30)
    ones = placed([figure("a", "train_accuracy", 1.0)], train_accuracy=[1.0] * 20 + [29 / 30] * 10)
    assert (ones[0].equal, ones[0].below) == (20, 10)
    rough = placed([figure("a", "test_mse", 27.4)], test_mse=[27.36, 27.44, 27.46])
    assert rough[0].equal == 2


def test_a_nan_is_a_diverged_run():
    figures = [figure("a", "test_mse", math.nan, by=by) for by in ("x", "y")]
    found = placed(figures, test_mse=[math.nan] * 30, diverged=range(30))
    assert (found[0].equal, found[0].p_together, found[0].beyond_chance) == (30, 1, False)
    assert "Theirs diverged; 30 of 30 of ours diverge too." in found[0].sentence
    (other,) = placed([figure("a", "test_mse", math.nan)], test_mse=[1.0] * 30)
    assert (other.equal, other.percentile) == (0, 100)


def test_a_mean_is_compared_as_a_mean():
    ours = 0.8 + noise(0, scale=0.02)
    near, far = (
        placed([figure("a", "test_accuracy", value, of=30)], test_accuracy=ours)[0]
        for value in (ours.mean() + 0.002, 0.85)
    )
    assert not near.beyond_chance and "agree within chance" in near.sentence
    assert far.beyond_chance and math.isnan(far.percentile)
    assert "disagree beyond chance" in far.sentence


def test_a_published_spread_belongs_to_its_mean_and_is_not_placed():
    ours = 0.8 + noise(0, scale=0.02)
    mean, spread = placed(
        [figure("a", "test_accuracy", 0.85, of=30), figure("a", "test_accuracy", 0.3, of=30, statistic="std")],
        test_accuracy=ours,
    )
    assert not mean.beyond_chance  # with a spread of 0.3 a mean of 0.85 says little
    assert "Not placed" in spread.sentence and not spread.beyond_chance


def test_without_runs_nothing_is_compared():
    (one,) = place_published(study(["a"], published=[figure("a", "test_accuracy", 0.9)]), together(runs("a")))
    assert one.sentence == "No runs of ours to compare with yet."


def test_figures_are_placed_among_the_slides_own_test_rows():
    table = together(
        runs("a", test_accuracy=[0.9] * 5, fresh_test_accuracy=[0.1] * 5),
        runs("a", "fresh", test_accuracy=[0.1] * 5, fresh_test_accuracy=[0.1] * 5),
    )
    (one,) = place_published(study(["a"], published=[figure("a", "test_accuracy", 0.9)]), table)
    assert np.allclose(one.ours, 0.9) and len(one.ours) == 5
