"""Claims and their verdicts as the pages show them: looks, effects as text and drawing, facts, luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.analysis import ClaimRow, Effect
from experiments.protocols import TUNED
from experiments.report.page_words import column_words
from experiments.report.svg_drawings import Bar, Forest, forest, signed_bars
from experiments.report.wording import (
    EXPLANATION_LOOKS,
    Look,
    interval,
    look,
    number,
    percent,
    protocol_heading,
    signed,
)
from experiments.store.recorded_looks import LOOKS

if TYPE_CHECKING:
    from experiments.language.study import Claim

_LUCK = (
    ("rows", "lucky test rows", "luck_test_rows"),
    ("offset", "easier rows of one call", "luck_offset"),
    ("training", "lucky training rows", "luck_training_rows"),
    ("trick", "the trick itself", "luck_trick"),
)

_DECIDED = {"supported", "contradicted", "no difference"}
"""Verdicts of which two different ones, at the slides' rate and at the best rates, disagree."""


@dataclass(frozen=True)
class Reason:
    """The explanation of a verdict, or that its text is out of date."""

    look: Look
    text: str
    because: str
    sentence: str


@dataclass(frozen=True)
class Side:
    """A claim under one protocol."""

    protocol: str
    heading: str
    look: Look
    effect: str
    forest: Forest | None
    sentence: str
    facts: tuple[tuple[str, str], ...]
    n: int
    opposite: float
    clarity: float
    reason: Reason | None


@dataclass(frozen=True)
class Luck:
    """The luck meter of a claim."""

    sentence: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim with its verdicts."""

    number: int
    anchor: str
    says: str
    expect: str
    measured: str
    source: str
    sides: tuple[Side, ...]
    luck: Luck | None
    not_tuned: str = ""
    rates_disagree: bool = False


def claim_views(
    rows: Sequence[ClaimRow], claims: Sequence[Claim], not_tuned: Sequence[str] = ()
) -> tuple[ClaimView, ...]:
    """Arrange the verdicts of one study by claim.

    Args:
        rows: One for each claim and protocol.
        claims: The claims of the study, for the side that each drawing shows at the right.
        not_tuned: For each claim, why it has no tuned form; nothing where no rates were tried.

    Returns:
        The claims in the order of the YAML, all protocols of a claim together.
    """
    expressions = {claim.expect: claim.expression for claim in claims}
    judged = [(row, Effect.of_claim(expressions.get(row.expect), row.unit, row.interval)) for row in rows]
    measured = {
        claim.expect: "; ".join(f"{word.name}: {word.about}" for word in column_words([claim])) for claim in claims
    }
    numbers = sorted({row.claim for row in rows})
    views = (_view([(row, effect) for row, effect in judged if row.claim == number], measured) for number in numbers)
    reasons = dict(enumerate(not_tuned, start=1))
    return tuple(replace(view, not_tuned=reasons.get(view.number, "")) for view in views)


def effect_text(effect: Effect) -> str:
    """Write an effect with its interval, such as ``+0.029 [0.021, 0.036]`` or ``× 0.45 [0.43, 0.47]``.

    Args:
        effect: The effect; without runs the text is empty.
    """
    estimate, n = effect.interval.estimate, effect.interval.n
    if n == 0 or math.isnan(estimate):
        return ""
    text = {
        "ratio": f"× {number(estimate, 3)}",
        "spread ratio": f"× {number(estimate, 3)}",
        "share": f"in {round(estimate * n)} of {n} runs, share",
        "order": f"larger in {percent(estimate)} of pairs, share",
        "slope": f"slope on ranks {signed(estimate)}",
        "ranks": f"{signed(estimate)} ranks",
    }.get(effect.unit, signed(estimate))
    margin = " from the margin" if effect.is_from_border else ""
    if effect.factor != 1:
        margin = f" (line at {number(effect.factor, 3)})"
    return f"{text} {interval(effect.interval.low, effect.interval.high)}".strip() + margin


def effect_drawing(effect: Effect, reach: float) -> Forest | None:
    """Draw an effect with the claim's side at the right.

    Args:
        effect: The effect.
        reach: The distance from "no effect" that fills half of the drawing; the drawings of one claim share it.

    Returns:
        The drawing; None where there are no runs, or the claim has no side.
    """
    if effect.interval.n == 0 or effect.side == 0:
        return None
    ends = effect.interval.estimate, effect.interval.low, effect.interval.high
    middle, low, high = map(effect.distance, ends)
    return forest(middle, low, high, null=0.0, reach=reach or 1.0, toward=effect.side)


def _view(judged: Sequence[tuple[ClaimRow, Effect]], measured: Mapping[str, str]) -> ClaimView:
    reach = max(effect.reach for _, effect in judged)
    first = judged[0][0]
    words = {row.protocol: row.verdict for row, _ in judged}
    return ClaimView(
        number=first.claim,
        anchor=f"claim-{first.claim}",
        says=first.says,
        expect=first.expect,
        measured=measured.get(first.expect, ""),
        source=first.source,
        sides=tuple(_side(row, effect, reach) for row, effect in judged),
        luck=next((_luck(row, effect) for row, effect in judged if math.isfinite(row.luck_gain)), None),
        rates_disagree=len({words.get("fresh"), words.get(TUNED)} & _DECIDED) == 2,
    )


def _side(row: ClaimRow, effect: Effect, reach: float) -> Side:
    return Side(
        protocol=row.protocol,
        heading=protocol_heading(row.protocol),
        look=look(row.verdict),
        effect=effect_text(effect),
        forest=effect_drawing(effect, reach),
        sentence=row.sentence,
        facts=tuple(_facts(row)) if row.n else (),
        n=row.n,
        opposite=row.opposite_share,
        clarity=effect.clarity,
        reason=_reason(row),
    )


def _reason(row: ClaimRow) -> Reason | None:
    if not row.explanation:
        return None
    text = row.why or f"The text was written for the verdict “{row.why_written_for}” and is not shown."
    return Reason(EXPLANATION_LOOKS[row.explanation], text, row.because, row.because_sentence)


def _facts(row: ClaimRow) -> Iterator[tuple[str, str]]:
    yield "Repeats", f"{row.n:,.0f}"
    if not math.isnan(row.q):
        yield "q, Benjamini–Hochberg over the study", number(row.q, 2)
    if not math.isnan(row.p_holm):
        yield "p, Holm over the study", number(row.p_holm, 2)
    if not math.isnan(row.opposite_share):
        yield "Opposite", f"{percent(row.opposite_share)} of single runs"
    if not math.isnan(row.seed_share):
        ends = f"[{percent(row.seed_share_low)}, {percent(row.seed_share_high)}]"
        yield "Variance due to training seeds", f"{percent(row.seed_share)} {ends}"
    if row.look:
        yield "Look", f"at {row.look} repeats, level {LOOKS[row.look]}"
    if row.verdict == "inconclusive" and not math.isnan(row.repeats_needed):
        yield "Repeats that would decide", f"about {row.repeats_needed:,.0f}"


def _luck(row: ClaimRow, effect: Effect) -> Luck:
    """Draw the parts of a gain; those of a ratio on a logarithmic scale, where they add up."""
    bars = []
    for css, label, column in _LUCK:
        part = getattr(row, column)
        if math.isfinite(part):
            value = math.log(part) if effect.is_ratio else part
            bars.append((css, f"{_amount(part, effect.is_ratio)} {label}", value))
    gain = _amount(row.luck_gain, effect.is_ratio)
    return Luck(f"The gain on the slides’ test rows is {gain}. Its parts:", signed_bars(bars))


def _amount(value: float, ratio: bool) -> str:
    return f"× {number(value, 3)}" if ratio else signed(value)
