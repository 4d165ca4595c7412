"""Confidence intervals and their tests; docs/statistics.md has the reasons for each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

CONFIDENCE = 0.95
ALPHA = 0.05
# With six equal signs the two-sided sign test first falls below 0.05 (2 / 2**6 = 0.031).
FEWEST_FOR_A_SIGN = 6
_MOST_REPEATS = 100_000
# The square of anything smaller is 0 in float64, and so would be a standard deviation.
_SMALLEST = 1e-150

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval.

    Attributes:
        estimate: The mean, ratio or share.
        low: Lower end; NaN where one value gives no interval.
        high: Upper end.
        n: Number of values.
        p: Two-sided p-value of "no difference"; NaN without a test.
    """

    estimate: float
    low: float
    high: float
    n: int
    p: float = math.nan

    def exp(self) -> Interval:
        """Return the interval of ratios of an interval of log ratios."""
        with np.errstate(over="ignore"):
            estimate, low, high = np.exp([self.estimate, self.low, self.high]).tolist()
        return replace(self, estimate=estimate, low=low, high=high)

    def times(self, factor: float) -> Interval:
        """Return the interval of a positive multiple."""
        return replace(self, estimate=self.estimate * factor, low=self.low * factor, high=self.high * factor)

    @property
    def spreadless(self) -> bool:
        """Whether all values were the same, so that the interval has no width."""
        return self.n > 1 and self.low == self.high


def ten_digits(value: Any) -> Any:
    """Round a number to the ten significant digits of the CSV files; anything but a float is returned as it is."""
    return float(f"{value:.10g}") if isinstance(value, float) else value


def t_interval(values: ArrayLike, overlap: float = 0.0) -> Interval:
    """Return the t-interval of a mean.

    Args:
        values: Finite numbers, one for each repeat.
        overlap: Test rows for each training row if the repeats are splits of one table; 0 if they are independent.

    Returns:
        The mean with its 95 % interval and the p-value of "the true mean is 0". One value has no interval (NaN);
        equal values have an interval without width and the p-value of the sign test, because a spread of 0 cannot be
        extrapolated from a few repeats.
    """
    x = np.asarray(values, dtype=float)
    if x.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(x.mean())
    if x.size == 1:
        return Interval(mean, math.nan, math.nan, 1)
    if _equal(x):
        p = min(1.0, 2.0 ** (1 - x.size)) if x[0] != 0 else 1.0
        return Interval(float(x[0]), float(x[0]), float(x[0]), x.size, p)
    # scipy.special's t distribution: a study has thousands of intervals, and ttest_1samp takes 1 ms for each.
    error = _standard_error(x, overlap)
    half = _t_quantile(x.size) * error
    p = 2 * float(special.stdtr(x.size - 1, -abs(mean) / error))
    return Interval(mean, mean - half, mean + half, x.size, p)


def _standard_error(x: Floats, overlap: float) -> float:
    """Return the standard error of a mean over repeats.

    Splits of one table share rows, so more of them do not average the luck of this table away. Their mean has about the
    variance s² (1/n + test rows / training rows) (Nadeau and Bengio 2003).
    """
    return float(x.std(ddof=1)) * math.sqrt(1 / x.size + overlap)


def chosen_interval(values: ArrayLike, *, left: int, right: int, overlap: float = 0.0) -> Interval:
    """Return the t-interval of a mean difference whose sides were chosen, as the best of several, by the same values.

    The best of many flat means beats a single one by luck. So each end of the interval pays for the choices that favour
    it with a share of the 2.5 % (Bonferroni): the lower end for those of the left side, the upper for the right.

    Args:
        values: Left minus right, by repeat.
        left: Number of candidates for the left side.
        right: Number of candidates for the right side.
        overlap: As in ``t_interval``.
    """
    x = np.asarray(values, dtype=float)
    plain = t_interval(x, overlap)
    if plain.n < 2 or plain.spreadless:
        return plain
    error = _standard_error(x, overlap)
    low, high = (
        plain.estimate - _t_quantile(x.size, left) * error,
        plain.estimate + _t_quantile(x.size, right) * error,
    )
    return replace(plain, low=low, high=high, p=min(1.0, plain.p * (left if plain.estimate > 0 else right)))


def share_interval(successes: int, n: int) -> Interval:
    """Return the exact (Clopper-Pearson) interval of a share.

    Args:
        successes: How many of the n.
        n: Number of repeats.

    Returns:
        The share with its 95 % interval and the p-value of "the true share is one half".
    """
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    test = stats.binomtest(successes, n)
    ends = test.proportion_ci(CONFIDENCE, method="exact")
    return Interval(successes / n, float(ends.low), float(ends.high), n, float(test.pvalue))


def welch_interval(first: ArrayLike, second: ArrayLike) -> Interval:
    """Return the interval of a difference of means of two independent samples with spreads of their own."""
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    difference = float(x.mean() - y.mean())
    n = min(x.size, y.size)
    if n < 2:
        return Interval(difference, math.nan, math.nan, n)
    if _equal(x) and _equal(y):
        return Interval(difference, difference, difference, n)
    test = stats.ttest_ind(x, y, equal_var=False)
    ends = test.confidence_interval(CONFIDENCE)
    return Interval(difference, float(ends.low), float(ends.high), n, float(test.pvalue))


def log_variances(values: ArrayLike) -> Floats:
    """Return jackknife pseudo-values of the logarithm of a variance, one a repeat (Miller 1968).

    The Welch interval of the pseudo-values of two samples is that of the log ratio of their variances. Unlike the F
    distribution it does not assume normal values.

    Args:
        values: Values by repeat; the result is not finite where leaving out one leaves no spread.
    """
    x = np.asarray(values, dtype=float)
    n = x.size
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(n * np.log(x.var(ddof=1)) - (n - 1) * np.log(_variances_without_one(x)))


def log_spread_ratios(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return jackknife pseudo-values of the logarithm of a ratio of standard deviations, of paired samples.

    Their t-interval is the interval of the log ratio (Miller 1968, "Jackknifing Variances"): unlike the F test and
    Pitman's test it holds for skewed and long-tailed values too, and leaving out pairs respects the pairing.

    Args:
        first: Values by repeat, not all equal.
        second: Values of the same repeats, not all equal.

    Returns:
        One pseudo-value a repeat; not finite where leaving out one pair leaves no spread.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray((log_variances(first) - log_variances(second)) / 2)


def _variances_without_one(x: Floats) -> Floats:
    n = x.size
    squares = np.sum((x - x.mean()) ** 2)
    return np.asarray(np.maximum(squares - n / (n - 1) * (x - x.mean()) ** 2, 0.0) / (n - 2))


def repeats_needed(
    values: ArrayLike, distance: float | None = None, choices: float = 1.0, overlap: float = 0.0
) -> int | None:
    """Return how many repeats would have decided if mean and spread stayed as they are.

    Args:
        values: The repeats at hand.
        distance: How narrow half the interval must be; by default the distance of the mean from 0.
        choices: By how much the p-value must be below 5 %: the number of candidates of ``chosen_interval``, or of
            claims that are judged together.
        overlap: As in ``t_interval``.

    Returns:
        The smallest number of repeats whose t-interval is narrow enough; None over 100,000 or where none would be.
    """
    x = np.asarray(values, dtype=float)
    if x.size < 2:
        return None
    distance = abs(float(x.mean())) if distance is None else distance
    spread = float(x.std(ddof=1))
    if distance <= 0 or not math.isfinite(distance):
        return None
    # The normal quantile is below every t quantile: the search starts at or under the answer.
    normal = float(special.ndtri((1 + CONFIDENCE) / 2)) * spread / distance
    if normal > 0 and normal**-2 <= overlap:
        return None
    n: int = max(2, math.floor(1 / (normal**-2 - overlap))) if normal > 0 else 2
    while n <= _MOST_REPEATS:
        if _t_quantile(n, choices) * spread * math.sqrt(1 / n + overlap) < distance:
            return n
        n += 1
    return None


def _t_quantile(n: int, choices: float = 1.0) -> float:
    return float(special.stdtrit(n - 1, 1 - (1 - CONFIDENCE) / 2 / choices))


def _equal(x: Floats) -> bool:
    """Equal up to rounding: equal differences of float32 scores differ in the last bits."""
    return float(np.ptp(x)) <= max(1e-5 * float(np.abs(x).max()), _SMALLEST)
