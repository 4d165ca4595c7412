"""Every claim of a study under every protocol: supported, contradicted, inconclusive, or no data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis.contrasts import Unit
from experiments.analysis.findings import Finding, Word
from experiments.analysis.grid_claims import shape, trend
from experiments.analysis.intervals import Interval, holm
from experiments.analysis.pair_claims import comparison, equivalence, share, spread
from experiments.analysis.sentences import describe
from experiments.analysis.tables import RunTable
from experiments.language.claims import find_variant, references
from experiments.language.expressions import (
    Comparison,
    Equivalence,
    Expression,
    Shape,
    Share,
    SpreadComparison,
    Trend,
)

if TYPE_CHECKING:
    from experiments.language.study import Claim, Study


@dataclass(frozen=True)
class Single:
    """What one repeat alone would have shown.

    Attributes:
        left: Value of the left side, of a condition's metric, or the slope of a trend.
        right: Value of the right side; NaN where there is none.
        outcome: 1 speaks for the claim, -1 against it, 0 neither.
    """

    left: float
    right: float
    outcome: int


@dataclass(frozen=True)
class Verdict:
    """One claim judged under one protocol.

    Attributes:
        study: Name of the study.
        number: Position of the claim in its study, from 1.
        claim: The claim itself.
        protocol: "published" or "fresh".
        word: "supported", "contradicted", "inconclusive" or "no data".
        interval: Estimate with its 95 % interval, n and p, in ``unit``.
        unit: "difference", "ratio", "order" (share of the untied pairs with the larger left side), "share" (of the
            repeats), "slope" (on ranks), "ranks", or "spread ratio".
        left: Middle of the left side on the scale of the unit.
        right: Middle of the right side.
        ties: Pairs with equal sides.
        worst: Pairs with a run that diverged or never reached its target.
        p_holm: The p-value adjusted for all claims of the study under this protocol; NaN where there is none.
        repeats_needed: Repeats that would have decided an inconclusive claim; None where none would.
        opposite_share: Share of repeats that alone would have told the opposite story; NaN where one repeat tells none.
        singles: What each repeat alone would have shown.
        sentence: What the numbers say, in words.
    """

    study: str
    number: int
    claim: Claim
    protocol: str
    word: Word
    interval: Interval
    unit: Unit
    left: float
    right: float
    ties: int
    worst: int
    p_holm: float
    repeats_needed: int | None
    opposite_share: float
    singles: Mapping[int, Single]
    sentence: str


def judge(study: Study, runs: pd.DataFrame) -> list[Verdict]:
    """Judge every claim of a study under each of its protocols.

    Args:
        study: The study with its claims.
        runs: Its runs, as ``read_runs`` gives them; any part of them may be missing.

    Returns:
        One verdict for each protocol and claim, in this order.
    """
    return [verdict for protocol in study.protocols for verdict in _judge(study, RunTable(runs, protocol))]


def find(expression: Expression, study: Study, table: RunTable) -> Finding:
    """Weigh one claim by the runs of one protocol."""
    match expression:
        case Comparison():
            return comparison(expression, table)
        case Equivalence():
            return equivalence(expression, table)
        case SpreadComparison():
            return spread(expression, table)
        case Share():
            return share(expression, table)
        case Trend():
            return trend(expression, study, table)
        case Shape():
            return shape(expression, study, table)


def _judge(study: Study, table: RunTable) -> list[Verdict]:
    findings = [find(claim.expression, study, table) for claim in study.claims]
    adjusted = holm([finding.interval.p for finding in findings])
    return [
        _verdict(study, number, claim, table.protocol, finding, p_holm=p_holm)
        for number, (claim, finding, p_holm) in enumerate(zip(study.claims, findings, adjusted, strict=True), start=1)
    ]


def _verdict(study: Study, number: int, claim: Claim, protocol: str, finding: Finding, *, p_holm: float) -> Verdict:
    return Verdict(
        study=study.name,
        number=number,
        claim=claim,
        protocol=protocol,
        word=finding.word,
        interval=finding.interval,
        unit=finding.unit,
        left=finding.left,
        right=finding.right,
        ties=finding.ties,
        worst=finding.worst,
        p_holm=p_holm,
        repeats_needed=finding.needed,
        opposite_share=_opposite_share(finding),
        singles=_singles(finding),
        sentence=describe(claim.expression, finding, planned=_planned(study, claim, protocol)),
    )


def _planned(study: Study, claim: Claim, protocol: str) -> int:
    """How many repeats the claim would have, were all runs there; 0 where some variant does not run this protocol."""
    names = [variant.name for variant in study.variants]
    asked = {find_variant(reference.variant, names) or reference.variant for reference in references(claim.expression)}
    variants = [variant for variant in study.variants if variant.name in asked or variant.group in asked]
    if not variants or any(protocol not in variant.protocols for variant in variants):
        return 0
    return min(variant.repeats for variant in variants)


def _opposite_share(finding: Finding) -> float:
    """Share of repeats against the verdict; where it is open, against the side that most of the evidence is on."""
    if finding.outcomes.empty:
        return math.nan
    side = {"supported": 1, "contradicted": -1}.get(finding.word, finding.leaning)
    return float((finding.outcomes * side < 0).mean()) if side else math.nan


def _singles(finding: Finding) -> dict[int, Single]:
    lefts, rights = (_numbers(side, len(finding.outcomes)) for side in (finding.lefts, finding.rights))
    repeats = finding.outcomes.index.tolist()
    return {
        int(repeat): Single(left, right, int(outcome))
        for repeat, left, right, outcome in zip(repeats, lefts, rights, finding.outcomes.tolist(), strict=True)
    }


def _numbers(side: pd.Series | None, n: int) -> list[float]:
    if side is None or not pd.api.types.is_numeric_dtype(side):
        return [math.nan] * n
    return [float(value) for value in side.tolist()]
