"""Claims and their verdicts as the pages show them: words, effects in their units, drawings, facts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.report import words
from experiments.report.drawings import Bar, Forest, signed_bars
from experiments.report.effects import Effect, as_number
from experiments.report.words import Look

HEADINGS = {"published": "On the slides’ data (published)", "fresh": "On fresh data"}
_LUCK = (
    ("rows", "lucky test rows", "luck_test_rows"),
    ("training", "lucky training rows", "luck_training_rows"),
    ("trick", "the trick itself", "luck_trick"),
)


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
    source: str
    why: str
    sides: tuple[Side, ...]
    luck: Luck | None


def claim_views(claims: pd.DataFrame) -> tuple[ClaimView, ...]:
    """Read the verdicts of one study's claims.

    Args:
        claims: The rows of its claims.csv: one for each claim and protocol.

    Returns:
        The claims in the order of the YAML, both protocols of a claim together.
    """
    rows = [{str(key): value for key, value in row.items()} for row in claims.to_dict("records")]
    numbers = sorted({int(row["claim"]) for row in rows})
    return tuple(_view(number, [row for row in rows if int(row["claim"]) == number]) for number in numbers)


def _view(number: int, rows: Sequence[Mapping[str, Any]]) -> ClaimView:
    effects = [Effect.of(row) for row in rows]
    reach = max(effect.reach for effect in effects)
    first = rows[0]
    return ClaimView(
        number=number,
        anchor=f"claim-{number}",
        says=str(first["says"]),
        expect=str(first["expect"]),
        source=str(first["source"]),
        why=str(first["why"]),
        sides=tuple(_side(row, effect, reach) for row, effect in zip(rows, effects, strict=True)),
        luck=next((_luck(row) for row in rows if math.isfinite(as_number(row.get("luck_gain")))), None),
    )


def _side(row: Mapping[str, Any], effect: Effect, reach: float) -> Side:
    protocol = str(row["protocol"])
    return Side(
        protocol=protocol,
        heading=HEADINGS.get(protocol, protocol),
        look=words.look(str(row["verdict"])),
        effect=effect.text(),
        forest=effect.drawing(reach),
        sentence=str(row["sentence"]),
        facts=tuple(_facts(row)) if effect.n else (),
        n=effect.n,
        opposite=as_number(row["opposite_share"]),
        clarity=effect.clarity,
    )


def _facts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    n, holm, opposite, needed = (as_number(row[key]) for key in ("n", "p_holm", "opposite_share", "repeats_needed"))
    yield "Repeats", f"{n:,.0f}"
    if not math.isnan(holm):
        yield "p, Holm over the study", words.number(holm, 2)
    if not math.isnan(opposite):
        yield "Opposite story", f"{words.percent(opposite)} of single runs"
    if row["verdict"] == "inconclusive" and not math.isnan(needed):
        yield "Repeats that would decide", f"about {needed:,.0f}"


def _luck(row: Mapping[str, Any]) -> Luck:
    """Draw the parts of a gain; those of a ratio on a logarithmic scale, where they add up."""
    ratio = Effect.of(row).is_ratio
    bars = []
    for css, label, column in _LUCK:
        part = as_number(row[column])
        if math.isfinite(part):
            bars.append((css, f"{_amount(part, ratio)} {label}", math.log(part) if ratio else part))
    gain = _amount(as_number(row["luck_gain"]), ratio)
    return Luck(f"The slides’ test rows show {gain}. Taken apart:", signed_bars(bars))


def _amount(value: float, ratio: bool) -> str:
    return f"× {words.number(value, 3)}" if ratio else words.signed(value)
