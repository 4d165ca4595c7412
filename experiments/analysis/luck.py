"""The luck meter: how much of a gain is lucky test rows, lucky training rows, and the trick itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis.contrasts import Contrast, contrast
from experiments.analysis.effects import Unit
from experiments.analysis.intervals import Interval, t_interval, welch_interval
from experiments.analysis.run_table import RunTable
from experiments.columns import column_of
from experiments.language.claims import find_variant
from experiments.language.expressions import Comparison, Reference

if TYPE_CHECKING:
    from experiments.language.study import Study


@dataclass(frozen=True)
class LuckMeter:
    """The parts of a gain; their sum, or of ratios their product, is the gain.

    Attributes:
        study: Name of the study.
        number: Position of the claim in its study, from 1.
        unit: "difference" or "ratio".
        gain: Left against right on the test rows of the slides.
        test_rows: Loss of the same weights on 10,000 fresh rows.
        training_rows: Further loss when the training rows are drawn anew too; None without the fresh protocol.
        trick: The gain under the fresh protocol; None without it.
    """

    study: str
    number: int
    unit: Unit
    gain: Interval
    test_rows: Interval
    training_rows: Interval | None
    trick: Interval | None

    @property
    def parts(self) -> dict[str, Interval]:
        """Name of a part to its interval: the gain, and the parts that are known."""
        named = {
            "gain": self.gain,
            "test_rows": self.test_rows,
            "training_rows": self.training_rows,
            "trick": self.trick,
        }
        return {name: part for name, part in named.items() if part is not None}


def luck_meter(study: Study, runs: pd.DataFrame) -> list[LuckMeter]:
    """Return the luck meters of a study's comparisons.

    Args:
        study: The study with its claims.
        runs: Its runs.

    Returns:
        One for each claim ``a.m > b.m`` (or ``<``, ``>=``, ``<=``) about test rows that has fresh rows to be scored
        on and no diverged run.
    """
    tables = (
        RunTable(runs, "published", fresh_rows=False),
        RunTable(runs, "published", fresh_rows=True),
        RunTable(runs, "fresh"),
    )
    meters = []
    for number, claim in enumerate(study.claims, start=1):
        if isinstance(claim.expression, Comparison) and _scored_afresh(claim.expression, tables[1]):
            slides, weights, fresh = _contrasts(claim.expression, tables)
            if slides.n and weights.n and slides.unit == weights.unit != "order":
                meters.append(_meter(study.name, number, slides, weights, fresh))
    return meters


def _scored_afresh(claim: Comparison, table: RunTable) -> bool:
    names = claim.references
    return any(table.column(_written(r, table), r.metric) != r.metric == _original(r.metric) for r in names)


def _written(reference: Reference, table: RunTable) -> str:
    return find_variant(reference.variant, table.variants) or reference.variant


def _original(metric: str) -> str:
    """Return a metric that is read from other rows under ``fresh``; an empty text for other metrics."""
    return metric if column_of(metric).fresh else ""


def _contrasts(claim: Comparison, tables: tuple[RunTable, ...]) -> list[Contrast]:
    """Return the contrasts in all tables on one scale: as ratios where all allow it."""
    plain = claim.offset == 0
    all_three = [contrast(claim.left, claim.right, table, ratio=plain) for table in tables]
    if len({pairs.unit for pairs in all_three if pairs.n}) > 1:
        return [contrast(claim.left, claim.right, table, ratio=False) for table in tables]
    return all_three


def _meter(study: str, number: int, slides: Contrast, weights: Contrast, fresh: Contrast) -> LuckMeter:
    both = slides.values.index.intersection(weights.values.index)
    test_rows = t_interval(slides.values[both] - weights.values[both])
    training_rows = trick = None
    if fresh.n and fresh.unit == slides.unit:
        training_rows, trick = welch_interval(weights.values, fresh.values), t_interval(fresh.values)
    parts = [t_interval(slides.values), test_rows, training_rows, trick]
    if slides.unit == "ratio":
        parts = [part and part.exp() for part in parts]
    gain, test_rows, training_rows, trick = parts  # type: ignore[assignment]
    return LuckMeter(study, number, slides.unit, gain, test_rows, training_rows, trick)  # type: ignore[arg-type]
