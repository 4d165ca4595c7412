"""The networks that are timed, and their data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Problem:
    """A training problem.

    Attributes:
        title: For the tables.
        epochs: Of one training.
        steps: Steps an epoch.
        batch_size: Rows a step.
        optimizer: "adam" (Keras' defaults) or "momentum" (SGD with rate 0.01 and momentum 0.9).
        widths: Inputs, hidden layers, outputs.
        activation: Of the hidden layers.
        extra: What follows each hidden layer: "", "dropout", "noise" or "batch_normalization".
    """

    title: str
    epochs: int
    steps: int
    batch_size: int
    optimizer: str
    widths: tuple[int, ...]
    activation: str
    extra: str = ""


_PROBLEMS = {
    "wide": Problem("wide MLP on moons (2-500-1, 30 rows, Adam)", 4000, 1, 32, "adam", (2, 500, 1), "relu"),
    "deep": Problem(
        "deep tanh net on circles (2-5-5-5-5-5-1, SGD)", 500, 16, 32, "momentum", (2, *(5,) * 5, 1), "tanh"
    ),
    "stack": Problem("three layers of 100 on digits (SGD)", 60, 32, 32, "momentum", (64, 100, 100, 100, 10), "relu"),
}
_ACTIVATIONS = ("relu", "sigmoid")


def problem(name: str) -> Problem:
    """Give a problem, such as ``wide``, ``wide+dropout`` or ``stack+sigmoid``."""
    base, _, change = name.partition("+")
    known = _PROBLEMS[base]
    return replace(known, activation=change) if change in _ACTIVATIONS else replace(known, extra=change)


def write_data(folder: Path) -> None:
    """Write each problem's arrays as ``<problem>.npz``: x_train, y_train, x_test, y_test, in float32."""
    from sklearn.datasets import load_digits, make_circles, make_moons
    from sklearn.preprocessing import MinMaxScaler

    x, y = make_moons(n_samples=100, noise=0.2, random_state=1)
    _write(folder / "wide.npz", x, y, 30)
    x, y = make_circles(n_samples=1000, noise=0.1, random_state=1)
    _write(folder / "deep.npz", MinMaxScaler((-1, 1)).fit(x[:500]).transform(x), y, 500)
    x, y = load_digits(return_X_y=True)
    _write(folder / "stack.npz", x / 16, y, 1000)


def _write(path: Path, x: np.ndarray, y: np.ndarray, rows: int) -> None:
    x, y = x.astype(np.float32), y.astype(np.float32)
    np.savez(path, x_train=x[:rows], y_train=y[:rows], x_test=x[rows:], y_test=y[rows:])
