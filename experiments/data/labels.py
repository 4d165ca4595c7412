"""The task of targets, label noise, and one-hot rows."""

from __future__ import annotations

import numpy as np

from experiments.errors import config_error
from experiments.seeds import derive_seed


def task_of(targets: np.ndarray) -> str:
    """Return the task of targets: integers are classes, several columns of integers are labels.

    Returns:
        "binary", "multiclass", "multilabel" or "regression".
    """
    if targets.dtype.kind == "f":
        return "regression"
    if targets.ndim == 2:
        return "multilabel"
    return "binary" if targets.max(initial=0) <= 1 else "multiclass"


def label_noise_seed(seed: int) -> int:
    """Return the seed of the label noise of a run, the same under both protocols."""
    return derive_seed(seed, "label_noise")


def noisy_labels(targets: np.ndarray, amount: float, classes: int, seed: int) -> np.ndarray:
    """Return targets with label noise.

    Args:
        targets: Shape (rows,) or (rows, targets).
        amount: Probability of another class for each label, or the standard deviation of noise on real values.
        classes: Number of classes; labels of several columns are classes 0 and 1.
        seed: Seed of the noise.

    Raises:
        ConfigError: The amount is not a probability, but the targets are classes.
    """
    random = np.random.default_rng(seed)
    if targets.dtype.kind == "f":
        return targets + random.normal(0.0, amount, targets.shape)
    if amount > 1:
        raise config_error(
            "data.label_noise", f"expected a probability up to 1 for targets that are classes, found {amount}"
        )
    hit = random.random(targets.shape) < amount
    # Every other class is equally likely: one to classes - 1 steps further, modulo classes.
    steps = random.integers(1, max(classes, 2), targets.shape)
    noisy: np.ndarray = np.where(hit, (targets + steps) % max(classes, 2), targets)
    return noisy


def one_hot(targets: np.ndarray, classes: int) -> np.ndarray:
    """Return integer classes of shape (rows,) as one-hot rows of shape (rows, classes)."""
    if targets.dtype.kind == "f" or targets.ndim != 1:
        raise config_error("data.one_hot", "needs one integer class per row; these targets are real or several")
    rows: np.ndarray = np.eye(classes)[targets]
    return rows
