"""Typical effects: Hodges and Lehmann's estimate of a paired difference, which a few failed runs hardly move.

The mean of differences is far from most of them if some runs fail, and its interval covers too rarely. The share of
failed runs and the typical effect together describe such runs better than one mean.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from experiments.analysis.intervals import ALPHA, Floats, Interval

_EXACT = 300
_HUGE = 1e300
"""Stands for infinity where an infinite and an opposite infinite difference are averaged."""


def hodges_lehmann(values: ArrayLike) -> Interval:
    """Return the median of the means of all pairs of values, each value being paired with itself too.

    Args:
        values: Differences, one for each repeat; infinite ones count as the largest.

    Returns:
        The estimate with the 95 % interval that belongs to Wilcoxon's signed-rank test (Hodges and Lehmann 1963); the
        interval is NaN under six values, which cannot exclude anything at 5 %.
    """
    x = np.clip(np.asarray(values, dtype=float), -_HUGE, _HUGE)
    if x.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    first, second = np.triu_indices(x.size)
    means = np.sort((x[first] + x[second]) / 2)
    outside = _outside(x.size)
    low, high = (means[outside - 1], means[-outside]) if outside else (math.nan, math.nan)
    return Interval(_infinite(float(np.median(means))), _infinite(float(low)), _infinite(float(high)), x.size)


def _infinite(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) > _HUGE / 10 else value


@cache
def _outside(n: int) -> int:
    """Return how many of the sorted means of pairs are outside of the interval at each end, its own end included."""
    if n > _EXACT:
        mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
        return math.floor(mean - 1.959964 * math.sqrt(variance))
    distribution: Floats = np.array([1.0])
    for rank in range(1, n + 1):
        distribution = (np.pad(distribution, (0, rank)) + np.pad(distribution, (rank, 0))) / 2
    return int((np.cumsum(distribution) <= ALPHA / 2).sum())
