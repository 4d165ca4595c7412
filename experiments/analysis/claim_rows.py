"""The rows of claims.csv: the verdict on a claim under one protocol, as tables, pages and the scoreboard show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.analysis.because import JudgedExplanation
from experiments.analysis.effects import Unit
from experiments.analysis.intervals import Interval, ten_digits
from experiments.analysis.luck import LuckMeter
from experiments.analysis.variance_shares import SeedShare
from experiments.analysis.verdicts import Verdict
from experiments.language.claims import find_variant
from experiments.language.source_facts import FreshKind, fresh_kind
from experiments.store.spreadsheets import text_of

if TYPE_CHECKING:
    from experiments.language.study import Claim, Study


@dataclass(frozen=True)
class ClaimRow:
    """A row of claims.csv; its attributes are the columns, its numbers have the ten digits of the file.

    Attributes:
        study: Name of the study.
        topic: Its topic.
        claim: Position of the claim in its study, from 1.
        says: The claim in words.
        expect: The claim in the language of claims, as it is shown; nothing reads it again.
        source: Where the claim comes from.
        why: The explanation of the verdict.
        protocol: "published" or "fresh".
        verdict: The verdict's word.
        effect: Estimate in ``unit``, with ``low`` and ``high``, ``n`` and ``p``, as in ``Interval``.
        p_holm: The p-value adjusted for all claims of the study under the protocol.
        repeats_needed: Repeats that would have decided an inconclusive claim; NaN where none would.
        opposite_share: Share of repeats that alone would have shown the opposite.
        left: Middle of the left side, as ``right`` of the right one.
        ties: Pairs with equal sides.
        diverged_or_never: Pairs with a run that diverged or never reached its target.
        sentence: The numbers in words.
        luck_gain: The parts of the luck meter with their intervals; NaN where nothing is taken apart.
        explanation: Whether the explanation is supported, refuted, undecided, untested or out of date.
        because: The expression that tests the explanation.
        because_sentence: The numbers of the test in words.
        why_written_for: The verdicts that explanations were written for.
        q: The p-value adjusted by Benjamini and Hochberg's method; a verdict on one side needs 0.05 at most.
        failed_left: Share of repeats in which the left side failed (diverged, never reached the target, or ended no
            better than guessing), as ``failed_right`` of the right one.
        typical: Hodges and Lehmann's estimate of the difference or ratio, with ``typical_low`` and ``typical_high``.
        typical_unit: Its unit, "difference" or "ratio"; empty where a claim is no comparison.
        draws: What the repeats draw anew under "fresh": "new rows", "new problem" or "re-splits", or several of them
            where variants differ; empty under "published".
        seed_share: The part of the variance of the paired difference that training seeds produce, with its interval; in
            the rows of the fresh protocol.
        look: Repeats of the look that the verdict is from (``run --decide``); 0 where there is one look at all runs.
        luck_offset: The part of the luck meter that any data set has, because the rows of one call are not independent.
    """

    study: str
    topic: str
    claim: int
    says: str
    expect: str
    source: str
    why: str
    protocol: str
    verdict: str
    effect: float
    low: float
    high: float
    unit: Unit
    n: int
    p: float
    p_holm: float
    repeats_needed: float
    opposite_share: float
    left: float
    right: float
    ties: int
    diverged_or_never: int
    sentence: str
    luck_gain: float = math.nan
    luck_gain_low: float = math.nan
    luck_gain_high: float = math.nan
    luck_test_rows: float = math.nan
    luck_test_rows_low: float = math.nan
    luck_test_rows_high: float = math.nan
    luck_training_rows: float = math.nan
    luck_training_rows_low: float = math.nan
    luck_training_rows_high: float = math.nan
    luck_trick: float = math.nan
    luck_trick_low: float = math.nan
    luck_trick_high: float = math.nan
    explanation: str = ""
    because: str = ""
    because_sentence: str = ""
    why_written_for: str = ""
    q: float = math.nan
    failed_left: float = math.nan
    failed_right: float = math.nan
    typical: float = math.nan
    typical_low: float = math.nan
    typical_high: float = math.nan
    typical_unit: str = ""
    draws: str = ""
    seed_share: float = math.nan
    seed_share_low: float = math.nan
    seed_share_high: float = math.nan
    luck_offset: float = math.nan
    luck_offset_low: float = math.nan
    luck_offset_high: float = math.nan
    look: int = 0

    @property
    def interval(self) -> Interval:
        """The effect with its interval."""
        return Interval(self.effect, self.low, self.high, self.n, self.p)


CLAIM_COLUMNS = tuple(field.name for field in fields(ClaimRow))


def claim_rows(
    study: Study,
    verdicts: Sequence[Verdict],
    luck: Sequence[LuckMeter],
    explanations: Sequence[JudgedExplanation] = (),
    shares: Sequence[SeedShare] = (),
) -> tuple[ClaimRow, ...]:
    """Return the rows of a study.

    Args:
        study: The study.
        verdicts: Of its claims, under all of its protocols.
        luck: Its luck meters; they are in the rows of the published protocol.
        explanations: Of its verdicts.
        shares: Its shares of variance; they are in the rows of the fresh protocol.
    """
    meters = {(meter.number, "published"): meter for meter in luck}
    explained = {(each.number, each.protocol): each for each in explanations}
    seeds = {(share.number, "fresh"): share.share for share in shares}
    places = [(verdict.number, verdict.protocol) for verdict in verdicts]
    return tuple(
        _row(study, verdict, meters.get(place), explained.get(place), seeds.get(place))
        for place, verdict in zip(places, verdicts, strict=True)
    )


def draws_of(study: Study, claim: Claim | None = None) -> tuple[FreshKind, ...]:
    """Return what the repeats of the fresh protocol draw anew, in file order and each kind once.

    Args:
        study: The study.
        claim: Names the variants that count; by default all that run under ``fresh`` do.
    """
    named = {reference.variant for reference in claim.expression.references} if claim else set()
    names = [variant.name for variant in study.variants]
    found = {find_variant(name, names) or name for name in named}
    return tuple(
        dict.fromkeys(
            fresh_kind(variant.config.data)
            for variant in study.variants
            if "fresh" in variant.protocols and (claim is None or {variant.name, variant.group} & found)
        )
    )


def read_claim_rows(path: Path) -> tuple[ClaimRow, ...]:
    """Read the rows of a study from its claims.csv; columns that an earlier version lacks are empty.

    Args:
        path: The file.
    """
    table = pd.read_csv(path, keep_default_na=False, dtype=str)
    return tuple(
        ClaimRow(**{field.name: _READ[str(field.type)](cells.get(field.name, "")) for field in fields(ClaimRow)})
        for cells in table.to_dict("records")
    )


_READ: Mapping[str, Callable[[str], Any]] = {
    "str": text_of,
    "Unit": str,
    "int": lambda text: int(text or 0),
    "float": lambda text: float(text or math.nan),
}
"""Type of a column to the function that reads its text."""


def _row(
    study: Study,
    verdict: Verdict,
    meter: LuckMeter | None,
    explanation: JudgedExplanation | None,
    seeds: Interval | None,
) -> ClaimRow:
    claim, interval = verdict.claim, verdict.effect.interval
    cells: dict[str, Any] = {
        "study": study.name,
        "topic": study.topic,
        "claim": verdict.number,
        "says": claim.says,
        "expect": claim.expect,
        "source": claim.source or study.source,
        "why": explanation.text if explanation else "",
        "protocol": verdict.protocol,
        "verdict": verdict.word,
        "effect": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "unit": verdict.effect.unit,
        "n": interval.n,
        "p": interval.p,
        "p_holm": verdict.p_holm,
        "q": verdict.q,
        "look": verdict.look,
        "failed_left": verdict.failed[0],
        "failed_right": verdict.failed[1],
        "draws": " / ".join(draws_of(study, claim)) if verdict.protocol != "published" else "",
        "repeats_needed": math.nan if verdict.repeats_needed is None else float(verdict.repeats_needed),
        "opposite_share": verdict.opposite_share,
        "left": verdict.left,
        "right": verdict.right,
        "ties": verdict.ties,
        "diverged_or_never": verdict.worst,
        "sentence": verdict.sentence,
    }
    if explanation:
        cells |= {
            "explanation": explanation.word,
            "because": explanation.because,
            "because_sentence": explanation.sentence,
            "why_written_for": explanation.written_for,
        }
    if verdict.typical is not None and verdict.typical.interval.n:
        typical = verdict.typical.interval
        cells |= {"typical": typical.estimate, "typical_low": typical.low, "typical_high": typical.high}
        cells["typical_unit"] = verdict.typical.unit
    if seeds is not None:
        cells |= {"seed_share": seeds.estimate, "seed_share_low": seeds.low, "seed_share_high": seeds.high}
    for part, gain in meter.parts.items() if meter else ():
        cells |= {f"luck_{part}": gain.estimate, f"luck_{part}_low": gain.low, f"luck_{part}_high": gain.high}
    return ClaimRow(**{column: ten_digits(value) for column, value in cells.items()})
