"""What the slides say about speed, judged by interleaved timing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.contestants import Entry, Times
from benchmarks.ratios import ratio
from experiments.analysis import Interval


@dataclass(frozen=True)
class SpeedClaim:
    """A sentence about speed.

    Attributes:
        says: The sentence, in our words.
        source: The deck.
        slower: The problem that is said to take longer.
        faster: The problem it is compared with.
        claimed: The ratios that the sentence allows.
        study: The study on whose page it stands.
    """

    study: str
    says: str
    source: str
    slower: str
    faster: str
    claimed: tuple[float, float]


_SOURCE = "Activation, Dropout and Normalization"
CLAIMS = (
    SpeedClaim(
        "activation_functions",
        "ReLU is six times faster than sigmoid",
        _SOURCE,
        "stack+sigmoid",
        "stack+relu",
        (5.0, 7.0),
    ),
    SpeedClaim(
        "dropout", "Dropout takes two to three times as long", _SOURCE, "stack+dropout", "stack+relu", (2.0, 3.0)
    ),
    SpeedClaim("dropout", "Dropout takes two to three times as long", _SOURCE, "wide+dropout", "wide", (2.0, 3.0)),
    SpeedClaim(
        "batch_normalization",
        "Batch normalization is expensive: at least a tenth more",
        _SOURCE,
        "stack+batch_normalization",
        "stack+relu",
        (1.1, math.inf),
    ),
)


@dataclass(frozen=True)
class Judged:
    """A claim judged in one way of training."""

    claim: SpeedClaim
    way: str
    ratio: Interval
    word: str


def judge_speed(times: Mapping[Entry, Times]) -> list[Judged]:
    """Judge every claim in every way of training that has both sides.

    Args:
        times: What was measured.

    Returns:
        "supported" where the whole interval lies within what is claimed, "contradicted" where all of it lies outside,
        "inconclusive" otherwise.
    """
    sides = {(entry.way, entry.problem): (entry, own) for entry, own in times.items()}
    judged = []
    for claim in CLAIMS:
        for way in dict.fromkeys(entry.way for entry in times):
            if (way, claim.slower) in sides and (way, claim.faster) in sides:
                found = ratio(sides[way, claim.slower], sides[way, claim.faster])
                judged.append(Judged(claim, way, found, _word(found, claim.claimed)))
    return judged


def _word(found: Interval, claimed: tuple[float, float]) -> str:
    low, high = claimed
    if low <= found.low and found.high <= high:
        return "supported"
    return "contradicted" if found.high < low or found.low > high else "inconclusive"
