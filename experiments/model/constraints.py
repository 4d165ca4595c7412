"""Constraints that Keras does not have (any more)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="experiments")
class RadialConstraint(keras.constraints.Constraint):  # type: ignore[misc]
    """Makes each kernel of a convolution equal at equal distance from its centre, as Keras 2's constraint of this name.

    Distance is counted in rings of a square. A ring takes over one single weight, on the kernel's diagonal, and Keras
    2 counted that diagonal so: a kernel of odd size takes its centre from the place before the middle and its rings
    from the places that follow; one of even size skips the place after. Keras 2's documentation shows the two rings of
    a 4×4 kernel the other way round than its code made them; this follows the code.

    Source: Keras 2, ``keras.constraints.RadialConstraint``, removed in Keras 3.
    """

    def __call__(self, w: Any) -> Any:
        """Constrain a kernel of shape (size, size, input channels, filters).

        Raises:
            ValueError: The weights are no square two-dimensional kernels.
        """
        w = ops.convert_to_tensor(w)
        if len(w.shape) != 4 or w.shape[0] != w.shape[1]:
            raise ValueError(f"RadialConstraint needs square kernels of a Conv2D, found weights of shape {w.shape}")
        size = int(w.shape[0])
        diagonal = _sources(size) * (size + 1)
        flat = ops.reshape(w, (size * size, *w.shape[2:]))
        return ops.reshape(ops.take(flat, diagonal.ravel(), axis=0), w.shape)


def _sources(size: int) -> np.ndarray:
    """For each place of a kernel, the place on the diagonal that it takes its weight from; shape (size, size)."""
    middle = (size - 1) / 2
    away = np.abs(np.arange(size) - middle)
    rings: np.ndarray = np.floor(np.maximum.outer(away, away)).astype(int)
    if size == 1:
        return rings
    start = size // 2
    skip = (rings > 0) if size % 2 == 0 else 0
    sources: np.ndarray = start - 1 + rings + skip
    return sources
