"""The results of one study as figures need them: variants in order, curves with their diverged runs, boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis import Analysis
from experiments.errors import ExperimentsError
from experiments.protocols import PROTOCOLS
from experiments.report.figures.curve_summary import VariantCurves
from experiments.store.folder import StudyFolder
from experiments.store.loading import StoredHistories, StoredHistory
from experiments.store.npz import read_npz

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

# A study of grids alone stores the curves of every point: too many panels for one figure.
MOST_PANELS = 24
MOST_NAMED = 48


@dataclass(frozen=True)
class _StoredSets(Mapping[str, np.ndarray]):
    """The curves of one metric by set of rows, read at each use: a figure of many variants needs one at a time."""

    histories: StoredHistories[tuple[str, str]]
    place: tuple[str, str]
    names: Mapping[str, str]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.histories[self.place][self.names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Results:
    """An analysed study with the curves and boundaries in its folder.

    Attributes:
        analysis: The analysed study.
        folder: Its folder.
        out: The results folder.
    """

    analysis: Analysis
    folder: StudyFolder
    out: Path

    @classmethod
    def of(cls, analysis: Analysis, out: Path) -> Results:
        """Return the results of an analysed study; curves are read on first use."""
        return cls(analysis, StudyFolder.of(analysis.study.name, out), out)

    @cached_property
    def histories(self) -> StoredHistories[tuple[str, str]]:
        """The stored curves, by variant and protocol."""
        places = [(variant.name, protocol) for variant in self.study.variants for protocol in variant.protocols]
        return StoredHistories(self.study.name, self.out, {place: place for place in places})

    @property
    def study(self) -> Study:
        """The study."""
        return self.analysis.study

    @property
    def runs(self) -> pd.DataFrame:
        """Its table of runs."""
        return self.analysis.runs

    @property
    def protocols(self) -> list[str]:
        """Protocols that have runs, the published one first."""
        return [protocol for protocol in PROTOCOLS if (self.runs["protocol"] == protocol).any()]

    @property
    def drawn(self) -> list[Variant]:
        """Variants with panels of their own, in file order: the named ones, or, where all are grids, points.

        Of very many, the base and those of claims come before the others.
        """
        named = [variant for variant in self.study.variants if not variant.grid]
        points = [variant for variant in self.study.variants if variant.grid]
        if len(named) > MOST_NAMED:
            claimed = {reference.variant for claim in self.study.claims for reference in claim.expression.references}
            ranks = sorted(named, key=lambda variant: bool(variant.changes) and variant.name not in claimed)
            kept = {variant.name for variant in ranks[:MOST_NAMED]}
            return [variant for variant in named if variant.name in kept]
        if named or len(points) <= MOST_PANELS:
            return named or points
        return [points[i] for i in np.linspace(0, len(points) - 1, MOST_PANELS).round().astype(int)]

    def history(self, variant: str, protocol: str) -> Mapping[str, np.ndarray]:
        """Return the curves of a variant, shape (run, epoch) each; empty where there are none."""
        return self._history(variant, protocol) or {}

    def curves(self, variant: Variant, protocol: str, key: str) -> VariantCurves:
        """Return the training curve of a metric, and its validation curve under the name of the watched rows."""
        history = self._history(variant.name, protocol)
        if history is None:
            return VariantCurves(variant.name, {})
        names = {"train": key, variant.config.training.validate_on: f"val_{key}"}
        stored = {name: curve for name, curve in names.items() if curve in history}
        sets = _StoredSets(self.histories, (variant.name, protocol), stored)
        return VariantCurves(variant.name, sets, self._diverged(history))

    def boundary(self, variant: str) -> Mapping[str, np.ndarray]:
        """Return the arrays of a variant's decision boundary; empty where there are none."""
        return read_npz(self.folder.boundary(variant))

    def finished(self, variant: str, protocol: str) -> pd.DataFrame:
        """Return the rows of a variant's finished runs under a protocol."""
        rows = self.runs
        return rows[(rows["variant"] == variant) & (rows["protocol"] == protocol) & (rows["error"] == "")]

    def _history(self, variant: str, protocol: str) -> StoredHistory | None:
        try:
            return self.histories.get((variant, protocol))
        except ExperimentsError:  # a damaged file
            return None

    def _diverged(self, history: StoredHistory) -> np.ndarray:
        rows = self.finished(history.variant, history.protocol).set_index("repeat")["diverged"]
        return np.asarray(rows.reindex(history.repeat).fillna(0).to_numpy() > 0)
