"""Effects: an estimate with its interval, in a unit that has a value for "no effect"; and their numbers as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from experiments.analysis.intervals import Interval
from experiments.language.expressions import Comparison, Equivalence, Form
from experiments.language.terms import Difference, Number, Ratio, Term

Unit: TypeAlias = Literal["difference", "ratio", "order", "share", "slope", "ranks", "spread ratio"]
"""A difference of means; a ratio of geometric means; the share of untied pairs with the larger left side; a share of
repeats; a slope on ranks; a difference of ranks; a ratio of standard deviations."""
Direction: TypeAlias = Literal["higher", "lower", "equal", "open"]

_NO_EFFECT: Mapping[str, float] = {"ratio": 1.0, "spread ratio": 1.0, "order": 0.5, "share": 0.5}
_RATIOS = ("ratio", "spread ratio")
_SHARES = ("order", "share")
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(_RATIOS, "ratio"),
    **dict.fromkeys(_SHARES, "share"),
    "slope": "mean slope on ranks",
    "ranks": "difference in ranks",
    "difference": "difference",
}


def no_effect(unit: Unit) -> float:
    """Return the value that means "no effect" in a unit."""
    return _NO_EFFECT.get(unit, 0.0)


@dataclass(frozen=True)
class Effect:
    """An estimate with its 95 % interval in a unit, and where a claim expects it.

    Attributes:
        unit: Unit of the estimate and of both ends of the interval.
        interval: Estimate, interval, number of repeats and p-value.
        side: The side of "no effect" that supports the claim: 1 above, -1 below, 0 where the claim has no side.
        margin: How far from "no effect" an equivalence allows the effect to be; 0 for other claims.
        offset: Shift of the right side that the claim asks for (``a >= b - 0.01``); 0 for other claims.
        factor: The ratio from which the claim is supported or contradicted (0.5 in ``a < 0.5 * b``); 1 without one.
    """

    unit: Unit
    interval: Interval
    side: int = 0
    margin: float = 0.0
    offset: float = 0.0
    factor: float = 1.0

    @classmethod
    def of_claim(cls, claim: Form | None, unit: Unit, interval: Interval) -> Effect:
        """Build the effect of a claim.

        Args:
            claim: The claim; None where only the numbers are known.
            unit: Unit of the estimate.
            interval: Estimate and interval; of a ratio, those of the two sides without the factors of the claim.
        """
        margin = claim.margin if isinstance(claim, Equivalence) else 0.0
        offset = claim.offset if isinstance(claim, Comparison) else 0.0
        factor = factor_of(claim) if unit == "ratio" and isinstance(claim, Comparison) else 1.0
        return cls(unit, interval, claim.side if claim else 0, margin, offset, factor)

    @property
    def null(self) -> float:
        """The value that neither supports nor contradicts: "no effect", or the factor of the claim."""
        return no_effect(self.unit) * self.factor

    @property
    def is_ratio(self) -> bool:
        """Whether halving and doubling are equally far from "no effect", as on a logarithmic scale."""
        return self.unit in _RATIOS

    @property
    def is_from_border(self) -> bool:
        """Whether it is a difference from the border that the claim draws (``a >= b - 0.01``), not from equality."""
        return self.unit == "difference" and self.offset != 0

    @property
    def direction(self) -> Direction:
        """Which side of "no effect" the whole interval is on; "open" where it reaches over both."""
        low, high = self.interval.low, self.interval.high
        if low > self.null or high < self.null:
            return "higher" if low > self.null else "lower"
        return "equal" if low == high == self.null else "open"

    def distance(self, value: float) -> float:
        """Return how far a value of the unit is from "no effect": of ratios the logarithm, of others the difference."""
        if not self.is_ratio:
            return value - self.null
        return math.log(value / self.null) if value > 0 else -math.inf

    @property
    def reach(self) -> float:
        """Distance from "no effect" that a drawing shows; the margin of an equivalence is always in view."""
        distances = map(self.distance, (self.interval.estimate, self.interval.low, self.interval.high))
        return 1.1 * max(max((abs(far) for far in distances if math.isfinite(far)), default=0.0), self.margin)

    @property
    def clarity(self) -> float:
        """Distance from "no effect" in half widths of the interval; 0 without an interval."""
        middle, low, high = map(self.distance, (self.interval.estimate, self.interval.low, self.interval.high))
        half = (high - low) / 2
        if not math.isfinite(half) or not math.isfinite(middle):
            return 0.0
        return round(min(abs(middle) / half, 1e6), 3) if half > 0 else 1e6

    def in_units_of(self, smallest: float) -> float:
        """Return the distance of the estimate from "no effect" in smallest effects of interest.

        Args:
            smallest: A difference, or of a ratio its relative size.
        """
        return abs(self.distance(self.interval.estimate)) / (math.log1p(smallest) if self.is_ratio else smallest)

    def name(self, of: str = "") -> str:
        """Write the estimate with the name of its unit, such as ``difference +0.029`` or ``ratio 0.45``.

        Args:
            of: What the effect is between, such as " of the inner value 0.3 to the better end".
        """
        write = number if self.unit in (*_RATIOS, *_SHARES) else signed
        return f"{_NAMES[self.unit]}{of} {write(self.interval.estimate)}"

    def ends(self) -> str:
        """Write the interval, such as ``[+0.021, +0.036]``."""
        write = number if self.unit in (*_RATIOS, *_SHARES) else signed
        return f"[{write(self.interval.low)}, {write(self.interval.high)}]"

    def text(self, of: str = "") -> str:
        """Write the estimate and its interval, such as ``difference +0.029 [+0.021, +0.036]``.

        Args:
            of: As for ``name``.
        """
        border = "" if self.factor == 1 else f"; the claim draws the line at {number(self.factor)}"
        return f"{self.name(of)} {self.ends()}{border}"


def factor_of(claim: Comparison) -> float:
    """Return the ratio of the sides, without their factors, at which both sides are equal.

    It is 0.5 in ``a.m < 0.5 * b.m``, and in ``a.m / b.m < 0.5``.

    Args:
        claim: A comparison that was judged as a ratio, so that both of its sides are positive.
    """
    return _factor(claim.right, claim.left) / _factor(claim.left, claim.right)


def _factor(side: Term, other: Term) -> float:
    if isinstance(side, Number):
        return side.value if isinstance(other, Ratio) else 1.0
    return 1.0 if isinstance(side, Difference) else side.factor


def number(value: float) -> str:
    """Write a number with four significant digits; the worst value, of a diverged run, is infinite."""
    if math.isnan(value):
        return "–"
    return f"{value:.4g}".replace("-", "−").replace("inf", "∞")


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return number(value) if value <= 0 or not math.isfinite(value) else f"+{number(value)}"
