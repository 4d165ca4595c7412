import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from experiments.analysis import place_published
from experiments.language.configuration import Pretraining
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


def test_a_printed_deviation_of_zero_is_half_a_unit_of_its_last_digit():
    ours = [0.8 + shift for shift in (-0.0004, 0.0, 0.0004)] * 10
    mean, _ = placed(
        [figure("a", "test_accuracy", 0.801, of=30), figure("a", "test_accuracy", 0.0, of=30, statistic="std")],
        test_accuracy=ours,
    )
    expected = stats.ttest_ind_from_stats(0.8, np.std(ours, ddof=1), 30, 0.801, 0.0005, 30, equal_var=False)
    assert mean.p == pytest.approx(expected.pvalue, rel=1e-3) and mean.beyond_chance


def test_equal_runs_and_a_mean_without_a_deviation_differ_by_the_rounding_at_least():
    near, far = (placed([figure("a", "test_accuracy", m, of=3)], test_accuracy=[0.8] * 3)[0] for m in (0.801, 0.83))
    assert 0.01 < near.p < 0.1 and far.p < 1e-3


def test_figures_at_our_most_frequent_value_are_no_disagreement():
    ours = [1.0] * 16 + [0.9 - 0.01 * k for k in range(14)]
    figures = [figure("a", "test_accuracy", value, by=str(k)) for k, value in enumerate([1.0] * 9 + [0.95])]
    found = placed(figures, test_accuracy=ours)
    assert found[0].p_together < 0.05
    assert [one.beyond_chance for one in found] == [False] * 9 + [True]
    assert found[0].sentence == "At percentile 73 of our 30 runs. It is our most frequent value."


def test_runs_that_share_one_source_are_not_independent():
    figures = [figure("a", "test_accuracy", value, by=by) for value, by in ((0.5, "x"), (0.51, "y"), (0.52, "z"))]
    asked = study(["a"], published=[*figures, figure("a", "test_accuracy", 0.5, of=30)])
    (moved,) = asked.variants
    moved.config = replace(moved.config, pretrain=Pretraining(moved.config, once=True))
    table = together(runs("a", test_accuracy=0.9 + noise(0, scale=0.01)))
    found = place_published(asked, table)
    assert all(one.one_source and not one.beyond_chance for one in found)
    assert all("one trained source" in one.sentence for one in found)
    moved.config = replace(moved.config, pretrain=Pretraining(moved.config, once=False))
    assert all(one.beyond_chance for one in place_published(asked, table))


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
