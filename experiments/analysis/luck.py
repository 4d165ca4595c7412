"""The luck meter: how much of a gain is lucky test rows, lucky training rows, and the trick itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis.contrasts import Contrast, contrast
from experiments.analysis.effects import Unit
from experiments.analysis.intervals import Interval, t_interval, welch_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of
from experiments.language.claims import find_variant
from experiments.language.expressions import Comparison
from experiments.language.terms import Reference

if TYPE_CHECKING:
    from experiments.language.study import Study


_PARTS = ("gain", "test_rows", "offset", "training_rows", "trick")


@dataclass(frozen=True)
class LuckMeter:
    """The parts of a gain; their sum, or of ratios their product, is the gain.

    Attributes:
        study: Name of the study.
        number: Position of the claim in its study, from 1.
        unit: "difference" or "ratio".
        gain: Left against right on the test rows of the slides.
        test_rows: Loss of the same weights on 10,000 fresh rows, beyond ``offset``.
        offset: Mean of this loss over the data sets of the fresh protocol: what 10,000 fresh rows change for any data
            set, because the rows of one call are not independent; None without the fresh protocol.
        training_rows: Further loss when the training rows are drawn anew too; None without the fresh protocol.
        trick: The gain under the fresh protocol; None without it.
    """

    study: str
    number: int
    unit: Unit
    gain: Interval
    test_rows: Interval
    offset: Interval | None
    training_rows: Interval | None
    trick: Interval | None

    @property
    def parts(self) -> dict[str, Interval]:
        """Name of a part to its interval: the gain, and the parts that are known."""
        named = {name: getattr(self, name) for name in _PARTS}
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
        RunTable(runs, "fresh", fresh_rows=True),
        RunTable(runs, "fresh", fresh_rows=False),
    )
    meters = []
    for number, claim in enumerate(study.claims, start=1):
        if isinstance(claim.expression, Comparison) and _scored_afresh(claim.expression, tables[1]):
            slides, weights, *_ = contrasts = _contrasts(claim.expression, tables)
            if slides.n and weights.n and slides.unit == weights.unit != "order":
                meters.append(_meter(study.name, number, contrasts))
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
    contrasts = [contrast(claim.left, claim.right, table, ratio=plain) for table in tables]
    if len({pairs.unit for pairs in contrasts if pairs.n}) > 1:
        return [contrast(claim.left, claim.right, table, ratio=False) for table in tables]
    return contrasts


def _meter(study: str, number: int, contrasts: Sequence[Contrast]) -> LuckMeter:
    slides, weights, fresh, own_rows = contrasts
    losses = _losses(slides, weights)
    parts: dict[str, Interval | None] = {"gain": t_interval(slides.values), "test_rows": t_interval(losses)}
    if fresh.n and fresh.unit == slides.unit:
        parts |= {"training_rows": welch_interval(weights.values, fresh.values), "trick": t_interval(fresh.values)}
        if own_rows.n and own_rows.unit == slides.unit:
            usual = _losses(own_rows, fresh)
            parts |= {"offset": t_interval(usual), "test_rows": welch_interval(losses, usual)}
    if slides.unit == "ratio":
        parts = {name: part and part.exp() for name, part in parts.items()}
    return LuckMeter(study, number, slides.unit, **{name: parts.get(name) for name in _PARTS})  # type: ignore[arg-type]


def _losses(own: Contrast, fresh: Contrast) -> pd.Series:
    """Return how much larger the gain on a data set's own test rows is than on 10,000 fresh rows, by repeat."""
    both = own.values.index.intersection(fresh.values.index)
    return own.values[both] - fresh.values[both]
