"""Diagnosis: bias and variance of variants, with the names and the advice of the slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from experiments.analysis.intervals import Interval, t_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

Scenario: TypeAlias = Literal[
    "low bias, low variance", "high bias", "high variance", "high bias, high variance", "check the split", "diverged"
]
ADVICE: dict[Scenario, str] = {
    "low bias, low variance": "Nothing to repair: both errors are near the target.",
    "high bias": (
        "It does not fit its own training rows: try a larger network, longer training, a better optimizer or another "
        "architecture. More data will not help."
    ),
    "high variance": (
        "It fits its training rows and not the others: try more data, regularization, a smaller network or another "
        "architecture."
    ),
    "high bias, high variance": (
        "Repair the bias first (larger network, longer training, another architecture), then the variance (more data, "
        "regularization)."
    ),
    "check the split": (
        "The rows it never saw are easier than those it was trained on: check whether both come from the same "
        "distribution, whether the held-out set is too small, and whether noise or augmentation is on the training "
        "rows only."
    ),
    "diverged": (
        "Training did not end in finite numbers: lower the learning rate, scale the data, or clip the gradients."
    ),
}


@dataclass(frozen=True)
class Diagnosis:
    """The cell of a variant in the slides' table.

    Attributes:
        variant: Its name.
        protocol: "published" or "fresh".
        held_out: The column read as dev error's score, such as "validation_accuracy".
        train_error: Mean over the runs that did not diverge.
        dev_error: The same on held-out rows.
        scenario: The name of the cell.
        agreement: Share of single runs that fall in the same cell.
        advice: The basic recipe for this cell.
    """

    variant: str
    protocol: str
    held_out: str
    train_error: Interval
    dev_error: Interval
    scenario: Scenario
    agreement: float
    advice: str


def name_scenario(train_error: float, dev_error: float, *, target_error: float, margin: float) -> Scenario:
    """Return the name of the cell of the slides' table.

    Args:
        train_error: Error on the training rows.
        dev_error: Error on held-out rows.
        target_error: What a good solution reaches (people, or the best there can be).
        margin: What counts as a large distance.

    Returns:
        Bias is high when the training error is over the target by more than the margin, variance when the held-out
        error is over the training error by more than the margin. Held-out rows that are easier by more than the
        margin, or near the target though the training rows are not, are the fifth cell.
    """
    if not np.isfinite(train_error) or not np.isfinite(dev_error):
        return "diverged"
    bias = _over(train_error - target_error, margin)
    variance = _over(dev_error - train_error, margin)
    if _over(train_error - dev_error, margin) or (bias and not _over(dev_error - target_error, margin)):
        return "check the split"
    if bias:
        return "high bias, high variance" if variance else "high bias"
    return "high variance" if variance else "low bias, low variance"


def diagnose(study: Study, runs: pd.DataFrame) -> list[Diagnosis]:
    """Return the bias and variance of every variant.

    Args:
        study: The study; without ``diagnosis`` there is none.
        runs: Its runs.

    Returns:
        One for each variant and protocol with runs, in file order.
    """
    if study.diagnosis is None:
        return []
    tables = [RunTable.of(study, runs, protocol) for protocol in study.protocols]
    cells = [_diagnose(variant, table, dict(study.diagnosis)) for variant in study.variants for table in tables]
    return [cell for cell in cells if cell is not None]


def _diagnose(variant: Variant, table: RunTable, options: dict[str, object]) -> Diagnosis | None:
    metric = str(options.get("metric", "accuracy"))
    limits = {key: float(str(options.get(key, 0.05))) for key in ("target_error", "margin")}
    validated = bool(variant.config.data.split.validation)
    held_out = f"validation_{metric}" if validated else f"test_{metric}"
    errors = pd.concat(
        [_errors(table, variant.name, name) for name in (f"train_{metric}", held_out)], axis=1, keys=["train", "dev"]
    ).dropna()
    if errors.empty:
        return None
    finite = errors[np.isfinite(errors).all(axis=1)]
    overlap = table.overlap([variant.name])
    train_error, dev_error = t_interval(finite["train"], overlap), t_interval(finite["dev"], overlap)
    scenario = name_scenario(train_error.estimate, dev_error.estimate, **limits)
    single = [name_scenario(train, dev, **limits) for train, dev in errors.to_numpy(dtype=float)]
    return Diagnosis(
        variant=variant.name,
        protocol=table.protocol,
        held_out=table.column(variant.name, held_out),
        train_error=train_error,
        dev_error=dev_error,
        scenario=scenario,
        agreement=single.count(scenario) / len(single),
        advice=ADVICE[scenario],
    )


def _errors(table: RunTable, variant: str, metric: str) -> pd.Series:
    values = table.values(variant, metric)
    return 1 - values if column_of(metric).higher_is_better else values


def _over(distance: float, margin: float) -> bool:
    """Return whether a distance is over the margin, with room for the last bits: 15 % minus 10 % is 5 %."""
    return distance > margin + 1e-6
