"""Findings: the evidence on a claim, and how a verdict follows from an interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from experiments.analysis.contrasts import Contrast, summary_of
from experiments.analysis.effects import Effect, Unit, no_effect
from experiments.analysis.intervals import FEWEST_FOR_A_SIGN, Interval
from experiments.analysis.run_table import RunTable
from experiments.glossary import VerdictWord

if TYPE_CHECKING:
    from experiments.language.study import Study

Word: TypeAlias = VerdictWord


@dataclass(frozen=True)
class Finding:
    """The evidence on a claim.

    Attributes:
        word: The verdict of the interval alone; ``decide`` makes the claim's verdict of it.
        effect: Estimate, 95 % interval, n and p in their unit, and the claim's side.
        outcomes: 1 where a single repeat supports the claim, -1 where it contradicts it, 0 where neither; by repeat.
        left: Middle of the left side (mean, geometric mean, median, standard deviation), NaN without one.
        right: Middle of the right side.
        ties: Pairs with equal sides.
        worst: Pairs with a run that diverged or never reached its target.
        undecided: Repeats left out because both runs of a difference diverged or never reached their target.
        repeats: Returns the repeats that would have decided the claim if its p-value has to be this many times below
            5 %; None where none would, or over 100,000.
        lefts: Left side by repeat.
        rights: Right side by repeat.
        middles: Sentence with the middles of both sides; empty where the form of claim has none.
        smallest: Smallest effect of interest, where the interval excludes effects of that size; else None.
        failed: Share of repeats in which the left and the right side failed: diverged, never reached the target, or
            ended no better than guessing; NaN where it is not known.
        typical: Hodges and Lehmann's estimate beside the mean; None for other forms than comparisons.
        overlap: As of ``Contrast``, where the interval is widened for it; else 0.
        left_open: Share of repeats below which a claim can fail although it held in all; None for other claims.
        of: What the effect is between, where the name of its unit is not enough.
        event: What a share of repeats is a share of.
    """

    word: Word
    effect: Effect
    outcomes: pd.Series
    left: float = math.nan
    right: float = math.nan
    ties: int = 0
    worst: int = 0
    undecided: int = 0
    repeats: Callable[[float], int | None] = lambda _: None
    lefts: pd.Series | None = None
    rights: pd.Series | None = None
    middles: str = ""
    smallest: float | None = None
    failed: tuple[float, float] = (math.nan, math.nan)
    typical: Effect | None = None
    overlap: float = 0.0
    left_open: float | None = None
    of: str = ""
    event: str = "The condition held"

    @property
    def leaning(self) -> int:
        """1 where more single repeats support the claim than contradict it, -1 the other way, 0 in balance."""
        balance = float(self.outcomes.sum())
        return int(balance > 0) - int(balance < 0)


@dataclass(frozen=True)
class Evidence:
    """A study and its runs under one protocol."""

    study: Study
    table: RunTable


Judge: TypeAlias = Callable[[Any, Evidence], Finding]
"""Judges one form of claim by the evidence."""


def read_word(interval: Interval, unit: Unit, side: int, equal_is_enough: bool = False) -> Word:
    """Return the verdict of an interval, from its position relative to "no effect".

    Args:
        interval: The interval.
        unit: Its unit.
        side: The side that supports the claim, 1 or -1.
        equal_is_enough: Whether an interval that ends on "no effect" still supports the claim.
    """
    null = no_effect(unit)
    low, high = sorted(((interval.low - null) * side, (interval.high - null) * side))
    supported = low > 0 or (equal_is_enough and low >= 0)
    return hold_back(name_verdict(supported=supported, contradicted=high < 0), interval)


def name_verdict(*, supported: bool, contradicted: bool) -> Word:
    """Return the name of a verdict; inconclusive where the interval reaches over the border."""
    return "supported" if supported else "contradicted" if contradicted else "inconclusive"


def hold_back(word: Word, interval: Interval) -> Word:
    """Return a verdict, weakened if there is no value, one value, or no spread over too few repeats."""
    if interval.n == 0:
        return "no data"
    if interval.n == 1:
        return "inconclusive"
    few = interval.spreadless and interval.n < FEWEST_FOR_A_SIGN
    return "inconclusive" if few else word


def of_pairs(
    pairs: Contrast, effect: Effect, word: Word, outcomes: pd.Series, repeats: Callable[[float], int | None]
) -> Finding:
    """Build a finding from pairs of runs: both sides, their middles, ties and worst values."""
    return Finding(
        word=word,
        effect=effect,
        outcomes=outcomes,
        left=summary_of(pairs.left, pairs.unit),
        right=summary_of(pairs.right, pairs.unit),
        ties=pairs.ties,
        worst=pairs.worst,
        undecided=pairs.undecided,
        repeats=repeats,
        lefts=pairs.left,
        rights=pairs.right,
        overlap=0.0 if pairs.unit == "order" else pairs.overlap,
    )
