"""Effects of claims: their text in words that fit their unit, and their place on a drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.language.claim_parser import ClaimSyntaxError, parse_claim
from experiments.language.expressions import (
    Comparison,
    Equivalence,
    Expression,
    Shape,
    Share,
    SpreadComparison,
    Trend,
)
from experiments.report import words
from experiments.report.drawings import Forest, forest

_NO_EFFECT = {"ratio": 1.0, "spread ratio": 1.0, "order": 0.5, "share": 0.5}
_RATIOS = ("ratio", "spread ratio")


@dataclass(frozen=True)
class Effect:
    """The effect in one row of claims.csv, with its numbers as numbers.

    Attributes:
        unit: "difference", "ratio", "order", "share", "slope", "ranks" or "spread ratio".
        estimate: The effect; NaN where there is none.
        low: Lower end of its 95 % interval; NaN where there is none.
        high: Upper end.
        n: Number of repeats.
        expression: The claim; None where it cannot be read.
    """

    unit: str
    estimate: float
    low: float
    high: float
    n: int
    expression: Expression | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Effect:
        """Read the effect of a row."""
        estimate, low, high, n = (as_number(row[column]) for column in ("effect", "low", "high", "n"))
        return cls(str(row["unit"]), estimate, low, high, int(n), _parsed(str(row["expect"])))

    @property
    def is_ratio(self) -> bool:
        """Whether it is drawn on a logarithmic scale, where doubling and halving are equally far from no effect."""
        return self.unit in _RATIOS

    @property
    def is_from_margin(self) -> bool:
        """Whether it is a difference from the border that the claim draws (``a >= b - 0.01``), not from equality."""
        return self.unit == "difference" and isinstance(self.expression, Comparison) and self.expression.offset != 0

    @property
    def null(self) -> float:
        """The place of "no effect"."""
        return self._place(_NO_EFFECT.get(self.unit, 0.0))

    @property
    def direction(self) -> str:
        """Which side of "no effect" the whole interval lies on: "higher", "lower", "equal" or "open"."""
        low, high = self._place(self.low), self._place(self.high)
        if low > self.null or high < self.null:
            return "higher" if low > self.null else "lower"
        return "equal" if low == high == self.null else "open"

    @property
    def reach(self) -> float:
        """How far a drawing goes from "no effect"; the margin of an equivalence is always in view."""
        places = (self._place(value) for value in (self.estimate, self.low, self.high))
        far = max((abs(place - self.null) for place in places if math.isfinite(place)), default=0.0)
        margin = self.expression.margin if isinstance(self.expression, Equivalence) else 0.0
        return 1.1 * max(far, margin)

    @property
    def clarity(self) -> float:
        """How many half widths of its interval it lies from "no effect"; 0 without an interval."""
        middle, low, high = (self._place(value) for value in (self.estimate, self.low, self.high))
        half = (high - low) / 2
        if not math.isfinite(half) or not math.isfinite(middle):
            return 0.0
        return round(min(abs(middle - self.null) / half, 1e6), 3) if half > 0 else 1e6

    def text(self) -> str:
        """Write it with its interval, such as ``+0.029 [0.021, 0.036]`` or ``× 0.45 [0.43, 0.47]``."""
        if self.n == 0 or math.isnan(self.estimate):
            return ""
        signed = words.signed(self.estimate)
        text = {
            "ratio": f"× {words.number(self.estimate, 3)}",
            "spread ratio": f"× {words.number(self.estimate, 3)}",
            "share": f"in {round(self.estimate * self.n)} of {self.n} runs, share",
            "order": f"larger in {words.percent(self.estimate)} of pairs, share",
            "slope": f"slope on ranks {signed}",
            "ranks": f"{signed} ranks",
        }.get(self.unit, signed)
        margin = " from the margin" if self.is_from_margin else ""
        return f"{text} {words.interval(self.low, self.high)}".strip() + margin

    def drawing(self, reach: float, side: int | None = None) -> Forest | None:
        """Draw it with the claim's side at the right; None where there is nothing to draw, or no side.

        Args:
            reach: The distance from "no effect" that fills half of the drawing.
            side: Which side is drawn right, 1 or -1; by default the claim's.
        """
        side = toward(self.expression) if side is None else side
        if self.n == 0 or side == 0:
            return None
        middle, low, high = (self._place(value) for value in (self.estimate, self.low, self.high))
        return forest(middle, low, high, self.null, reach=reach or 1.0, toward=side)

    def _place(self, value: float) -> float:
        if not self.is_ratio:
            return value
        return math.log(value) if value > 0 else -math.inf


def toward(expression: Expression | None) -> int:
    """Tell on which side of "no effect" a claim lies: 1 above, -1 below, 0 where it has no side."""
    match expression:
        case Comparison(operator=operator) | SpreadComparison(operator=operator):
            return 1 if operator in (">", ">=") else -1
        case Trend(direction=direction):
            return 1 if direction == "increasing" else -1
        case Shape(shape=shape):
            return 1 if shape == "peaks" else -1
        case Share(quantifier="usually"):
            return 1
    return 0


def as_number(value: Any) -> float:
    """Read a number from a table in memory or from a CSV, where a missing one is an empty text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _parsed(expect: str) -> Expression | None:
    try:
        return parse_claim(expect)
    except ClaimSyntaxError:
        return None
