"""Findings that a lecturer should change a slide for: claims of slides that fresh data contradict, strongest first.

docs/statistics.md describes the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.analysis import ClaimRow, Effect
from experiments.language.expressions import Form, Share
from experiments.report.claim_views import effect_text

if TYPE_CHECKING:
    from experiments.language.study import Study

MOST_FINDINGS, MOST_OF_A_STUDY = 10, 2
SIZE_WITHOUT_A_RULE = 0.1
"""Smallest effect of a metric that has none of its own."""


@dataclass(frozen=True)
class SlideFinding:
    """A claim of a slide that fresh data contradict.

    Attributes:
        study: Name of the study.
        claim: Position of the claim in its study, from 1.
        says: The claim in words.
        source: The slide.
        effect: The effect on fresh data, as text.
        sentence: Its numbers in words.
        strength: The smaller one of two distances of the effect from the claim's border: in half widths of its
            interval, and in smallest effects of interest.
    """

    study: str
    claim: int
    says: str
    source: str
    effect: str
    sentence: str
    strength: float


def slide_findings(study: Study, rows: Sequence[ClaimRow]) -> tuple[SlideFinding, ...]:
    """Return the findings of a study, the strongest first.

    Args:
        study: The study.
        rows: The verdicts on its claims.
    """
    expressions = {claim.expect: claim.expression for claim in study.claims}
    by_claim: dict[int, dict[str, ClaimRow]] = {}
    for row in rows:
        if row.protocol != "published" and row.verdict != "no data":
            by_claim.setdefault(row.claim, {})[row.protocol] = row
    found = [
        _finding(study, verdicts["fresh"], expression)
        for verdicts in by_claim.values()
        if "fresh" in verdicts and all(row.verdict == "contradicted" for row in verdicts.values())
        for expression in [expressions.get(verdicts["fresh"].expect)]
        if expression is not None and not verdicts["fresh"].source.lower().startswith("ours")
        if not (isinstance(expression, Share) and expression.quantifier in ("always", "never"))
    ]
    return tuple(sorted(found, key=lambda finding: -finding.strength))


def strongest(findings: Iterable[Sequence[SlideFinding]]) -> tuple[SlideFinding, ...]:
    """Return the strongest findings of all studies.

    Args:
        findings: Those of each study, the strongest first.
    """
    every = [finding for of_study in findings for finding in of_study[:MOST_OF_A_STUDY]]
    return tuple(sorted(every, key=lambda finding: -finding.strength)[:MOST_FINDINGS])


def _finding(study: Study, row: ClaimRow, expression: Form) -> SlideFinding:
    effect = Effect.of_claim(expression, row.unit, row.interval)
    smallest = study.smallest_effect(expression.references[0].metric)
    return SlideFinding(
        study=row.study,
        claim=row.claim,
        says=row.says,
        source=row.source,
        effect=effect_text(effect),
        sentence=row.sentence,
        strength=min(effect.clarity, effect.in_units_of(smallest or SIZE_WITHOUT_A_RULE)),
    )
