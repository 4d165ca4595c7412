"""The table of a study's runs, and the values of one metric of one variant in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.intervals import ALPHA
from experiments.column_lookup import column_of
from experiments.column_types import OWN_ROWS
from experiments.columns import TEXT_COLUMNS
from experiments.language.claims import find_variant
from experiments.language.source_facts import equal_classes_of, split_overlap, training_rows
from experiments.protocols import PROTOCOLS
from experiments.store.folder import StudyFolder
from experiments.store.loading import load_results
from experiments.store.spreadsheets import text_of

if TYPE_CHECKING:
    from experiments.language.study import Study

_NEEDED = ("variant", "protocol", "repeat", "diverged", "error")


def read_runs(study: str, out: Path | str = "results", *, protocols: Collection[str] = PROTOCOLS) -> pd.DataFrame:
    """Read the runs of one study.

    Args:
        study: Its name.
        out: The results folder.
        protocols: Values of the column ``protocol``; by default without the runs of tuned rates.

    Returns:
        One row a run, text columns as text, empty cells as empty texts; no rows without a runs.csv.
    """
    if not StudyFolder.of(study, out).runs.is_file():
        return tidy(pd.DataFrame())
    runs = load_results(study, out)
    for column in runs.columns.intersection(list(TEXT_COLUMNS)):
        runs[column] = runs[column].map(text_of, na_action="ignore")
    return tidy(runs[runs["protocol"].isin(protocols)])


def tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with every needed column and its type, sorted by variant, protocol and repeat."""
    runs = runs.copy()
    for column in _NEEDED:
        if column not in runs:
            runs[column] = pd.Series(dtype="str" if column in TEXT_COLUMNS else "float64")
    for column in runs.columns.intersection(list(TEXT_COLUMNS)):
        runs[column] = runs[column].fillna("").astype("str")
    runs["repeat"] = runs["repeat"].astype(int)
    runs["diverged"] = runs["diverged"].fillna(0).astype(int)
    return runs.sort_values(["variant", "protocol", "repeat"], ignore_index=True, kind="stable")


def metric_columns(runs: pd.DataFrame) -> list[str]:
    """Return the columns with measurements, in file order."""
    numeric = runs.select_dtypes("number").columns
    return [name for name in numeric if column_of(name).is_measured]


class RunTable:
    """The finished runs of one protocol.

    Args:
        runs: The study's runs, as ``read_runs`` gives them.
        protocol: "published", "fresh" or "tuned".
        fresh_rows: Read ``test_*`` from the 10,000 fresh rows; by default not under ``published``.
        overlaps: Variant → test rows for each other row, of variants whose repeats are splits of one table.
        guessing: Variant → the highest training accuracy that guessing is likely to reach, where it is known.
    """

    def __init__(
        self,
        runs: pd.DataFrame,
        protocol: str,
        *,
        fresh_rows: bool | None = None,
        overlaps: Mapping[str, float] | None = None,
        guessing: Mapping[str, float] | None = None,
    ) -> None:
        finished = runs[(runs["protocol"] == protocol) & (runs["error"] == "")]
        self.protocol = protocol
        self._fresh_rows = protocol != "published" if fresh_rows is None else fresh_rows
        self._overlaps = overlaps or {}
        self._guessing = guessing or {}
        self._groups = {str(name): group.set_index("repeat") for name, group in finished.groupby("variant")}

    @classmethod
    def of(cls, study: Study, runs: pd.DataFrame, protocol: str) -> RunTable:
        """Return the finished runs of a study under one protocol.

        Args:
            study: The study.
            runs: Its runs, as ``read_runs`` gives them.
            protocol: "published", "fresh" or "tuned".
        """
        configs = {variant.name: variant.config.data for variant in study.variants}
        overlaps = {name: split_overlap(data) for name, data in configs.items()} if protocol != "published" else {}
        classes = {name: equal_classes_of(data) for name, data in configs.items()}
        guessing = {
            name: _guessed_accuracy(count, int(training_rows(configs[name])))
            for name, count in classes.items()
            if count
        }
        return cls(runs, protocol, overlaps=overlaps, guessing=guessing)

    def overlap(self, names: Iterable[str]) -> float:
        """Return the largest number of test rows for each other row of the table of some variants.

        Args:
            names: Variants or grid points, as claims name them.

        Returns:
            0 where the repeats are independent.
        """
        found = (find_variant(name, self._overlaps) for name in names)
        return max((self._overlaps[name] for name in found if name is not None), default=0.0)

    def guesses(self, name: str) -> pd.Series:
        """Return in which repeats a variant ended no better than guessing, by its accuracy on the training rows.

        Args:
            name: A variant or grid point, as claims name it.

        Returns:
            Truth values by repeat; empty where the classes are not known or not of equal size.
        """
        variant = find_variant(name, self._groups)
        if variant is None or variant not in self._guessing:
            return pd.Series(dtype=bool)
        guesses: pd.Series = self.values(variant, "train_accuracy") <= self._guessing[variant]
        return guesses

    @property
    def variants(self) -> list[str]:
        """Names of the variants that have finished runs."""
        return list(self._groups)

    def column(self, variant: str, metric: str) -> str:
        """Return the column that a metric is read from: on fresh rows and in original units where they apply."""
        rows = self._groups.get(variant)
        fresh = column_of(metric).fresh
        if self._fresh_rows and rows is not None and fresh and _has_values(rows, fresh):
            metric = fresh
        metric = metric.removeprefix(OWN_ROWS)
        if rows is not None and column_of(metric).metric == "mse_original" and not _has_values(rows, metric):
            return metric.removesuffix("_original")  # targets that are not scaled are in original units already
        return metric

    def values(self, variant: str, metric: str) -> pd.Series:
        """Return a metric by repeat; a diverged run has the worst possible value.

        Args:
            variant: Name of a variant or grid point.
            metric: Name of a column.

        Returns:
            Floats indexed by repeat. Runs without a value (not measured, failed) are left out; where a run diverged
            the value is -inf for scores of which more is better and inf for everything else.
        """
        rows = self._groups.get(variant)
        column = self.column(variant, metric)
        if rows is None or column not in rows:
            return pd.Series(dtype=float)
        values = pd.to_numeric(rows[column], errors="coerce").astype(float)
        if metric == "diverged_at":
            return values.fillna(np.inf)
        meaning = column_of(metric)
        lost = (rows["diverged"] > 0) & (values.isna() if meaning.survives_divergence else True)
        return values.mask(lost, -np.inf if meaning.higher_is_better else np.inf).dropna()


@cache
def _guessed_accuracy(classes: int, rows: int) -> float:
    """Return the 97.5 % quantile of the accuracy of guesses on some rows."""
    return float(stats.binom.ppf(1 - ALPHA / 2, rows, 1 / classes)) / rows


def _has_values(rows: pd.DataFrame, column: str) -> bool:
    return column in rows and bool(rows[column].notna().any())
