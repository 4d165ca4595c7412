"""Paired differences: between the variants of one study, or between two folders of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis.contrasts import Contrast, contrast, pair, summary_of
from experiments.analysis.effects import Effect
from experiments.analysis.headline import headline_columns, headline_metrics, main_metric
from experiments.analysis.run_table import RunTable, read_runs
from experiments.language.terms import Reference

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


@dataclass(frozen=True)
class PairedDifference:
    """One variant against another in one metric.

    Attributes:
        variant: Its name.
        reference: Name of the variant that it is compared with.
        metric: The metric asked for.
        column: The column it was read from (fresh rows under ``fresh``).
        protocol: "published" or "fresh".
        effect: Variant minus, or over, the reference; where runs diverged the share of pairs with the larger variant.
        left: Middle of the variant on the scale of the unit.
        right: Middle of the reference.
        lefts: Values of the variant by repeat, of the repeats that both have.
        rights: Values of the reference.
        ties: Pairs with equal values.
        worst: Pairs with a run that diverged.
    """

    variant: str
    reference: str
    metric: str
    column: str
    protocol: str
    effect: Effect
    left: float
    right: float
    lefts: pd.Series
    rights: pd.Series
    ties: int
    worst: int


@dataclass(frozen=True)
class FolderChange:
    """One metric of one variant in two folders of results, paired by repeat.

    Attributes:
        study: Name of the study.
        variant: Name of the variant.
        protocol: "published" or "fresh".
        metric: Name of the column.
        effect: Second minus, or over, the first.
        before: Middle in the first folder.
        after: Middle in the second.
        identical: Whether all repeats have the same value in both.
    """

    study: str
    variant: str
    protocol: str
    metric: str
    effect: Effect
    before: float
    after: float
    identical: bool


def compare_variants(
    study: Study, runs: pd.DataFrame, names: Sequence[str], metrics: Sequence[str] | None = None
) -> list[PairedDifference]:
    """Return the differences of variants to the first one named.

    Args:
        study: The study.
        runs: Its runs.
        names: Two or more names of variants or grid points; the others are compared with the first.
        metrics: Names of columns; by default the headline metrics.

    Returns:
        One for each protocol, metric and further name with runs in common.
    """
    compared = [
        _difference(name, names[0], metric, table)
        for table in (RunTable.of(study, runs, protocol) for protocol in study.protocols)
        for metric in (headline_metrics(study) if metrics is None else metrics)
        for name in names[1:]
    ]
    return [difference for difference in compared if difference.effect.interval.n]


def differences(study: Study, runs: pd.DataFrame) -> list[PairedDifference]:
    """Return the differences of the named variants to a reference, in the main metric: those of the forest plot.

    The reference is the first variant without a diverged run, since pairs with such a run have an order and no
    difference; if all have one, the first variant. Variants on other data are left out.
    """
    named = [variant for variant in study.variants if not variant.grid]
    if not named:
        return []
    diverged = set(runs.loc[runs["diverged"] == 1, "variant"]) if "diverged" in runs else set()
    reference = next((variant for variant in named if variant.name not in diverged), named[0])
    others = [variant for variant in named if variant is not reference and _same_task(variant, reference)]
    names = [reference.name, *(variant.name for variant in others)]
    return compare_variants(study, runs, names, [main_metric(study)])


def _same_task(one: Variant, other: Variant) -> bool:
    """Whether two variants learn from rows of the same generator or data set."""
    return bool(_sources(one) & _sources(other))


def _sources(variant: Variant) -> set[str]:
    return {source.name for source in variant.config.data.sources.values()}


def compare_folders(first: Path | str, second: Path | str) -> list[FolderChange]:
    """Return what changed between two folders of results.

    Args:
        first: A results folder, or the folder of one study, the "before".
        second: Another of the same kind, the "after".

    Returns:
        One for each study, variant, protocol and headline metric that both have.
    """
    first, second = Path(first).resolve(), Path(second).resolve()
    if (first / "runs.csv").is_file():
        return _study_changes(first, second)
    studies = sorted(path.parent.name for path in first.glob("*/runs.csv"))
    return [change for study in studies for change in _study_changes(first / study, second / study)]


def _study_changes(first: Path, second: Path) -> list[FolderChange]:
    study = first.name
    before, after = read_runs(study, first.parent), read_runs(second.name, second.parent)
    metrics = headline_columns(before.columns.intersection(after.columns))
    changes = []
    for protocol in sorted(set(before["protocol"]) & set(after["protocol"])):
        old, new = RunTable(before, protocol), RunTable(after, protocol)
        for variant in (name for name in old.variants if name in new.variants):
            for metric in metrics:
                pairs = pair(new.values(variant, metric), old.values(variant, metric), metric)
                if pairs.n:
                    changes.append(_change(study, variant, protocol, metric, pairs))
    return changes


def _change(study: str, variant: str, protocol: str, metric: str, pairs: Contrast) -> FolderChange:
    return FolderChange(
        study=study,
        variant=variant,
        protocol=protocol,
        metric=metric,
        effect=Effect(pairs.unit, pairs.interval()),
        before=summary_of(pairs.right, pairs.unit),
        after=summary_of(pairs.left, pairs.unit),
        identical=pairs.ties == pairs.n,
    )


def _difference(variant: str, reference: str, metric: str, table: RunTable) -> PairedDifference:
    pairs = contrast(Reference(variant, metric), Reference(reference, metric, 1), table)
    return PairedDifference(
        variant=variant,
        reference=reference,
        metric=metric,
        column=table.column(variant, metric),
        protocol=table.protocol,
        effect=Effect(pairs.unit, pairs.interval()),
        left=summary_of(pairs.left, pairs.unit),
        right=summary_of(pairs.right, pairs.unit),
        lefts=pairs.left,
        rights=pairs.right,
        ties=pairs.ties,
        worst=pairs.worst,
    )
