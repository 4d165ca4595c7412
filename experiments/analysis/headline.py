"""Headline metrics: the few that tables and figures show of a study, where all of them would be too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from experiments.column_lookup import column_of
from experiments.language.metrics import loss_column, metric_names

if TYPE_CHECKING:
    from experiments.language.study import Study


def main_metric(study: Study) -> str:
    """Return the main score of a study's first variant: test accuracy, or else the test error without penalties.

    Args:
        study: The study.

    Returns:
        A column of runs.csv; in original units where any variant scales its targets.
    """
    configs = [variant.config for variant in study.variants]
    if "test_accuracy" in metric_names(configs[0]):
        return "test_accuracy"
    column = f"test_{loss_column(configs[0].training.loss)}"
    scaled = column == "test_mse" and any(config.data.scale.targets is not None for config in configs)
    return f"{column}_original" if scaled else column


def headline_metrics(study: Study) -> list[str]:
    """Return the metrics worth a table of their own: the main one on test and train, the gap, the loss, the epochs."""
    main = main_metric(study)
    names = [main, main.replace("test_", "train_", 1)]
    if main == "test_accuracy":
        names += ["accuracy_gap", f"test_{loss_column(study.variants[0].config.training.loss)}"]
    if any(variant.config.training.callbacks for variant in study.variants):
        names.append("epochs_run")
    return names


def sweep_metrics(study: Study, group: str) -> list[str]:
    """Return the metrics that the sweep figure of a grid shows.

    Args:
        study: The study.
        group: Name of the grid.

    Returns:
        The main score on all sets, the loss without penalties unless it is the same, and metrics of claims about the
        grid that are no scores: norms, epochs, gaps.
    """
    config = next(variant.config for variant in study.variants if variant.group == group)
    main, loss = main_metric(study).removeprefix("test_"), loss_column(config.training.loss)
    scores = [main] if main.removesuffix("_original") == loss else [main, loss]
    named = [reference for claim in study.claims for reference in claim.expression.references]
    claimed = dict.fromkeys(each.metric for each in named if each.variant.partition("[")[0] == group)
    further = [
        metric for metric in claimed if not column_of(metric).set_name and metric not in ("diverged", "diverged_at")
    ]
    return [f"{rows}_{score}" for score in scores for rows in ("train", "test", "fresh_test")] + further


def headline_columns(columns: Iterable[str]) -> list[str]:
    """Return the headline metrics among the columns of a table of runs, where there is no study."""
    wanted = ("test_accuracy", "train_accuracy", "test_crossentropy", "test_mse_original", "test_mse", "epochs_run")
    return [name for name in wanted if name in set(columns)]
