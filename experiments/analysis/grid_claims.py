"""Judges of claims about an axis of a grid: trends and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.effects import Effect, Unit
from experiments.analysis.findings import Evidence, Finding, Judge, read_word
from experiments.analysis.intervals import Interval, chosen_interval, repeats_needed, t_interval
from experiments.analysis.sweeps import along_axis, points_of
from experiments.language.expressions import Shape, Trend


def trend(claim: Trend, evidence: Evidence) -> Finding:
    """Judge ``increasing`` and ``decreasing`` by the mean slope on ranks."""
    along, _ = _along(claim, evidence)
    slopes = rank_slopes(along)
    overlap = evidence.table.overlap(point.name for point in points_of(evidence.study, claim.subject.variant))
    interval = t_interval(slopes, overlap)
    word = read_word(interval, "slope", claim.side)
    interval = replace(interval, low=max(interval.low, -1.0), high=min(interval.high, 1.0))
    return Finding(
        word=word,
        effect=Effect.of_claim(claim, "slope", interval),
        outcomes=np.sign(slopes) * claim.side,
        ties=int((slopes == 0).sum()),
        worst=_rows_with_worst(along),
        repeats=lambda factor: repeats_needed(slopes, choices=factor, overlap=overlap),
        overlap=overlap,
        lefts=slopes,
    )


def rank_slopes(along: pd.DataFrame) -> pd.Series:
    """Return the slope of the metric's rank against the value's rank, in each repeat.

    Args:
        along: Repeats by values, from ``along_axis``.

    Returns:
        A slope in [-1, 1] by repeat: 1 where the metric rises at every step, 0 where it is constant. Equal metrics
        share their mean rank, which keeps a flat stretch from counting as a trend.
    """
    ranks = along.rank(axis=1).to_numpy()
    steps = np.arange(ranks.shape[1]) - (ranks.shape[1] - 1) / 2
    slopes = (ranks - ranks.mean(axis=1, keepdims=True)) @ steps / (steps @ steps)
    return pd.Series(slopes, index=along.index)


def shape(claim: Shape, evidence: Evidence) -> Finding:
    """Judge ``peaks inside`` and ``dips inside`` by the best inner value against the better end."""
    along, logarithmic = _along(claim, evidence)
    worst = _rows_with_worst(along)
    unit: Unit = "ranks" if worst else "ratio" if logarithmic else "difference"
    heights = (along.rank(axis=1) if worst else along) * claim.side
    if heights.empty:
        effect = Effect.of_claim(claim, unit, t_interval([]))
        return Finding("no data", effect, outcomes=pd.Series(dtype=float))
    gains, best = inside_gains(heights)
    choices = heights.shape[1] - 2
    overlap = evidence.table.overlap(point.name for point in points_of(evidence.study, claim.subject.variant))
    interval = _as_measured(chosen_interval(gains, left=choices, right=2, overlap=overlap), claim.side, unit)
    word = read_word(interval, unit, claim.side)
    return Finding(
        word=word,
        effect=Effect.of_claim(claim, unit, interval),
        outcomes=_single_shapes(heights),
        worst=worst,
        repeats=lambda factor: repeats_needed(gains, choices=factor * choices, overlap=overlap),
        overlap=overlap,
        lefts=heights.idxmax(axis=1),
        of=f" of the inner value {best} to the better end",
    )


def inside_gains(along: pd.DataFrame) -> tuple[pd.Series, Any]:
    """Return by how much the best inner value of an axis is above its better end, in each repeat.

    Args:
        along: Repeats by values, more is better; finite, three values at least.

    Returns:
        Inner minus end by repeat, and which inner value it is. Both are chosen by their means.
    """
    means = along.mean()
    inner = means.iloc[1:-1].idxmax()
    end = means.iloc[[0, -1]].idxmax()
    return along[inner] - along[end], inner


def _as_measured(interval: Interval, side: int, unit: Unit) -> Interval:
    """Return an interval of how much better as one of how much more, of logarithms as a ratio."""
    if side < 0:
        interval = replace(interval, estimate=-interval.estimate, low=-interval.high, high=-interval.low)
    return interval.exp() if unit == "ratio" else interval


def _single_shapes(heights: pd.DataFrame) -> pd.Series:
    """Return 1 where the best inner value of a repeat is better than both ends, -1 where it is worse, 0 where equal."""
    inner = heights.iloc[:, 1:-1].max(axis=1)
    ends = heights.iloc[:, [0, -1]].max(axis=1)
    return (inner > ends).astype(float) - (inner < ends).astype(float)


def _along(claim: Trend | Shape, evidence: Evidence) -> tuple[pd.DataFrame, bool]:
    subject = claim.subject
    return along_axis(evidence.study, subject.variant, claim.axis, subject.metric, evidence.table)


def _rows_with_worst(along: pd.DataFrame) -> int:
    return int((~np.isfinite(along)).any(axis=1).sum())


JUDGES: Mapping[type, Judge] = {Trend: trend, Shape: shape}
