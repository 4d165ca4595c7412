"""The evidence on a claim, and how a verdict is read off an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from experiments.analysis.contrasts import Contrast, Unit, summary_of
from experiments.analysis.intervals import FEWEST_FOR_A_SIGN, Interval

Word: TypeAlias = Literal["supported", "contradicted", "inconclusive", "no data"]
_NULL = {"ratio": 1.0, "spread ratio": 1.0, "order": 0.5, "share": 0.5}


@dataclass(frozen=True)
class Finding:
    """The evidence on a claim.

    Attributes:
        word: The verdict.
        interval: Estimate, 95 % interval, n and p, in ``unit``.
        unit: What the estimate is: a difference, a ratio, a share of pairs or runs, a slope on ranks, ...
        outcomes: 1 where a single repeat speaks for the claim, -1 where against, 0 where neither; by repeat.
        left: Middle of the left side (mean, geometric mean, median, standard deviation), NaN where there is none.
        right: Middle of the right side.
        ties: Pairs with equal sides.
        worst: Pairs with a run that diverged or never reached its target.
        needed: Repeats that would have decided an inconclusive claim; None where none would, or over 100,000.
        lefts: Left side by repeat.
        rights: Right side by repeat.
        best: Of a shape, the inner value of the axis that is best.
    """

    word: Word
    interval: Interval
    unit: Unit
    outcomes: pd.Series
    left: float = math.nan
    right: float = math.nan
    ties: int = 0
    worst: int = 0
    needed: int | None = None
    lefts: pd.Series | None = None
    rights: pd.Series | None = None
    best: str = ""

    @property
    def leaning(self) -> int:
        """1 where the single repeats speak for the claim more often than against it, -1 the other way, 0 in balance."""
        balance = float(self.outcomes.sum())
        return int(balance > 0) - int(balance < 0)


def read_word(interval: Interval, unit: Unit, side: int, equal_is_enough: bool = False) -> Word:
    """Read a verdict off an interval: on which side of "no difference" does it lie?"""
    null = _NULL.get(unit, 0.0)
    low, high = sorted(((interval.low - null) * side, (interval.high - null) * side))
    supported = low > 0 or (equal_is_enough and low >= 0)
    return hold_back(one_of(supported=supported, contradicted=high < 0), interval)


def one_of(*, supported: bool, contradicted: bool) -> Word:
    """Name a verdict; inconclusive where the interval reaches over the border."""
    return "supported" if supported else "contradicted" if contradicted else "inconclusive"


def hold_back(word: Word, interval: Interval) -> Word:
    """Hold back where there is nothing, one value, or a spread of 0 over too few repeats to trust it."""
    if interval.n == 0:
        return "no data"
    if interval.n == 1:
        return "inconclusive"
    few = interval.spreadless and interval.n < FEWEST_FOR_A_SIGN
    return "inconclusive" if few else word


def of_pairs(pairs: Contrast, interval: Interval, word: Word, outcomes: pd.Series, needed: int | None) -> Finding:
    """Complete a finding with what the pairs themselves tell."""
    return Finding(
        word=word,
        interval=interval,
        unit=pairs.unit,
        outcomes=outcomes,
        left=summary_of(pairs.left, pairs.unit),
        right=summary_of(pairs.right, pairs.unit),
        ties=pairs.ties,
        worst=pairs.worst,
        needed=needed if word == "inconclusive" else None,
        lefts=pairs.left,
        rights=pairs.right,
    )
