"""Geometry of the small drawings that the pages hold as plain SVG: no numbers are computed in a template."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH = 176
_EDGE = 6


@dataclass(frozen=True)
class Forest:
    """An interval around an effect, in pixels of a 176 × 22 drawing; right of ``null`` is the claim's side."""

    null: float
    low: float
    effect: float
    high: float


def forest(effect: float, low: float, high: float, null: float, *, reach: float, toward: int = 1) -> Forest | None:
    """Place an effect and its interval on a scale that is symmetric about "no effect".

    Args:
        effect: The effect.
        low: Lower end of its interval, NaN where there is none.
        high: Upper end.
        null: The value that means "no effect".
        reach: The distance from ``null`` that fills half of the drawing; the drawings of one claim share it.
        toward: 1 where a larger effect supports the claim, -1 where a smaller one does.

    Returns:
        The places in pixels, cut off at the drawing's edges, or None where the effect is not a finite number.
    """
    if not math.isfinite(effect) or reach <= 0:
        return None
    low, high = (end if math.isfinite(end) else effect for end in (low, high))
    middle = _WIDTH / 2

    def place(value: float) -> float:
        share = max(-1.0, min(1.0, toward * (value - null) / reach))
        return round(middle + share * (middle - _EDGE), 1)

    ends = sorted((place(low), place(high)))
    return Forest(null=middle, low=ends[0], effect=place(effect), high=ends[1])


@dataclass(frozen=True)
class Strip:
    """Runs as stacked dots on an axis, with published figures as diamonds, in pixels of a 480-wide drawing."""

    dots: tuple[tuple[float, float], ...]
    theirs: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, float], ...]
    floor: float

    @property
    def height(self) -> float:
        """Height of the whole drawing, with room for the numbers below the axis."""
        return self.floor + 28


def strip(values: Sequence[float], theirs: Sequence[float], labels: Sequence[str]) -> Strip:
    """Place a distribution and the published figures beside it.

    Args:
        values: One value a run; those that are not finite are left out.
        theirs: Published values.
        labels: Who published them, one each.

    Returns:
        The places of dots, diamonds and three ticks.
    """
    finite = [value for value in values if math.isfinite(value)]
    everything = [*finite, *(value for value in theirs if math.isfinite(value))]
    if not everything:
        return Strip((), (), (), 12.0)
    low, high = min(everything), max(everything)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(12 + 456 * (value - low) / (high - low), 1)

    stacks = Counter(round(place(value) / 6) * 6 for value in finite)
    tallest = max(stacks.values(), default=1)
    step = min(6.0, 60 / tallest)
    floor = round(step * tallest + 10, 1)
    dots = tuple(
        (float(x), round(floor - 4 - step * k, 1)) for x, count in sorted(stacks.items()) for k in range(count)
    )
    diamonds = tuple((place(value), label) for value, label in zip(theirs, labels, strict=True) if math.isfinite(value))
    ticks = tuple((place(value), value) for value in (low + room, (low + high) / 2, high - room))
    return Strip(dots, diamonds, ticks, floor)


@dataclass(frozen=True)
class Bar:
    """One signed part of the luck meter, in pixels of a 160-wide drawing with zero in the middle."""

    css: str
    text: str
    x: float
    width: float


def signed_bars(parts: Sequence[tuple[str, str, float]]) -> tuple[Bar, ...]:
    """Draw signed numbers as bars about zero on one scale.

    Args:
        parts: (css class, text, value) of each.

    Returns:
        One bar each, of width zero where the value is not finite.
    """
    reach = max((abs(value) for _, _, value in parts if math.isfinite(value)), default=0.0) or 1.0
    bars = []
    for css, label, value in parts:
        width = 76 * abs(value) / reach if math.isfinite(value) else 0.0
        bars.append(Bar(css, label, round(80 - (width if value < 0 else 0), 1), round(width, 1)))
    return tuple(bars)
