"""The results of a comparison in Python: runs, curves, verdicts, a figure, a page, and a table in a notebook."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.language.claim_text import ClaimSyntaxError
from experiments.language.components import Component
from experiments.language.configuration import Configuration
from experiments.language.expressions import parse_claim
from experiments.language.problems import nearest
from experiments.language.study import Claim, Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from experiments.analysis import Verdict
    from experiments.store.loading import StoredHistory


class ComparedModels:
    """The results of ``experiments.compare``.

    Args:
        study: The study whose variants are the compared functions.
        out: The results folder that has its folder.
        temporary: Folder that is deleted with this object; None where the results are kept.
    """

    def __init__(self, study: Study, out: Path, temporary: tempfile.TemporaryDirectory[str] | None = None) -> None:
        from experiments.analysis import read_runs

        self._runs = read_runs(study.name, out)
        self._study = _with_metrics(study, self._runs)
        self._out = out
        self._temporary = temporary

    @property
    def runs(self) -> pd.DataFrame:
        """One row for each run, with the columns of runs.csv."""
        return self._runs.copy()

    @property
    def curves(self) -> dict[str, StoredHistory]:
        """Variant to its learning curves: key of Keras' history to an array of shape (run, epoch)."""
        from experiments.store.loading import load_history

        trained = set(self._runs.loc[self._runs["error"] == "", "variant"])
        (protocol,) = self._study.protocols
        names = [variant.name for variant in self._study.variants if variant.name in trained]
        return {name: load_history(self._study.name, name, protocol, self._out) for name in names}

    def verdict(self, expect: str) -> Verdict:
        """Judge a claim from the runs; ``page`` shows all claims that were judged.

        Args:
            expect: A claim in the language of studies, such as ``dropout.test_accuracy > plain.test_accuracy``.

        Returns:
            The verdict with its effect and its sentence; its text has both.

        Raises:
            ConfigError: The claim cannot be read, or names a variant or a metric that does not exist.
        """
        from experiments.analysis import judge

        try:
            expression = parse_claim(expect)
        except ClaimSyntaxError as error:
            raise ConfigError([Problem(None, "", f"{expect}: column {error.column}: {error.message}")]) from None
        messages = expression.check(self._study.variants)
        if messages:
            raise ConfigError(Problem(None, "", f"{expect}: {message}") for message in messages)
        claim = Claim(says=expect, expect=expect, source="", why=(), expression=expression, place=None)
        if claim not in self._study.claims:
            self._study = replace(self._study, claims=(*self._study.claims, claim))
        return judge(self._study, self._runs)[self._study.claims.index(claim)]

    def plot(self, metric: str | None = None) -> Figure:
        """Draw the learning curves of all variants and the scores of their runs.

        Args:
            metric: A column of ``runs``; by default test accuracy, or the test loss.

        Raises:
            ExperimentsError: There is no such column.
        """
        from experiments.report.figures.variant_scores import variant_figure

        return variant_figure(self._study, self._runs, self.curves, self._column(metric))

    def page(self, path: str | Path) -> Path:
        """Write a page with the verdicts asked for, the curves and the tables; it is one file.

        Args:
            path: The file.

        Returns:
            The path.
        """
        from experiments.analysis import analyse
        from experiments.report.study_report import write_single_page

        return write_single_page(analyse(self._study, self._runs), Path(path), self._out)

    def __repr__(self) -> str:
        names, epochs = ", ".join(variant.name for variant in self._study.variants), self._study.base.training.epochs
        return f"<ComparedModels {names}: {len(self._runs):,} runs of {epochs:,} epochs>"

    def _repr_html_(self) -> str:
        """Return a table: each variant's scores, and its paired difference from the first one."""
        from experiments.report.comparison import comparison_table

        return comparison_table(self._study, self._runs)

    def _column(self, metric: str | None) -> str:
        from experiments.analysis import metric_columns
        from experiments.analysis.headline import main_metric

        known = metric_columns(self._runs)
        name = main_metric(self._study) if metric is None else metric
        if name not in known:
            raise ExperimentsError(f"metric: there is no column {name!r}{nearest(name, known)}")
        return name


def _with_metrics(study: Study, runs: pd.DataFrame) -> Study:
    """Return the study with the metrics and the sets of rows that its runs turned out to have."""
    scored = [name.removeprefix("test_") for name in map(str, runs.columns) if name.startswith("test_")]
    metrics = tuple(Component(name, identifier=True) for name in scored if name != "loss")
    watched: Mapping[str, Any] = {"validation": 1} if "validation_loss" in runs else {}

    def changed(config: Configuration) -> Configuration:
        data = replace(config.data, split=replace(config.data.split, **watched))
        return replace(config, data=data, training=replace(config.training, metrics=metrics))

    variants = tuple(replace(variant, config=changed(variant.config)) for variant in study.variants)
    return replace(study, variants=variants, base=variants[0].config)
