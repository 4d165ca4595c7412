"""The search of a variant's best rate, as far as runs.csv has it: the rates tried, the best of them, the next ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from experiments.column_lookup import column_of
from experiments.protocols import TUNING

if TYPE_CHECKING:
    from experiments.language.study import Variant
    from experiments.language.tuned_form import TunedForm
    from experiments.language.tuning import Tuning

Scores = Mapping[tuple[str, int], float]
"""Name of a variant at a rate, and repeat → its score; a diverged run has the worst one."""


@dataclass(frozen=True)
class TriedRate:
    """One rate of a variant.

    Attributes:
        factor: What the variant's own rate is multiplied by.
        value: The rate.
        point: The variant at this rate.
        scores: Of the runs so far, by repeat.
        mean: Of the scores, the geometric one of errors; NaN while runs are missing.
    """

    factor: float
    value: float
    point: Variant
    scores: tuple[float, ...]
    mean: float


@dataclass(frozen=True)
class RateSearch:
    """The rates of a variant that were tried, or come next.

    Attributes:
        variant: The variant.
        metric: The column that chooses, as it is called on the test rows.
        higher_is_better: Whether more of it is better.
        tried: The rates in rising order, those with missing runs too.
        best: The chosen one, which is the variant's own unless another is clearly better; None while runs are missing.
        at_end: Whether the best is an end of a grid that grows no further.
    """

    variant: Variant
    metric: str
    higher_is_better: bool
    tried: tuple[TriedRate, ...]
    best: TriedRate | None
    at_end: bool = False


def search_of(form: TunedForm, variant: Variant, scores: Scores) -> RateSearch:
    """Return the search of a variant's best rate.

    Args:
        form: What of the study is tuned.
        variant: One of its variants.
        scores: From ``search_scores``; those of other variants are ignored.

    Returns:
        The search. Where the best rate is an end of the grid, the grid has grown by a step at this end, up to the
        limit. Of equal means that nearest to the variant's own rate is the best. The own rate is kept unless the best
        one is better by more than the standard error of their paired difference: a few runs can prefer a rate by
        chance. A variant without a rate keeps what it has.
    """
    tuning, metric = form.study.tuning, form.columns[variant.name][-1]
    higher = column_of(metric).higher_is_better
    if tuning.value_of(variant.config) is None:
        own = TriedRate(1.0, math.nan, variant, (), math.nan)
        return RateSearch(variant, metric, higher, (), own)
    factors = list(tuning.factors)
    lower, upper = list(tuning.lower), list(tuning.upper)
    while True:
        tried = tuple(_tried(tuning, variant, factor, scores, metric) for factor in factors)
        if any(math.isnan(rate.mean) for rate in tried):
            return RateSearch(variant, metric, higher, tried, None)
        best = min(tried, key=lambda rate: _worse(rate, higher=higher))
        if best is tried[0] and lower:
            factors.insert(0, lower.pop(0))
        elif best is tried[-1] and upper:
            factors.append(upper.pop(0))
        else:
            own = next(rate for rate in tried if rate.factor == 1)
            best = best if _is_clearly_better(best, own, metric) else own
            return RateSearch(variant, metric, higher, tried, best, at_end=best in (tried[0], tried[-1]))


def _worse(rate: TriedRate, *, higher: bool) -> tuple[float, float, float]:
    """Return the sort key of a rate: the best first, of equal ones the nearest to the variant's own."""
    return -rate.mean if higher else rate.mean, round(abs(math.log10(rate.factor)), 2), rate.factor


def _is_clearly_better(best: TriedRate, own: TriedRate, metric: str) -> bool:
    """Return whether a mean is better by more than the standard error of the paired difference."""
    logarithmic = column_of(metric).is_ratio and all(0 < score < math.inf for score in (*best.scores, *own.scores))
    scale = math.log if logarithmic else float
    differences = [scale(a) - scale(b) for a, b in zip(best.scores, own.scores, strict=True)]
    if len(differences) == 1 or not all(map(math.isfinite, differences)):
        return best is not own
    return abs(fmean(differences)) > stdev(differences) / math.sqrt(len(differences))


def _tried(tuning: Tuning, variant: Variant, factor: float, scores: Scores, metric: str) -> TriedRate:
    point = tuning.point(variant, factor)
    own = [scores.get((point.name, repeat), math.nan) for repeat in range(point.repeats)]
    there = tuple(score for score in own if not math.isnan(score))
    mean = _geometric_mean(own) if column_of(metric).is_ratio else fmean(own)
    return TriedRate(factor, float(point.grid[tuning.axis]), point, there, mean)


def _geometric_mean(scores: Sequence[float]) -> float:
    if not all(0 < score < math.inf for score in scores):
        return 0.0 if 0.0 in scores and math.isfinite(fmean(scores)) else fmean(scores)
    return math.exp(fmean(map(math.log, scores)))


def search_scores(form: TunedForm, rows: Iterable[Mapping[Any, Any]]) -> Scores:
    """Return the scores that choose rates.

    Args:
        form: What of the study is tuned.
        rows: Rows of runs.csv, as text or as numbers; those of other protocols are ignored.
    """
    columns, scores = form.columns, {}
    for row in rows:
        if row["protocol"] == TUNING and not row.get("error") and row["group"] in columns:
            score = _score(row, columns[row["group"]])
            if not math.isnan(score):
                scores[row["variant"], int(row["repeat"])] = score
    return scores


def _score(row: Mapping[Any, Any], columns: tuple[str, ...]) -> float:
    values = (_number(row.get(column)) for column in columns)
    value = next((value for value in values if not math.isnan(value)), math.nan)
    meaning = column_of(columns[-1])
    if _number(row.get("diverged")) > 0 and not (meaning.survives_divergence and not math.isnan(value)):
        return -math.inf if meaning.higher_is_better else math.inf
    return value


def _number(cell: Any) -> float:
    return math.nan if cell is None or cell == "" else float(cell)
