"""Numbers, verdicts, sets of rows and protocols as figures and pages write them.

>>> number(0.81434), number(12480), number(3.1e-5), signed(0.0291)
('0.8143', '12,480', '3.10·10⁻⁵', '+0.0291')
>>> interval(0.0211, 0.0364), percent(0.24), duration(192), plural(1240, "run")
('[0.0211, 0.0364]', '24 %', '3.2 min', '1,240 runs')
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

MINUS = "−"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Look:
    """How a verdict looks: CSS class (for its colour), word and sign, so that no meaning depends on colour alone."""

    css: str
    word: str
    sign: str


LOOKS = {
    "supported": Look("supported", "supported", "✓"),
    "contradicted": Look("contradicted", "contradicted", "✗"),
    "no difference": Look("no-difference", "no difference", "≈"),
    "inconclusive": Look("inconclusive", "inconclusive", "?"),
    "no data": Look("no-data", "no data", "–"),
}
EXPLANATION_LOOKS = {
    "supported": Look("supported", "explanation supported", "✓"),
    "refuted": Look("contradicted", "explanation refuted", "✗"),
    "undecided": Look("inconclusive", "explanation undecided", "?"),
    "untested": Look("no-data", "explanation untested", "–"),
    "out of date": Look("no-data", "explanation out of date", "–"),
}
NOT_ASKED = Look("no-data", "not run", "–")
NO_TUNED_FORM = Look("no-data", "no tuned form", "–")


@dataclass(frozen=True)
class ProtocolText:
    """How pages and figures name a protocol: in a heading, in half a sentence, and inside a sentence."""

    heading: str
    about: str
    phrase: str


PROTOCOL_TEXTS = {
    "published": ProtocolText(
        "On one data set (published)", "one data set for all runs, which differ in the training seed", "on its data set"
    ),
    "fresh": ProtocolText("On fresh data", "every run draws its own data", "in general (fresh data)"),
    "tuned": ProtocolText(
        "At its own best rate (tuned)",
        "fresh data, and each variant at its own best rate",
        "with each variant at its own best rate",
    ),
}
_SET_LABELS = {"fresh_test": "10,000 fresh rows"}


def protocol_heading(protocol: str) -> str:
    """Return the heading of the results under a protocol."""
    return PROTOCOL_TEXTS[protocol].heading


def protocol_label(protocol: str) -> str:
    """Return the name of a protocol and what it is, such as ``fresh: every run draws its own data``."""
    return f"{protocol}: {PROTOCOL_TEXTS[protocol].about}"


def protocol_phrase(protocol: str) -> str:
    """Return the name of a protocol inside a sentence."""
    return PROTOCOL_TEXTS[protocol].phrase


def set_label(name: str) -> str:
    """Return the name of a set of rows in texts."""
    return _SET_LABELS.get(name, name)


def look(verdict: str | None) -> Look:
    """Return the look of a verdict; None where the study does not have the protocol."""
    return NOT_ASKED if verdict is None else LOOKS.get(verdict, Look("no-data", verdict, "–"))


def rounded(values: Iterable[float]) -> list[float | None]:
    """Round to four significant digits, enough for any screen; None where a value is not finite."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values]


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with a few significant digits; infinity as ``∞``, a missing number as ``–``."""
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
    """Write an interval; empty where there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def signed(value: float | None) -> str:
    """Write a difference with its sign."""
    text = number(value, 3)
    return f"+{text}" if value is not None and value > 0 else text


def percent(share: float | None) -> str:
    """Write a share as a whole percentage."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Write a time in the unit that fits: ``48 s``, ``3.2 min``, ``35 h``, ``4 days``."""
    if math.isnan(seconds):
        return "–"
    for unit, size in (("days", 48 * 3600.0), ("h", 90 * 60.0), ("min", 90.0)):
        if seconds >= size:
            per_unit = {"days": 86400, "h": 3600, "min": 60}[unit]
            return f"{seconds / per_unit:.3g} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun, in the plural where it is not 1."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
