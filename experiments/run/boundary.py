"""The decision boundary of one run: the outputs of a classifier of two-dimensional points on a mesh."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from experiments.data import Data

_MESH = 80
_MARGIN = 0.1


def boundary_arrays(data: Data, predict: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """Evaluate a trained classifier on a mesh around its training and test rows.

    Args:
        data: The arrays of the run, in the units of the inputs of the network.
        predict: Maps (rows, 2) to outputs.

    Returns:
        ``x`` and ``y`` (80,); ``probability`` (80, 80; float16) of class 1, or the index of the most likely class if
        there are more than two; and the points: ``train_x``, ``train_y``, ``test_x``, ``test_y``. {} for other data.
    """
    of_points = isinstance(data.x_train, np.ndarray) and data.x_train.shape[1:] == (2,)  # not several inputs
    if not of_points or data.task not in ("binary", "multiclass"):
        return {}
    x, y = (_axis(np.concatenate([data.x_train[:, i], data.x_test[:, i]])) for i in (0, 1))
    mesh = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    return {
        "x": x,
        "y": y,
        "probability": _one_value(predict(mesh)).reshape(_MESH, _MESH).astype(np.float16),
        "train_x": data.x_train,
        "train_y": _classes(data.y_train),
        "test_x": data.x_test,
        "test_y": _classes(data.y_test),
    }


def _axis(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, _MESH, dtype=np.float32)


def _one_value(outputs: np.ndarray) -> np.ndarray:
    if outputs.shape[-1] == 1:
        return outputs[:, 0]
    return outputs[:, 1] if outputs.shape[-1] == 2 else outputs.argmax(axis=-1)


def _classes(targets: np.ndarray) -> np.ndarray:
    return targets.argmax(axis=-1) if targets.ndim == 2 and targets.shape[1] > 1 else targets.reshape(-1)
