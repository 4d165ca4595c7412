"""Numbers and verdicts as the pages write them."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUS = "−"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Look:
    """A verdict to the eye: colour (by class), word and sign, so that none of the three stands alone."""

    css: str
    word: str
    sign: str


LOOKS = {
    "supported": Look("supported", "supported", "✓"),
    "contradicted": Look("contradicted", "contradicted", "✗"),
    "inconclusive": Look("inconclusive", "inconclusive", "?"),
    "no data": Look("no-data", "no data", "–"),
}
NOT_ASKED = Look("no-data", "not run", "–")


def look(verdict: str | None) -> Look:
    """Choose colour, word and sign of a verdict; None where the study does not have the protocol."""
    return NOT_ASKED if verdict is None else LOOKS.get(verdict, Look("no-data", verdict, "–"))


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with a few significant digits: ``0.8143``, ``12,480``, ``3.1·10⁻⁵``, ``∞``; "–" for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        mantissa, _, exponent = f"{value:.{digits - 2}e}".partition("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    elif abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", MINUS)


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Write an interval: ``[0.021, 0.036]``, empty where there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def signed(value: float | None, digits: int = 3) -> str:
    """Write a difference with its sign: ``+0.029``, ``−0.002``."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 else text


def percent(share: float | None) -> str:
    """Write a share of one as a whole percentage."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Write a time as people say it: ``48 s``, ``3.2 min``, ``35 h``."""
    if math.isnan(seconds):
        return "–"
    for unit, size in (("days", 48 * 3600.0), ("h", 90 * 60.0), ("min", 90.0)):
        if seconds >= size:
            per_unit = {"days": 86400, "h": 3600, "min": 60}[unit]
            return f"{seconds / per_unit:.3g} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def plural(count: int, noun: str) -> str:
    """Count things: ``1 run``, ``1,240 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
