"""Every claim of a study under every protocol: supported, contradicted, inconclusive, or no data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis import grid_claims, pair_claims
from experiments.analysis.decisions import ClaimDecision, decide
from experiments.analysis.effects import Effect, number, signed
from experiments.analysis.findings import Evidence, Finding, Judge, Word
from experiments.analysis.intervals import ALPHA
from experiments.analysis.run_table import RunTable
from experiments.analysis.sentences import describe
from experiments.language.claims import find_variant
from experiments.language.study import rows_of
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED
from experiments.store.recorded_looks import LOOKS

if TYPE_CHECKING:
    from experiments.language.expressions import Form
    from experiments.language.study import Claim, Study

JUDGES: Mapping[type, Judge] = {**pair_claims.JUDGES, **grid_claims.JUDGES}
"""The function that judges each form of claim."""


@dataclass(frozen=True)
class Single:
    """A claim in one repeat alone.

    Attributes:
        left: Value of the left side, of a condition's metric, or the slope of a trend.
        right: Value of the right side; NaN without one.
        outcome: 1 supports the claim, -1 contradicts it, 0 neither.
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
        protocol: "published", "fresh" or "tuned".
        word: "supported", "contradicted", "no difference", "inconclusive" or "no data".
        effect: Estimate with its 95 % interval, n and p, in its unit, and the claim's side.
        left: Middle of the left side on the scale of the unit.
        right: Middle of the right side.
        ties: Pairs with equal sides.
        worst: Pairs with a run that diverged or never reached its target.
        q: The p-value adjusted for all claims of the study under this protocol, by Benjamini and Hochberg's method; a
            verdict on one side needs 0.05 at most. NaN without one.
        p_holm: The same by Holm's method.
        repeats_needed: Repeats that would have decided an inconclusive claim; None where none would.
        opposite_share: Share of repeats that alone would have shown the opposite; NaN where one repeat shows nothing.
        failed: Share of repeats in which the left and the right side failed; NaN where it is not known.
        typical: Hodges and Lehmann's estimate beside the mean; None for other forms than comparisons.
        singles: The claim in each repeat alone.
        sentence: The numbers in words.
        look: Repeats of the look that the verdict is from; 0 where there is one look at all runs.
    """

    study: str
    number: int
    claim: Claim
    protocol: str
    word: Word
    effect: Effect
    left: float
    right: float
    ties: int
    worst: int
    q: float
    p_holm: float
    repeats_needed: int | None
    opposite_share: float
    failed: tuple[float, float]
    typical: Effect | None
    singles: Mapping[int, Single]
    sentence: str
    look: int = 0

    def __str__(self) -> str:
        return f"{self.word}: {self.sentence}"

    def _repr_html_(self) -> str:
        """Return the verdict for a notebook."""
        return f"<p><b>{escape(self.word)}</b>: {escape(self.sentence)}</p>"


def judge(study: Study, runs: pd.DataFrame, looks: Sequence[int] = ()) -> list[Verdict]:
    """Judge every claim of a study under each of its protocols.

    Args:
        study: The study with its claims.
        runs: Its runs, as ``read_runs`` gives them; any part of them may be missing. Those of "tuned" are at the
            chosen rates.
        looks: Keys of ``LOOKS`` at which verdicts were looked at; without, there is one look at all runs. Under "tuned"
            there is always one.

    Returns:
        One verdict for each protocol and claim, in this order; under "tuned", of the claims that have a tuned form.
        With looks it is that of the first look that decides.
    """
    every = dict(enumerate(study.claims, start=1))
    asked = dict.fromkeys(study.protocols, every)
    if (runs["protocol"] == TUNED).any():
        reasons = tuned_form(study).reasons
        asked[TUNED] = {number: claim for number, claim in every.items() if not reasons[number - 1]}
    verdicts = []
    for protocol, claims in asked.items():
        if not looks or protocol == TUNED:
            verdicts += _judge(Evidence(study, RunTable.of(study, runs, protocol)), claims)
            continue
        tables = [RunTable.of(study, runs[runs["repeat"] < look], protocol) for look in looks]
        judged = [_judge(Evidence(study, table), claims, look) for table, look in zip(tables, looks, strict=True)]
        verdicts += [_first_decided(claim) for claim in zip(*judged, strict=True)]
    return verdicts


def _first_decided(looks: Sequence[Verdict]) -> Verdict:
    """Return the verdict of the first look that decides, else of the last one with more repeats than those before.

    A claim without a p-value is a count (always, never), which all repeats settle.
    """
    verdict = looks[0]
    for later in looks[1:]:
        tested = not math.isnan(verdict.q)
        if tested and verdict.word != "inconclusive":
            break
        if later.effect.interval.n > verdict.effect.interval.n:
            verdict = later
    return verdict


def one_run_sentence(verdict: Verdict, repeat: int) -> str:
    """Write the conclusion from one repeat alone.

    Args:
        verdict: The claim's verdict under one protocol.
        repeat: Which repeat.

    Returns:
        Plain text, also for a claim about spreads, which a single run does not show, and for a missing run.
    """
    single = verdict.singles.get(repeat)
    if single is None:
        spread = verdict.effect.unit == "spread ratio"
        return "A single run shows no spread." if spread else f"There is no run {repeat}."
    seen = {1: "the claim looks right", -1: "the claim looks wrong", 0: "no difference to be seen"}[single.outcome]
    if verdict.effect.unit == "slope":
        return f"Run {repeat}: slope {signed(single.left)} on ranks; {seen}."
    if math.isnan(single.left) or math.isnan(single.right):
        return f"Run {repeat}: {seen}."
    return f"Run {repeat}: {number(single.left)} against {number(single.right)}; {seen}."


def _judge(evidence: Evidence, claims: Mapping[int, Claim], look: int = 0) -> list[Verdict]:
    findings = [JUDGES[type(claim.expression)](claim.expression, evidence) for claim in claims.values()]
    judged = zip(claims.items(), findings, decide(findings, LOOKS.get(look, ALPHA)), strict=True)
    return [
        replace(_verdict(evidence, number, claim, finding, decision), look=look)
        for (number, claim), finding, decision in judged
    ]


def _verdict(evidence: Evidence, number: int, claim: Claim, finding: Finding, decision: ClaimDecision) -> Verdict:
    study, protocol = evidence.study, evidence.table.protocol
    return Verdict(
        study=study.name,
        number=number,
        claim=claim,
        protocol=protocol,
        word=decision.word,
        effect=finding.effect,
        left=finding.left,
        right=finding.right,
        ties=finding.ties,
        worst=finding.worst,
        q=decision.q,
        p_holm=decision.p_holm,
        repeats_needed=decision.needed,
        opposite_share=_opposite_share(finding, decision.word),
        failed=finding.failed,
        typical=finding.typical,
        singles=_singles(finding),
        sentence=describe(finding, decision, planned=planned_repeats(study, claim.expression, protocol)),
    )


def planned_repeats(study: Study, claim: Form, protocol: str) -> int:
    """Return the repeats of a claim in the whole study; 0 where some variant does not run under the protocol.

    Args:
        study: The study.
        claim: The claim, or the test of an explanation.
        protocol: The protocol.
    """
    names = [variant.name for variant in study.variants]
    asked = {find_variant(reference.variant, names) or reference.variant for reference in claim.references}
    variants = [variant for variant in study.variants if variant.name in asked or variant.group in asked]
    if not variants or any(rows_of(protocol) not in variant.protocols for variant in variants):
        return 0
    return min(variant.repeats for variant in variants)


def _opposite_share(finding: Finding, word: Word) -> float:
    """Return the share of repeats against the verdict; where it is open, against the side of most repeats."""
    if finding.outcomes.empty:
        return math.nan
    side = {"supported": 1, "contradicted": -1}.get(word, finding.leaning)
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
