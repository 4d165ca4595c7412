import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage import differences_of_splits
from experiments.analysis.intervals import (
    chosen_interval,
    log_spread_ratios,
    repeats_needed,
    share_interval,
    t_interval,
    welch_interval,
)


def coverage(draw, truth, repetitions=1000, seed=0):
    """Share of intervals that contain the truth."""
    rng = np.random.default_rng(seed)
    intervals = [draw(rng) for _ in range(repetitions)]
    return np.mean([interval.low <= truth <= interval.high for interval in intervals])


@pytest.mark.parametrize("n", [5, 10, 30])
def test_intervals_of_normal_differences_cover_95_percent(n):
    assert coverage(lambda rng: t_interval(rng.normal(0.3, 1, n)), 0.3) == pytest.approx(0.95, abs=0.02)


def test_intervals_of_skewed_scores_cover_nearly_95_percent():
    def skewed(rng):
        return t_interval(1 - rng.binomial(70, 0.08, 30) / 70 - (1 - rng.gamma(2, 0.05, 30)))

    assert coverage(skewed, 0.02) == pytest.approx(0.95, abs=0.02)


def test_intervals_of_independent_means_cover_95_percent():
    def two(rng):
        return welch_interval(rng.normal(1, 1, 30), rng.normal(0, 3, 20))

    assert coverage(two, 1) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("draw", "least"), [("normal", 0.925), ("laplace", 0.9)])
def test_intervals_of_spread_ratios_cover_most_of_95_percent(draw, least):
    def ratio(rng):
        first, second = getattr(rng, draw)(size=(2, 30))
        return t_interval(log_spread_ratios(2 * first, second + 0.3 * first))

    # The sides are correlated; the spread of the second is sqrt(1 + 0.3 ** 2) times that of its parts.
    assert least <= coverage(ratio, math.log(2 / math.sqrt(1.09))) <= 0.97


@pytest.mark.parametrize("truth", [0.05, 0.5, 0.8])
def test_exact_shares_cover_at_least_95_percent(truth):
    intervals = [share_interval(successes, 30) for successes in range(31)]
    covering = [i for i, interval in enumerate(intervals) if interval.low <= truth <= interval.high]
    assert stats.binom.pmf(covering, 30, truth).sum() >= 0.95


def test_no_spread_gives_an_interval_without_width_and_the_p_value_of_a_sign_test():
    interval = t_interval([0.2] * 30)
    assert (interval.estimate, interval.low, interval.high) == (0.2, 0.2, 0.2)
    assert interval.spreadless
    assert interval.p == pytest.approx(2 * 0.5**30)
    assert t_interval([0.0] * 30).p == 1


def test_rounding_of_float32_is_no_spread():
    scores = np.float32([66 / 70, 64 / 70]).astype(float)
    assert t_interval([scores[0] - scores[1], 2 / 70]).spreadless


def test_one_value_has_no_interval_and_none_has_no_estimate():
    one = t_interval([0.3])
    assert one.estimate == 0.3 and one.n == 1 and math.isnan(one.low) and math.isnan(one.p)
    assert t_interval([]).n == 0 and math.isnan(t_interval([]).estimate)
    assert share_interval(0, 0).n == 0


def test_the_t_interval_is_scipys():
    x = [1.0, 2.0, 4.0, 7.0]
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert (t_interval(x).low, t_interval(x).high) == pytest.approx((expected.low, expected.high))


def test_the_exact_interval_of_30_of_30():
    interval = share_interval(30, 30)
    assert interval.low == pytest.approx(0.025 ** (1 / 30))
    assert interval.high == 1


def test_ratios_too_large_for_a_number_are_infinite():
    assert t_interval([1.0, 900.0]).exp().high == math.inf


def test_the_best_of_many_pays_for_the_choice():
    x = np.random.default_rng(0).normal(0.5, 1, 30)
    plain, chosen = t_interval(x), chosen_interval(x, left=7, right=1)
    assert chosen.low < plain.low and chosen.high == pytest.approx(plain.high)
    assert chosen.p == pytest.approx(7 * plain.p)


def test_repeats_needed_is_the_first_number_whose_interval_excludes_zero():
    x = np.random.default_rng(1).normal(0.2, 1, 30)
    n = repeats_needed(x)

    def excludes(count):
        return stats.t.ppf(0.975, count - 1) * x.std(ddof=1) / math.sqrt(count) < abs(x.mean())

    assert excludes(n) and not excludes(n - 1)


def test_no_effect_is_never_decided():
    assert repeats_needed([1.0, -1.0]) is None
    assert repeats_needed([1e-6, 1, -1]) is None
    assert repeats_needed([1.0]) is None


def test_intervals_of_splits_of_one_table_cover_nearly_95_percent_with_the_overlap_and_not_without():
    truth = 1 / 80 - 0.09
    assert coverage(lambda rng: t_interval(differences_of_splits(rng, 80, 20, 30), 20 / 80), truth) > 0.88
    assert coverage(lambda rng: t_interval(differences_of_splits(rng, 80, 20, 30)), truth) < 0.6


def test_the_overlap_widens_by_the_factor_of_nadeau_and_bengio():
    x = np.random.default_rng(1).normal(0.5, 1, 30)
    plain, widened = t_interval(x), t_interval(x, 0.25)
    factor = math.sqrt((1 / 30 + 0.25) / (1 / 30))
    assert widened.high - widened.estimate == pytest.approx(factor * (plain.high - plain.estimate))
    assert widened.p == pytest.approx(2 * stats.t.sf(abs(x.mean()) / x.std(ddof=1) / math.sqrt(1 / 30 + 0.25), 29))
    chosen = chosen_interval(x, left=1, right=1, overlap=0.25)
    assert (chosen.low, chosen.high) == pytest.approx((widened.low, widened.high))


def test_more_splits_of_one_table_may_never_decide():
    x = np.random.default_rng(1).normal(0.5, 1, 30)
    assert repeats_needed(x, overlap=0.5) is None
    n = repeats_needed(x, distance=1.2, overlap=0.25)
    assert n > repeats_needed(x, distance=1.2)
    halves = [stats.t.ppf(0.975, k - 1) * x.std(ddof=1) * math.sqrt(1 / k + 0.25) for k in (n - 1, n)]
    assert halves[0] >= 1.2 > halves[1]
