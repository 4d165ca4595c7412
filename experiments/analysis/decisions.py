"""Decisions: a verdict needs the interval of its claim, and its p-value among those of all claims of the study.

A study judges ten claims or more at once, so some intervals lie on one side by chance. Benjamini and Hochberg's method
keeps the expected share of wrong directions among the verdicts of a study at 5 % (Benjamini and Yekutieli 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.analysis.findings import Finding, Word
from experiments.analysis.intervals import ALPHA


@dataclass(frozen=True)
class ClaimDecision:
    """The verdict on one of several claims.

    Attributes:
        word: The verdict.
        q: The p-value adjusted by Benjamini and Hochberg's method; NaN without a p-value.
        p_holm: The p-value adjusted by Holm's method.
        needed: Repeats that would have decided an inconclusive claim; None where none would.
        tests: Number of claims with a p-value.
        held_back: Whether the interval lies on one side and ``q`` is too large for a verdict.
        level: The largest ``q`` of a verdict.
    """

    word: Word
    q: float
    p_holm: float
    needed: int | None
    tests: int
    held_back: bool
    level: float = ALPHA


def decide(findings: Sequence[Finding], level: float = ALPHA) -> list[ClaimDecision]:
    """Return the verdicts on the claims of a study under one protocol.

    Args:
        findings: The evidence on each of them.
        level: The largest adjusted p-value that decides; smaller than 5 % where there are several looks.
    """
    p_values = [finding.effect.interval.p for finding in findings]
    adjusted = zip(benjamini_hochberg(p_values), holm(p_values), strict=True)
    tests = int(np.isfinite(p_values).sum())
    return [
        _decision(finding, (q, p_holm), level, tests, tests / _rejections_beside(i, p_values, level))
        for i, (finding, (q, p_holm)) in enumerate(zip(findings, adjusted, strict=True))
    ]


def _decision(
    finding: Finding, adjusted: tuple[float, float], level: float, tests: int, tests_a_verdict: float
) -> ClaimDecision:
    q, p_holm = adjusted
    held_back = finding.word in ("supported", "contradicted") and q > level
    word: Word = "inconclusive" if held_back else finding.word
    if word == "inconclusive" and finding.smallest is not None:
        word = "no difference"
    needed = finding.repeats(max(1.0, tests_a_verdict) * ALPHA / level) if word == "inconclusive" else None
    return ClaimDecision(word, q, p_holm, needed, tests, held_back, level)


def _rejections_beside(i: int, p_values: Sequence[float], level: float) -> int:
    """Return how many claims would have a verdict if the p-value of one were 0; its limit is that share of all."""
    return sum(q <= level for q in benjamini_hochberg([*p_values[:i], 0.0, *p_values[i + 1 :]]))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the share of false ones among those up to 5 % is expected to be at most 5 %.

    Args:
        p_values: NaN stays NaN and does not count.

    >>> benjamini_hochberg([0.01, 0.04, float("nan"), 0.03])
    [0.03, 0.04, nan, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    known = np.isfinite(p)
    adjusted = np.full(p.size, np.nan)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known])
    return [float(value) for value in adjusted]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that even one false one up to 5 % has a probability of at most 5 % (Holm 1979).

    Args:
        p_values: NaN stays NaN and does not count.
    """
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.size, np.nan)
    order = np.argsort(p)[: int(np.isfinite(p).sum())]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]
