"""Effects as the pages show them: text that fits the unit, and the place on a drawing."""

from __future__ import annotations

import math

from experiments.analysis import Effect
from experiments.report import words
from experiments.report.drawings import Forest, forest


def effect_text(effect: Effect) -> str:
    """Write an effect with its interval, such as ``+0.029 [0.021, 0.036]`` or ``× 0.45 [0.43, 0.47]``.

    Args:
        effect: The effect; without runs the text is empty.
    """
    interval = effect.interval
    estimate, n = interval.estimate, interval.n
    if n == 0 or math.isnan(estimate):
        return ""
    signed = words.signed(estimate)
    text = {
        "ratio": f"× {words.number(estimate, 3)}",
        "spread ratio": f"× {words.number(estimate, 3)}",
        "share": f"in {round(estimate * n)} of {n} runs, share",
        "order": f"larger in {words.percent(estimate)} of pairs, share",
        "slope": f"slope on ranks {signed}",
        "ranks": f"{signed} ranks",
    }.get(effect.unit, signed)
    margin = " from the margin" if effect.is_from_border else ""
    return f"{text} {words.interval(interval.low, interval.high)}".strip() + margin


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
    interval = effect.interval
    middle, low, high = map(effect.distance, (interval.estimate, interval.low, interval.high))
    return forest(middle, low, high, null=0.0, reach=reach or 1.0, toward=effect.side)
