"""Which few metrics of a study stand for it, where all of them would be too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from experiments.language.metrics import loss_column, metric_names

if TYPE_CHECKING:
    from experiments.language.study import Study


def main_metric(study: Study) -> str:
    """Name the score that a study's first variant is about: test accuracy, or else the test error without penalties.

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
    """List the metrics worth a table of their own: the main one on test and train, the gap, the loss, the epochs."""
    main = main_metric(study)
    names = [main, main.replace("test_", "train_", 1)]
    if main == "test_accuracy":
        names += ["accuracy_gap", f"test_{loss_column(study.variants[0].config.training.loss)}"]
    if any(variant.config.training.callbacks for variant in study.variants):
        names.append("epochs_run")
    return names


def headline_columns(columns: Iterable[str]) -> list[str]:
    """Pick the same from the columns of a table of runs, where there is no study to ask."""
    wanted = ("test_accuracy", "train_accuracy", "test_crossentropy", "test_mse_original", "test_mse", "epochs_run")
    there = set(columns)
    return [name for name in wanted if name in there]
