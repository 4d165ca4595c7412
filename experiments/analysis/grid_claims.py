"""Claims about an axis of a grid: trends and shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis.contrasts import Unit
from experiments.analysis.findings import Finding, read_word
from experiments.analysis.grids import along_axis, inside_gains, rank_slopes
from experiments.analysis.intervals import Interval, chosen_interval, repeats_needed, t_interval
from experiments.analysis.tables import RunTable
from experiments.language.expressions import Shape, Trend

if TYPE_CHECKING:
    from experiments.language.study import Study


def trend(claim: Trend, study: Study, table: RunTable) -> Finding:
    """Weigh ``increasing`` and ``decreasing`` by the mean slope on ranks."""
    along, _ = along_axis(study, claim.subject.variant, claim.axis, claim.subject.metric, table)
    slopes = rank_slopes(along)
    interval = t_interval(slopes)
    side = 1 if claim.direction == "increasing" else -1
    word = read_word(interval, "slope", side)
    return Finding(
        word=word,
        interval=replace(interval, low=max(interval.low, -1.0), high=min(interval.high, 1.0)),
        unit="slope",
        outcomes=np.sign(slopes) * side,
        ties=int((slopes == 0).sum()),
        worst=_rows_with_worst(along),
        needed=repeats_needed(slopes) if word == "inconclusive" else None,
        lefts=slopes,
    )


def shape(claim: Shape, study: Study, table: RunTable) -> Finding:
    """Weigh ``peaks inside`` and ``dips inside`` by what the best inner value has over the better end."""
    along, logarithmic = along_axis(study, claim.subject.variant, claim.axis, claim.subject.metric, table)
    worst = _rows_with_worst(along)
    unit: Unit = "ranks" if worst else "ratio" if logarithmic else "difference"
    side = 1 if claim.shape == "peaks" else -1
    heights = (along.rank(axis=1) if worst else along) * side
    if heights.empty:
        return Finding("no data", t_interval([]), unit, outcomes=pd.Series(dtype=float))
    gains, best = inside_gains(heights)
    choices = heights.shape[1] - 2
    interval = _as_measured(chosen_interval(gains, left=choices, right=2), side, unit)
    word = read_word(interval, unit, side)
    return Finding(
        word=word,
        interval=interval,
        unit=unit,
        outcomes=_single_shapes(heights),
        worst=worst,
        needed=repeats_needed(gains, choices=choices) if word == "inconclusive" else None,
        lefts=heights.idxmax(axis=1),
        best=str(best),
    )


def _as_measured(interval: Interval, side: int, unit: Unit) -> Interval:
    """Turn an interval of how much better into one of how much more, as a ratio where the numbers are logarithms."""
    if side < 0:
        interval = replace(interval, estimate=-interval.estimate, low=-interval.high, high=-interval.low)
    return interval.exp() if unit == "ratio" else interval


def _single_shapes(heights: pd.DataFrame) -> pd.Series:
    """What one repeat's curve would show: is its best inner value better than both ends?"""
    inner = heights.iloc[:, 1:-1].max(axis=1)
    ends = heights.iloc[:, [0, -1]].max(axis=1)
    return (inner > ends).astype(float) - (inner < ends).astype(float)


def _rows_with_worst(along: pd.DataFrame) -> int:
    return int((~np.isfinite(along)).any(axis=1).sum())
