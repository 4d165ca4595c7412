"""Judges of claims about repeats: comparisons, equivalence, spread, and shares of repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.contrasts import Contrast, contrast, failed_share, order_interval, reference_values
from experiments.analysis.effects import Effect, Unit, factor_of, no_effect, number
from experiments.analysis.findings import Evidence, Finding, Judge, Word, hold_back, name_verdict, of_pairs, read_word
from experiments.analysis.intervals import (
    FEWEST_FOR_A_SIGN,
    Interval,
    log_spread_ratios,
    repeats_needed,
    share_interval,
    t_interval,
)
from experiments.analysis.sentences import term
from experiments.language.expressions import Comparison, Equivalence, Flag, Share, SpreadComparison
from experiments.language.terms import Number

_MIDDLES: Mapping[str, str] = {"difference": "means", "ratio": "geometric means", "order": "medians"}


def comparison(claim: Comparison, evidence: Evidence) -> Finding:
    """Judge ``left > right + offset``: on which side of equality is the interval of the pairs?"""
    pairs = contrast(claim.left, claim.right, evidence.table, offset=claim.offset)
    interval = pairs.interval()
    equal_is_enough = claim.operator in (">=", "<=")
    if equal_is_enough and interval.spreadless and interval.low == no_effect(pairs.unit):
        interval = replace(interval, p=min(1.0, 2.0 ** (1 - interval.n)))  # the claim held in every repeat
    overlap = 0.0 if pairs.unit == "order" else pairs.overlap
    finding = of_pairs(
        pairs,
        Effect.of_claim(claim, pairs.unit, interval.times(factor_of(claim)) if pairs.unit == "ratio" else interval),
        word=read_word(interval, pairs.unit, claim.side, equal_is_enough),
        outcomes=(pairs.signs * claim.side).where(pairs.signs != 0, 1.0 if equal_is_enough else 0.0),
        repeats=lambda factor: repeats_needed(pairs.values, choices=factor, overlap=overlap),
    )
    smallest = evidence.study.smallest_effect(claim.references[0].metric)
    if smallest and _is_smaller(finding.effect, smallest):
        finding = replace(finding, smallest=smallest)
    return _with_details(finding, claim, pairs, evidence)


def _is_smaller(effect: Effect, smallest: float) -> bool:
    """Return whether the whole interval is nearer to "no effect" than the smallest effect of interest."""
    few = effect.interval.n < (FEWEST_FOR_A_SIGN if effect.interval.spreadless else 2)
    if effect.unit not in ("difference", "ratio") or effect.offset or effect.factor != 1 or few:
        return False
    limit = math.log1p(smallest) if effect.is_ratio else smallest
    return all(abs(effect.distance(end)) < limit for end in (effect.interval.low, effect.interval.high))


def equivalence(claim: Equivalence, evidence: Evidence) -> Finding:
    """Judge ``left == right ± margin``: is the whole interval of the differences within the margin?"""
    pairs = contrast(claim.left, claim.right, evidence.table, ratio=False)
    gaps = (pairs.left - pairs.right).abs().where(pairs.signs != 0, 0.0)
    within = gaps <= claim.margin * (1 + 1e-9)
    outcomes = within.astype(float) * 2 - 1
    extrapolated, distance, overlap = pairs.values, None, pairs.overlap
    if pairs.unit == "order":
        pairs = replace(pairs, unit="share")
        interval = share_interval(int(within.sum()), len(within))
        word = read_word(interval, "share", 1)
        extrapolated, overlap = outcomes, 0.0
    else:
        interval = pairs.interval()
        slack = claim.margin * (1 + 1e-9) - abs(interval.estimate)
        interval = replace(interval, p=_equivalence_p(interval, slack))
        inside = -claim.margin <= interval.low and interval.high <= claim.margin
        outside = interval.low > claim.margin or interval.high < -claim.margin
        word = name_verdict(supported=inside or (interval.spreadless and slack >= 0), contradicted=outside)
        word, distance = hold_back(word, interval), abs(slack)
    finding = of_pairs(
        pairs,
        Effect.of_claim(claim, pairs.unit, interval),
        word,
        outcomes,
        repeats=lambda factor: repeats_needed(extrapolated, distance, factor, overlap),
    )
    return _with_details(finding, claim, pairs, evidence)


def _with_details(finding: Finding, claim: Comparison | Equivalence, pairs: Contrast, evidence: Evidence) -> Finding:
    """Return a finding with the middles of both sides, the shares that failed, and the typical effect."""
    left, right = (
        failed_share(term, side, evidence.table)
        for term, side in ((claim.left, pairs.left), (claim.right, pairs.right))
    )
    typical = pairs.typical()
    if isinstance(claim, Comparison) and typical.is_ratio:
        typical = replace(typical, interval=typical.interval.times(factor_of(claim)))
    return replace(finding, middles=_middles(claim, finding), failed=(left, right), typical=typical)


def _equivalence_p(interval: Interval, slack: float) -> float:
    """Return twice the larger of two one-sided p-values, so that p < 0.05 just where the 95 % interval decides."""
    if interval.n < 2 or interval.spreadless:
        return min(1.0, 2.0 ** (1 - interval.n)) if interval.n > 1 else math.nan
    error = (interval.high - interval.low) / 2 / stats.t.ppf(0.975, interval.n - 1)
    return min(1.0, 2 * float(stats.t.sf(abs(slack) / error, interval.n - 1)))


def _middles(claim: Comparison | Equivalence, finding: Finding) -> str:
    offset = claim.offset if isinstance(claim, Comparison) else 0.0
    shift = f" {'−' if offset < 0 else '+'} {number(abs(offset))} =" if offset else ""
    value = "" if isinstance(claim.right, Number) and not offset else f" {number(finding.right)}"
    middles = _MIDDLES.get(finding.effect.unit, "medians")
    return (
        f"{term(claim.left)} {number(finding.left)} against {term(claim.right)}{shift}{value} "
        f"({middles} of {finding.effect.interval.n})."
    )


def spread(claim: SpreadComparison, evidence: Evidence) -> Finding:
    """Judge a comparison of spreads by the ratio of the standard deviations over repeats."""
    sides = [reference_values(reference, evidence.table) for reference in (claim.left, claim.right)]
    x, y = (side.reindex(sides[0].index.intersection(sides[1].index)) for side in sides)
    unit: Unit = "spread ratio"
    pairs = Contrast(x, y, x, unit)
    pseudo = log_spread_ratios(x, y) if _vary(x, y) else np.array([math.nan])
    if np.isfinite(pseudo).all():
        overlap = evidence.table.overlap([claim.left.variant, claim.right.variant])
        interval = replace(t_interval(pseudo, overlap).exp(), estimate=x.std() / y.std())
    else:
        unit, overlap = "order", 0.0
        pairs = Contrast(_deviations(x), _deviations(y), x, unit)
        interval, pseudo = order_interval(pairs.signs), pairs.signs.to_numpy()
    word = read_word(interval, unit, claim.side)
    finding = of_pairs(
        pairs,
        Effect.of_claim(claim, unit, interval),
        word,
        outcomes=pd.Series(dtype=float),
        repeats=lambda factor: repeats_needed(pseudo, choices=factor, overlap=overlap),
    )
    left, right = _std(x), _std(y)
    middles = (
        f"Standard deviation of {term(claim.left)} {number(left)}, "
        f"of {term(claim.right)} {number(right)} ({interval.n} repeats)."
    )
    return replace(finding, left=left, right=right, lefts=None, rights=None, middles=middles, overlap=overlap)


def _vary(x: pd.Series, y: pd.Series) -> bool:
    return len(x) > 2 and all(np.isfinite(side).all() and np.ptp(side) > 0 for side in (x, y))


def _deviations(x: pd.Series) -> pd.Series:
    """Return distances from the median; an infinite value is no distance from an infinite median."""
    if x.empty:
        return x
    middle = float(np.median(x))
    return (x - middle).abs().where(x != middle, 0.0)


def _std(x: pd.Series) -> float:
    return float(x.std()) if len(x) > 1 and np.isfinite(x).all() else math.nan


def share(claim: Share, evidence: Evidence) -> Finding:
    """Judge ``always``, ``never`` and ``usually`` by the repeats in which the condition holds."""
    if isinstance(claim.condition, Flag):
        values = reference_values(claim.condition.subject, evidence.table)
        pairs = Contrast(values, values * 0.0, values, "share")
        holds, event = values != 0, _event(claim.condition)
    else:
        condition = JUDGES[type(claim.condition)](claim.condition, evidence)
        assert condition.lefts is not None and condition.rights is not None
        pairs = Contrast(condition.lefts, condition.rights, condition.lefts, "share", condition.undecided)
        holds, event = condition.outcomes > 0, "The condition held"
    interval = share_interval(int(holds.sum()), len(holds))
    outcomes = (holds.astype(float) * 2 - 1) * (-1 if claim.quantifier == "never" else 1)
    word = _share_word(claim, interval)
    usually = claim.quantifier == "usually"
    if not usually:
        interval = replace(interval, p=math.nan)  # one counterexample refutes, and none is a count: neither is a test
    finding = of_pairs(
        pairs,
        Effect.of_claim(claim, "share", interval),
        word,
        outcomes,
        repeats=lambda factor: repeats_needed(outcomes, choices=factor) if usually else FEWEST_FOR_A_SIGN,
    )
    if usually or word != "supported":
        return replace(finding, event=event)
    return replace(finding, event=event, left_open=1 - interval.low if claim.quantifier == "always" else interval.high)


def _share_word(claim: Share, interval: Interval) -> Word:
    if interval.n == 0:
        return "no data"
    if claim.quantifier == "usually":
        return read_word(interval, "share", 1)
    if interval.estimate != (1.0 if claim.quantifier == "always" else 0.0):
        return "contradicted"
    return "supported" if interval.n >= FEWEST_FOR_A_SIGN else "inconclusive"


def _event(condition: Flag) -> str:
    subject = condition.subject
    return f"{subject.variant} diverged" if subject.metric == "diverged" else f"{term(subject)} was not 0"


JUDGES: Mapping[type, Judge] = {
    Comparison: comparison,
    Equivalence: equivalence,
    SpreadComparison: spread,
    Share: share,
}
