"""Published figures in our distribution: one run by its percentile, a mean of runs as a mean."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.effects import number
from experiments.analysis.intervals import Interval, t_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of
from experiments.language.claims import find_variant

if TYPE_CHECKING:
    from experiments.language.study import Published, Study, Variant

_SIGNIFICANT = 0.05
_ONE_SOURCE = "All runs of ours start from one trained source, so their spread cannot judge another source."


@dataclass(frozen=True)
class PlacedFigure:
    """A published figure among our runs under the ``published`` protocol.

    Attributes:
        figure: As the study has it.
        ours: Our values by repeat; infinite where a run diverged.
        mean: Our mean with its interval, over the finite runs.
        below: Runs of ours below the figure, within its printed digits.
        equal: Runs equal to it.
        above: Runs above it.
        percentile: Of the figure among our runs, ties counted half (mid-rank); NaN for a mean or a spread.
        p: Two-sided p-value of a run, or a mean, of ours that is as far out or further; NaN where not placed.
        p_together: The same for all single figures of this variant and metric together (Mann-Whitney); NaN under two.
        beyond_chance: Whether ours and theirs disagree at 5 %; never of a single figure at our most frequent value.
        at_mode: Whether a single figure is our most frequent value.
        one_source: Whether all runs of ours start from one trained source, so that they are not independent.
        sentence: The comparison in words.
    """

    figure: Published
    ours: pd.Series
    mean: Interval
    below: int
    equal: int
    above: int
    percentile: float
    p: float
    p_together: float
    beyond_chance: bool
    at_mode: bool
    one_source: bool
    sentence: str


def place_published(study: Study, runs: pd.DataFrame) -> list[PlacedFigure]:
    """Return the places of the published figures of a study.

    Args:
        study: The study with its published figures.
        runs: Its runs.

    Returns:
        One for each figure, in file order.
    """
    table = RunTable(runs, "published", fresh_rows=False)
    placed = [_place(figure, study, table) for figure in study.published]
    together: dict[tuple[str, str], list[PlacedFigure]] = defaultdict(list)
    for place in placed:
        if not math.isnan(place.percentile):
            together[place.figure.variant, place.figure.metric].append(place)
    p_values = {key: _together(places) for key, places in together.items()}
    return [_judged(place, p_values) for place in placed]


def _place(figure: Published, study: Study, table: RunTable) -> PlacedFigure:
    variants = {variant.name: variant for variant in study.variants}
    name = find_variant(figure.variant, variants) or figure.variant
    ours = table.values(name, figure.metric)
    value, room = _worst_if_nan(figure), _rounding(figure.value)
    equal = (ours == value) | ((ours - value).abs() <= room)
    placed = PlacedFigure(
        figure=figure,
        ours=ours,
        mean=t_interval(ours[np.isfinite(ours)]),
        below=int(((ours < value) & ~equal).sum()),
        equal=int(equal.sum()),
        above=int(((ours > value) & ~equal).sum()),
        percentile=math.nan,
        p=math.nan,
        p_together=math.nan,
        beyond_chance=False,
        at_mode=figure.of == 1 and _is_mode(int(equal.sum()), ours, room),
        one_source=name in variants and _starts_from_one_source(variants[name]),
        sentence="",
    )
    if ours.empty or figure.statistic == "std":
        return placed
    return replace(placed, p=_p_of_mean(placed, study)) if figure.of > 1 else _ranked(placed)


def _starts_from_one_source(variant: Variant) -> bool:
    return variant.config.pretrain is not None and variant.config.pretrain.once


def _is_mode(equal: int, ours: pd.Series, room: float) -> bool:
    """Return whether no value of ours is more frequent, within the printed digits, than the figure."""
    counts = [int(((ours == value) | ((ours - value).abs() <= room)).sum()) for value in ours.unique()]
    return equal > 1 and equal >= max(counts)


def _worst_if_nan(figure: Published) -> float:
    """Return the value of a figure; one printed as NaN is a diverged run, which ranks as the worst."""
    if math.isnan(figure.value):
        return -math.inf if column_of(figure.metric).higher_is_better else math.inf
    return figure.value


def _rounding(value: float) -> float:
    """Return half a unit of the last printed digit; figures up to 1 have three digits, zeros at the end not printed."""
    if not math.isfinite(value):
        return 0.0
    digits = len(f"{value!r}".partition("e")[0].partition(".")[2].rstrip("0"))
    # A little more than half, for figures like 0.9285 that float32 puts on either side.
    return 0.5000001 / float(10 ** (max(digits, 3) if abs(value) <= 1 else digits))


def _ranked(placed: PlacedFigure) -> PlacedFigure:
    n = len(placed.ours)
    tail = min(placed.below + placed.equal, placed.above + placed.equal)
    return replace(
        placed,
        percentile=100 * (placed.below + placed.equal / 2) / n,
        p=min(1.0, 2 * (tail + 1) / (n + 1)),
    )


def _p_of_mean(placed: PlacedFigure, study: Study) -> float:
    """Return the p-value of Welch's test of a published mean; if no spread is printed with it, ours is used."""
    figure, finite = placed.figure, placed.ours[np.isfinite(placed.ours)]
    if len(finite) < len(placed.ours) or len(finite) < 2:
        return math.nan
    if abs(float(finite.mean()) - figure.value) <= _rounding(figure.value):
        return 1.0
    printed = next((other.value for other in study.published if _is_spread_of(other, figure)), None)
    # A deviation of 0 is one that rounds to 0 in the digits that were printed.
    spread = max(float(finite.std()), _rounding(figure.value)) if printed is None else max(printed, _rounding(printed))
    ours = (float(finite.mean()), float(finite.std()), len(finite))
    return float(stats.ttest_ind_from_stats(*ours, figure.value, spread, figure.of, equal_var=False).pvalue)


def _is_spread_of(other: Published, figure: Published) -> bool:
    same = (other.variant, other.metric, other.by) == (figure.variant, figure.metric, figure.by)
    return same and other.statistic == "std"


def _together(placed: Sequence[PlacedFigure]) -> float:
    """Return the p-value of the hypothesis that published figures and our runs share one distribution."""
    if len(placed) < 2:
        return math.nan
    ours = placed[0].ours.to_numpy(copy=True)
    figures = [_worst_if_nan(place.figure) for place in placed]
    for value in filter(math.isfinite, figures):
        ours = np.where(np.abs(ours - value) <= _rounding(value), value, ours)
    ranks = stats.rankdata([*figures, *ours])
    theirs, mine = ranks[: len(figures)], ranks[len(figures) :]
    if np.ptp(ranks) == 0:
        return 1.0
    return float(stats.mannwhitneyu(theirs, mine).pvalue)


def _judged(placed: PlacedFigure, p_together: dict[tuple[str, str], float]) -> PlacedFigure:
    single = not math.isnan(placed.percentile)
    together = p_together[placed.figure.variant, placed.figure.metric] if single else math.nan
    if placed.one_source:
        placed, together = replace(placed, p=math.nan), math.nan
    decisive = placed.p if math.isnan(together) else together
    beyond_chance = decisive < _SIGNIFICANT and not placed.at_mode
    placed = replace(placed, p_together=together, beyond_chance=beyond_chance)
    return replace(placed, sentence=_sentence(placed))


def _sentence(placed: PlacedFigure) -> str:
    figure, n = placed.figure, len(placed.ours)
    if n == 0:
        return "No runs of ours to compare with yet."
    if figure.statistic == "std":
        spread = float(placed.ours.std()) if np.isfinite(placed.ours).all() else math.nan
        return f"A spread over {figure.of} runs; ours over {n} is {number(spread)}. Not placed."
    if figure.of > 1:
        return _mean_sentence(placed)
    return f"{_where(placed)} {_judgement(placed)}"


def _mean_sentence(placed: PlacedFigure) -> str:
    if math.isnan(placed.p) and not placed.one_source:
        return "A mean; not compared, because runs of ours diverged or there are too few."
    mean = placed.mean
    ours = f"ours over {mean.n} is {number(mean.estimate)} [{number(mean.low)}, {number(mean.high)}]"
    if placed.one_source:
        return f"A mean of {placed.figure.of} runs; {ours}. {_ONE_SOURCE}"
    verdict = "disagree beyond chance" if placed.beyond_chance else "agree within chance"
    return f"A mean of {placed.figure.of} runs; {ours}: they {verdict} (p = {placed.p:.2g})."


def _where(placed: PlacedFigure) -> str:
    n = len(placed.ours)
    if math.isnan(placed.figure.value):
        return f"Theirs diverged; {placed.equal} of {n} of ours diverge too."
    if placed.equal == n:
        return f"Equal to all {n} of ours."
    if n in {placed.below, placed.above}:
        return f"{'Above' if placed.below == n else 'Below'} all {n} of ours."
    return f"At percentile {placed.percentile:.0f} of our {n} runs."


def _judgement(placed: PlacedFigure) -> str:
    if placed.beyond_chance and not math.isnan(placed.p_together):
        return f"Together with the other figures of this kind it disagrees beyond chance (p = {placed.p_together:.2g})."
    if placed.beyond_chance:
        return f"It disagrees beyond chance (p = {placed.p:.2g})."
    if placed.one_source:
        return _ONE_SOURCE
    if placed.at_mode and placed.equal < len(placed.ours):
        return "It is our most frequent value."
    outside = placed.equal == 0 and len(placed.ours) in {placed.below, placed.above}
    return f"One figure alone is not yet a disagreement (p = {placed.p:.2g})." if outside else "Within chance."
