"""Verdicts in words: what was compared, by how much, how surely, and what a single run would have said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.analysis.findings import Finding
from experiments.language.expressions import (
    Comparison,
    Difference,
    Equivalence,
    Expression,
    Flag,
    Number,
    Share,
    SpreadComparison,
    Term,
)

if TYPE_CHECKING:
    from experiments.analysis.verdicts import Verdict

_MIDDLES = {"difference": "means", "ratio": "geometric means", "order": "medians", "share": "medians"}


def number(value: float) -> str:
    """Write a number with four significant digits; the worst value, of a diverged run, is infinite."""
    if math.isnan(value):
        return "–"
    return f"{value:.4g}".replace("-", "−").replace("inf", "∞")


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return number(value) if value <= 0 or not math.isfinite(value) else f"+{number(value)}"


def describe(expression: Expression, finding: Finding, *, planned: int) -> str:
    """Say what the runs show about a claim.

    Args:
        expression: The claim.
        finding: Its evidence.
        planned: How many repeats there would be, were all runs there; 0 where the claim is not run under this protocol.

    Returns:
        Plain text, one to four sentences.
    """
    if finding.interval.n == 0:
        return "No data: not run under this protocol." if planned == 0 else "No data: no finished runs yet."
    parts = [_middles(expression, finding), _estimate(expression, finding), _caveats(finding, planned), _open(finding)]
    return " ".join(part for part in parts if part)


def one_run_sentence(verdict: Verdict, repeat: int) -> str:
    """Say what a lecturer would have concluded from one repeat alone.

    Args:
        verdict: The claim's verdict under one protocol.
        repeat: Which repeat.

    Returns:
        Plain text; it says so where a single run tells nothing about this kind of claim, or where there is no such run.
    """
    single = verdict.singles.get(repeat)
    if single is None:
        return "A single run shows no spread." if verdict.unit == "spread ratio" else f"There is no run {repeat}."
    said = {1: "the claim looks right", -1: "the claim looks wrong", 0: "no difference to be seen"}[single.outcome]
    if verdict.unit == "slope":
        return f"Run {repeat}: slope {signed(single.left)} on ranks; {said}."
    if math.isnan(single.left) or math.isnan(single.right):
        return f"Run {repeat}: {said}."
    return f"Run {repeat}: {number(single.left)} against {number(single.right)}; {said}."


def term(value: Term) -> str:
    """Write a term of a claim."""
    if isinstance(value, Number):
        return number(value.value)
    if isinstance(value, Difference):
        return f"({term(value.left)} − {term(value.right)})"
    factor = "" if value.factor == 1 else f"{number(value.factor)} × "
    return f"{factor}{value.variant}.{value.metric}"


def _middles(expression: Expression, finding: Finding) -> str:
    match expression:
        case Comparison() | Equivalence():
            return (
                f"{term(expression.left)} {number(finding.left)} against {_right_side(expression, finding)} "
                f"({_MIDDLES.get(finding.unit, 'means')} of {finding.interval.n})."
            )
        case SpreadComparison():
            return (
                f"Standard deviation of {term(expression.left)} {number(finding.left)}, "
                f"of {term(expression.right)} {number(finding.right)} ({finding.interval.n} repeats)."
            )
    return ""


def _right_side(expression: Comparison | Equivalence, finding: Finding) -> str:
    offset = expression.offset if isinstance(expression, Comparison) else 0.0
    shift = f" {'−' if offset < 0 else '+'} {number(abs(offset))} =" if offset else ""
    value = "" if isinstance(expression.right, Number) and not offset else f" {number(finding.right)}"
    return f"{term(expression.right)}{shift}{value}"


def _estimate(expression: Expression, finding: Finding) -> str:
    interval, n = finding.interval, finding.interval.n
    if n == 1 and finding.unit != "share":
        return "One run only: no interval, no verdict."
    if finding.unit == "share":
        return _held(expression, finding)
    if finding.unit == "order":
        return _order(finding)
    if interval.spreadless:
        same = "No difference at all" if interval.estimate == _no_effect(finding) else f"The same {_effect(finding)}"
        return f"{same} in all {n} repeats: an interval without width, judged by the number of repeats."
    return f"{_effect(finding)[0].upper()}{_effect(finding)[1:]} {_ends(finding)}."


def _effect(finding: Finding) -> str:
    estimate = finding.interval.estimate
    if finding.unit in ("ratio", "spread ratio"):
        return f"ratio {number(estimate)}"
    name = {"slope": "mean slope on ranks", "ranks": "difference in ranks"}.get(finding.unit, "difference")
    inside = f" of the inner value {finding.best} to the better end" if finding.best else ""
    return f"{name}{inside} {signed(estimate)}"


def _no_effect(finding: Finding) -> float:
    return 1.0 if finding.unit in ("ratio", "spread ratio") else 0.0


def _ends(finding: Finding) -> str:
    write = number if finding.unit in ("ratio", "spread ratio", "share", "order") else signed
    return f"[{write(finding.interval.low)}, {write(finding.interval.high)}]"


def _held(expression: Expression, finding: Finding) -> str:
    interval = finding.interval
    held = round(interval.estimate * interval.n)
    return f"{_happened(expression)} in {held} of {interval.n} repeats (true share {_ends(finding)})."


def _happened(expression: Expression) -> str:
    if not (isinstance(expression, Share) and isinstance(expression.condition, Flag)):
        return "The condition held"
    subject = expression.condition.subject
    return f"{subject.variant} diverged" if subject.metric == "diverged" else f"{term(subject)} was not 0"


def _order(finding: Finding) -> str:
    n, larger = finding.interval.n, finding.interval.estimate
    untied = n - finding.ties
    if untied == 0:
        return f"Equal in all {n} pairs."
    return (
        f"The left side is larger in {round(larger * untied)} of {untied} untied pairs "
        f"(true share {_ends(finding)}, sign test)."
    )


def _caveats(finding: Finding, planned: int) -> str:
    parts = []
    if finding.worst:
        counted = "so only the order of the pairs counts" if finding.unit == "order" else "which counts as the worst"
        parts.append(f"{finding.worst} of {finding.interval.n} have a run that diverged or never got there, {counted}.")
    if 0 < finding.ties < finding.interval.n and finding.unit != "share":
        parts.append(f"Equal in {finding.ties} of {finding.interval.n}.")
    if finding.interval.n < planned:
        parts.append(f"Only {finding.interval.n} of {planned} repeats are there.")
    return " ".join(parts)


def _open(finding: Finding) -> str:
    if finding.word != "inconclusive" or finding.interval.n < 2 or finding.interval.spreadless:
        return ""
    if finding.needed is None:
        return "No reasonable number of repeats would decide an effect of this size."
    return f"About {finding.needed} repeats would decide it if the effect is what it seems."
