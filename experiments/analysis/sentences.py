"""Findings in words: what was compared, by how much, how surely, and how many repeats would decide it."""

from __future__ import annotations

import math

from experiments.analysis.decisions import ClaimDecision
from experiments.analysis.effects import number
from experiments.analysis.findings import Finding
from experiments.language.terms import Difference, Number, Ratio, Term

_MOST_REPEATS = 1000
"""Of more, a sentence has no number: an interval may stay around its border however many there are."""


def describe(finding: Finding, decision: ClaimDecision, *, planned: int) -> str:
    """Write the evidence on a claim.

    Args:
        finding: The evidence on the claim.
        decision: The verdict on it among the claims of its study.
        planned: Number of repeats of the whole study; 0 where the claim is not run under this protocol.

    Returns:
        Plain text, one to four sentences.
    """
    if finding.effect.interval.n == 0 and finding.undecided:
        return f"No data: both runs of a difference diverged or never got there in all {finding.undecided} repeats."
    if finding.effect.interval.n == 0:
        return "No data: not run under this protocol." if planned == 0 else "No data: no finished runs yet."
    parts = finding.middles, _estimate(finding), _failures(finding), _caveats(finding, planned)
    return " ".join(part for part in (*parts, _open(finding, decision)) if part)


def term(value: Term) -> str:
    """Write a term of a claim."""
    if isinstance(value, Number):
        return number(value.value)
    if isinstance(value, Difference):
        return f"({term(value.left)} − {term(value.right)})"
    if isinstance(value, Ratio):
        return f"{term(value.left)} / {term(value.right)}"
    factor = "" if value.factor == 1 else f"{number(value.factor)} × "
    return f"{factor}{value.variant}.{value.metric}"


def _estimate(finding: Finding) -> str:
    effect, interval = finding.effect, finding.effect.interval
    n = interval.n
    if n == 1 and effect.unit != "share":
        return "One run only: no interval, no verdict."
    if finding.left_open is not None:
        failing, rest = ("fails", "all") if interval.estimate else ("does", "none of")
        return (
            f"{finding.event} in {rest} {n} repeats: at 95 % confidence it {failing} in fewer than "
            f"{100 * finding.left_open:.3g} %."
        )
    if effect.unit == "share":
        return f"{finding.event} in {round(interval.estimate * n)} of {n} repeats (true share {effect.ends()})."
    if effect.unit == "order":
        return _order(finding)
    if interval.spreadless:
        same = "No difference at all" if interval.estimate == effect.null else f"The same {effect.name(finding.of)}"
        return f"{same} in all {n} repeats, so the interval has no width and a sign test decides."
    text = effect.text(finding.of)
    return f"{text[0].upper()}{text[1:]}."


def _order(finding: Finding) -> str:
    interval = finding.effect.interval
    untied = interval.n - finding.ties
    if untied == 0:
        return f"Equal in all {interval.n} pairs."
    return (
        f"The left side is larger in {round(interval.estimate * untied)} of {untied} untied pairs "
        f"(true share {finding.effect.ends()}, sign test)."
    )


def _failures(finding: Finding) -> str:
    """Write how many runs failed and the typical effect, where some runs of a side failed and others did not."""
    if finding.typical is None or not any(0 < share < 1 for share in finding.failed):
        return ""
    n = finding.effect.interval.n
    counts = [
        f"{round(share * n)} of {n} on the {side}"
        for share, side in zip(finding.failed, ("left", "right"), strict=True)
        if not math.isnan(share)
    ]
    typical = finding.typical
    text = typical.name() if math.isnan(typical.interval.low) else typical.text()
    return (
        f"Failed (diverged, never got there, or no better than guessing): {', '.join(counts)}. "
        f"Typical effect (Hodges–Lehmann): {text}."
    )


def _caveats(finding: Finding, planned: int) -> str:
    n, unit = finding.effect.interval.n, finding.effect.unit
    parts = []
    if finding.worst:
        counted = "so only the order of the pairs counts" if unit == "order" else "which counts as the worst"
        parts.append(f"{finding.worst} of {n} have a run that diverged or never got there, {counted}.")
    if 0 < finding.ties < n and unit != "share":
        parts.append(f"Equal in {finding.ties} of {n}.")
    if finding.undecided:
        both = "both runs of a difference diverged or never got there"
        parts.append(f"Left out: {finding.undecided} repeats in which {both}.")
    if finding.overlap:
        parts.append("The repeats are splits of one table; the interval is widened for the rows that they share.")
    if n + finding.undecided < planned:
        parts.append(f"Only {n + finding.undecided} of {planned} repeats are there.")
    return " ".join(parts)


def _open(finding: Finding, decision: ClaimDecision) -> str:
    interval = finding.effect.interval
    parts = []
    if decision.held_back:
        parts.append(
            f"The interval lies on one side, but among {decision.tests} claims some intervals do so by chance "
            f"(q = {number(decision.q)}, above {number(decision.level)})."
        )
    if finding.smallest is not None and interval.n > 1:
        size = f"{100 * finding.smallest:g} %" if finding.effect.is_ratio else number(finding.smallest)
        if decision.word == "no difference":
            parts.append(f"No difference of {size} or more, the smallest of interest.")
        elif decision.word in ("supported", "contradicted"):
            parts.append(f"The effect is smaller than {size}, the smallest of interest.")
    elif decision.word == "inconclusive" and interval.n > 1 and not interval.spreadless:
        needed = decision.needed
        parts.append(
            "No reasonable number of repeats would decide an effect of this size."
            if needed is None or needed > _MOST_REPEATS
            else f"About {needed} repeats would decide it if the effect is what it seems."
        )
    return " ".join(parts)
