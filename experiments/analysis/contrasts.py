"""Contrasts: two sides of a claim in pairs of runs, compared on the scale of their metric."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from experiments.analysis.effects import Effect, Unit
from experiments.analysis.intervals import Interval, share_interval, t_interval
from experiments.analysis.run_table import RunTable
from experiments.analysis.typical_effects import hodges_lehmann
from experiments.column_lookup import column_of
from experiments.language.claims import find_variant
from experiments.language.terms import Number, Ratio, Reference, Term


@dataclass(frozen=True)
class Contrast:
    """A comparison in every repeat that has both sides.

    Attributes:
        left: Value of the left side by repeat; infinite where a diverged run has the worst value.
        right: The same of the right side, the offset added.
        values: Values of the interval by repeat: differences, log ratios, or -1, 0, 1 where only the order counts.
        unit: "difference", "ratio" or "order".
        undecided: Repeats left out because both runs of a difference ``a.m - b.m`` diverged or never reached their
            target.
        overlap: Test rows for each other row if the repeats are splits of one table, else 0.
        as_ratio: Whether finite values would be compared as ratios, where only the order counts.
    """

    left: pd.Series
    right: pd.Series
    values: pd.Series
    unit: Unit
    undecided: int = 0
    overlap: float = 0.0
    as_ratio: bool = False

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.values)

    @property
    def signs(self) -> pd.Series:
        """1, 0 or -1 in each repeat: is the left side larger, equal or smaller?"""
        return _signs(self.left, self.right)

    @property
    def ties(self) -> int:
        """Number of pairs whose sides are equal."""
        return int((self.signs == 0).sum())

    @property
    def worst(self) -> int:
        """Number of pairs with a run that diverged or never reached its target."""
        return int((~np.isfinite(self.left) | ~np.isfinite(self.right)).sum())

    def interval(self) -> Interval:
        """Return the estimate in the unit: a mean difference, a ratio, or a share of the untied pairs."""
        if self.unit == "order":
            return order_interval(self.signs)
        interval = t_interval(self.values, self.overlap)
        return interval.exp() if self.unit == "ratio" and interval.n else interval

    def typical(self) -> Effect:
        """Return Hodges and Lehmann's estimate of the differences or ratios, infinite ones included.

        It has no interval where the repeats are splits of one table, since they are not independent.
        """
        values, unit = self.values, self.unit
        if unit in ("order", "share"):
            unit = "ratio" if self.as_ratio else "difference"
            left, right = (np.log(side) if self.as_ratio else side for side in (self.left, self.right))
            values = (left - right).where(self.signs != 0, 0.0)
        interval = hodges_lehmann(values)
        if self.overlap:
            interval = replace(interval, low=math.nan, high=math.nan)
        return Effect(unit, interval.exp() if unit == "ratio" else interval)


def contrast(left: Term, right: Term, table: RunTable, *, offset: float = 0.0, ratio: bool = True) -> Contrast:
    """Compare two terms of a claim in pairs.

    Args:
        left: Left term.
        right: Right term; a number is the same in every repeat.
        table: The runs of one protocol.
        offset: Added to the right side; a margin in plain units, so the comparison is then of differences.
        ratio: Whether metrics that are naturally compared as ratios may be.

    Returns:
        The pairs; without values where either side has none.
    """
    columns = [_series(left, table), _series(right, table)]
    sides = _spread_numbers(pd.concat(columns, axis=1, keys=["left", "right"], join="outer"), left, right)
    measured = [set(column.index) for column, term in zip(columns, (left, right), strict=True) if _is_measured(term)]
    known = sides.dropna()
    undecided = len(set.intersection(*measured)) - len(known)
    as_ratio = ratio and offset == 0 and _both_ratio(left, right)
    pairs = _scaled(known["left"], known["right"] + offset, ratio=as_ratio)
    overlap = table.overlap(name for term in (left, right) for name in _variants(term))
    return replace(pairs, undecided=undecided, overlap=overlap)


def pair(left: pd.Series, right: pd.Series, metric: str) -> Contrast:
    """Compare the values of one metric from two tables in pairs.

    Args:
        left: Values by repeat.
        right: Values by repeat.
        metric: Name of the column, for its natural scale.

    Returns:
        The pairs of the repeats that are in both.
    """
    sides = pd.concat([left, right], axis=1, keys=["left", "right"], join="inner").sort_index()
    return _scaled(sides["left"], sides["right"], ratio=column_of(metric).is_ratio)


def _scaled(x: pd.Series, y: pd.Series, *, ratio: bool) -> Contrast:
    ratio = ratio and bool((x > 0).all() and (y > 0).all())
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return Contrast(x, y, _signs(x, y), "order", as_ratio=ratio)
    if ratio:
        return Contrast(x, y, np.log(x) - np.log(y), "ratio")
    return Contrast(x, y, x - y, "difference")


def order_interval(signs: pd.Series) -> Interval:
    """Return the share of untied pairs in which the left side is larger (the sign test)."""
    larger, smaller = int((signs > 0).sum()), int((signs < 0).sum())
    if larger + smaller == 0:
        return Interval(0.5, 0.0, 1.0, len(signs), 1.0) if len(signs) else share_interval(0, 0)
    share = share_interval(larger, larger + smaller)
    return Interval(share.estimate, share.low, share.high, len(signs), share.p)


def reference_values(reference: Reference, table: RunTable) -> pd.Series:
    """Return the values of a reference of a claim, by repeat."""
    name = find_variant(reference.variant, table.variants)
    if name is None:
        return pd.Series(dtype=float)
    return table.values(name, reference.metric) * reference.factor


def failed_share(term: Term, side: pd.Series, table: RunTable) -> float:
    """Return the share of repeats in which a side of a claim failed.

    Args:
        term: The side.
        side: Its values by repeat; infinite where a run diverged or never reached its target.
        table: The runs of one protocol, for those that ended no better than guessing.

    Returns:
        NaN for a number, and without repeats. Measurements that a divergence does not touch have no guessing.
    """
    if isinstance(term, Number) or side.empty:
        return math.nan
    failed = ~np.isfinite(side)
    for reference in term.references:
        if not column_of(reference.metric).survives_divergence:
            failed |= table.guesses(reference.variant).reindex(side.index, fill_value=False)
    return float(failed.mean())


def _series(term: Term, table: RunTable) -> pd.Series:
    if isinstance(term, Number):
        return pd.Series(dtype=float)
    if isinstance(term, Reference):
        return reference_values(term, table)
    left, right = reference_values(term.left, table), reference_values(term.right, table)
    both = left.index.intersection(right.index)
    left, right = left[both], right[both]
    # The difference or ratio of two infinite values is unknown, not 0 or 1.
    result = left / right if isinstance(term, Ratio) else left - right
    return result.where(np.isfinite(left) | np.isfinite(right))


def _variants(term: Term) -> list[str]:
    return [reference.variant for reference in term.references]


def _is_measured(term: Term) -> bool:
    return not isinstance(term, Number)


def _spread_numbers(sides: pd.DataFrame, left: Term, right: Term) -> pd.DataFrame:
    for side, term in (("left", left), ("right", right)):
        if isinstance(term, Number):
            sides[side] = term.value
    return sides.astype(float).sort_index()


def _both_ratio(left: Term, right: Term) -> bool:
    terms = [term for term in (left, right) if _is_measured(term)]
    return all(
        isinstance(term, Ratio) or (isinstance(term, Reference) and column_of(term.metric).is_ratio) for term in terms
    )


def _signs(left: pd.Series, right: pd.Series) -> pd.Series:
    return (left > right).astype(float) - (left < right).astype(float)


def summary_of(side: pd.Series, unit: Unit) -> float:
    """Return the middle of one side on the scale of its comparison: mean, geometric mean, or median."""
    if side.empty:
        return math.nan
    if unit == "ratio":
        return float(np.exp(np.log(side).mean()))
    return float(side.median()) if unit in ("order", "share") else float(side.mean())
