"""Claims about pairs of runs: comparisons, equivalence, spread, and shares of repeats."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.contrasts import Contrast, contrast, order_interval, reference_values
from experiments.analysis.findings import Finding, Word, hold_back, of_pairs, one_of, read_word
from experiments.analysis.intervals import (
    FEWEST_FOR_A_SIGN,
    Interval,
    log_spread_ratios,
    repeats_needed,
    share_interval,
    t_interval,
)
from experiments.analysis.tables import RunTable
from experiments.language.expressions import Comparison, Equivalence, Flag, Share, SpreadComparison


def comparison(claim: Comparison, table: RunTable) -> Finding:
    """Weigh ``left > right + offset``: on which side of equality does the interval of the pairs lie?"""
    pairs = contrast(claim.left, claim.right, table, offset=claim.offset)
    side = 1 if claim.operator in (">", ">=") else -1
    interval = pairs.interval()
    equal_is_enough = claim.operator in (">=", "<=")
    return of_pairs(
        pairs,
        interval,
        word=read_word(interval, pairs.unit, side, equal_is_enough),
        outcomes=(pairs.signs * side).where(pairs.signs != 0, 1.0 if equal_is_enough else 0.0),
        needed=repeats_needed(pairs.values),
    )


def equivalence(claim: Equivalence, table: RunTable) -> Finding:
    """Weigh ``left == right ± margin``: does the whole interval of the differences lie within the margin?"""
    pairs = contrast(claim.left, claim.right, table, ratio=False)
    gaps = (pairs.left - pairs.right).abs().where(pairs.signs != 0, 0.0)
    within = gaps <= claim.margin * (1 + 1e-9)
    outcomes = within.astype(float) * 2 - 1
    if pairs.unit == "order":
        pairs = replace(pairs, unit="share")
        interval = share_interval(int(within.sum()), len(within))
        return of_pairs(pairs, interval, read_word(interval, "share", 1), outcomes, repeats_needed(outcomes))
    interval = pairs.interval()
    slack = claim.margin * (1 + 1e-9) - abs(interval.estimate)
    interval = replace(interval, p=_equivalence_p(interval, slack))
    inside = -claim.margin <= interval.low and interval.high <= claim.margin
    outside = interval.low > claim.margin or interval.high < -claim.margin
    word = one_of(supported=inside or (interval.spreadless and slack >= 0), contradicted=outside)
    return of_pairs(
        pairs, interval, hold_back(word, interval), outcomes, repeats_needed(pairs.values, distance=abs(slack))
    )


def _equivalence_p(interval: Interval, slack: float) -> float:
    """Twice the larger of two one-sided p-values, so that p < 0.05 just where the 95 % interval decides."""
    if interval.n < 2 or interval.spreadless:
        return min(1.0, 2.0 ** (1 - interval.n)) if interval.n > 1 else math.nan
    error = (interval.high - interval.low) / 2 / stats.t.ppf(0.975, interval.n - 1)
    return min(1.0, 2 * float(stats.t.sf(abs(slack) / error, interval.n - 1)))


def spread(claim: SpreadComparison, table: RunTable) -> Finding:
    """Weigh a comparison of spreads by the ratio of the standard deviations over repeats."""
    sides = [reference_values(reference, table) for reference in (claim.left, claim.right)]
    x, y = (side.reindex(sides[0].index.intersection(sides[1].index)) for side in sides)
    pairs = Contrast(x, y, x, "spread ratio")
    side = 1 if claim.operator == ">" else -1
    pseudo = log_spread_ratios(x, y) if _vary(x, y) else np.array([math.nan])
    if np.isfinite(pseudo).all():
        ratio = x.std() / y.std()
        interval = replace(t_interval(pseudo).exp(), estimate=ratio)
        needed = repeats_needed(pseudo)
    else:
        pairs = replace(pairs, unit="order", left=_deviations(x), right=_deviations(y))
        interval, needed = order_interval(pairs.signs), repeats_needed(pairs.signs)
    finding = of_pairs(pairs, interval, read_word(interval, pairs.unit, side), pd.Series(dtype=float), needed)
    return replace(finding, left=_std(x), right=_std(y), lefts=None, rights=None)


def _vary(x: pd.Series, y: pd.Series) -> bool:
    return len(x) > 2 and all(np.isfinite(side).all() and np.ptp(side) > 0 for side in (x, y))


def _deviations(x: pd.Series) -> pd.Series:
    """Distances from the median; an infinite value is no distance from an infinite median."""
    if x.empty:
        return x
    middle = float(np.median(x))
    return (x - middle).abs().where(x != middle, 0.0)


def _std(x: pd.Series) -> float:
    return float(x.std()) if len(x) > 1 and np.isfinite(x).all() else math.nan


def share(claim: Share, table: RunTable) -> Finding:
    """Weigh ``always``, ``never`` and ``usually`` by the repeats in which the condition holds."""
    if isinstance(claim.condition, Flag):
        values = reference_values(claim.condition.subject, table)
        pairs = Contrast(values, values * 0.0, values, "share")
        holds = values != 0
    else:
        condition = claim.condition
        finding = comparison(condition, table) if isinstance(condition, Comparison) else equivalence(condition, table)
        assert finding.lefts is not None and finding.rights is not None
        pairs = Contrast(finding.lefts, finding.rights, finding.lefts, "share")
        holds = finding.outcomes > 0
    interval = share_interval(int(holds.sum()), len(holds))
    outcomes = (holds.astype(float) * 2 - 1) * (-1 if claim.quantifier == "never" else 1)
    word = _share_word(claim, interval)
    if claim.quantifier != "usually" and word == "contradicted":
        interval = replace(interval, p=math.nan)  # one counterexample refutes; that is logic, not a test
    needed = repeats_needed(outcomes) if claim.quantifier == "usually" else FEWEST_FOR_A_SIGN
    return of_pairs(pairs, interval, word, outcomes, needed)


def _share_word(claim: Share, interval: Interval) -> Word:
    if interval.n == 0:
        return "no data"
    if claim.quantifier == "usually":
        return read_word(interval, "share", 1)
    if interval.estimate != (1.0 if claim.quantifier == "always" else 0.0):
        return "contradicted"
    return "supported" if interval.n >= FEWEST_FOR_A_SIGN else "inconclusive"
