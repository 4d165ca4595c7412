"""The weights of the best epoch, kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from experiments.training.keras_private import MonitorCallback, is_improvement, smaller_is_better
from experiments.training.triggers import Logs


class BestWeights(MonitorCallback):  # type: ignore[misc]
    """Keep the weights of the best epoch, as ModelCheckpoint(save_best_only=True) does, but in memory.

    Unlike ModelCheckpoint it forgets earlier trainings, and skips an epoch without the monitored value.

    Args:
        monitor: History key to watch.
        mode: "min", "max" or "auto" (for the loss and Keras' own metrics).
        initial_value_threshold: Value that the first kept epoch has to improve on, or None.

    Attributes:
        best: Best value seen, or the threshold, or None.
        best_epoch: Epoch of the kept weights, counted from 1; None if none was kept.
        best_weights: The kept weights, in the order of ``model.get_weights()``, or None.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", initial_value_threshold: float | None = None
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.initial_value_threshold = initial_value_threshold
        self.best_epoch: int | None = None
        self.best_weights: list[np.ndarray] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002
        """Forget an earlier training."""
        self.best: float | None = self.initial_value_threshold
        self.best_epoch = None
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keep the weights if the monitored value improved."""
        smaller_is_better(self)  # resolves mode="auto" in the first epoch
        current = (logs or {}).get(self.monitor)
        if current is not None and is_improvement(self, current, self.best):
            self.best = current
            self.best_epoch = epoch + 1
            self.best_weights = self.model.get_weights()


def best_of(callbacks: Sequence[Any]) -> tuple[list[np.ndarray] | None, int | None]:
    """Return the weights that a callback kept and their epoch, counted from 1; BestWeights before EarlyStopping."""
    keepers: list[Any] = [
        callback for callback in callbacks if isinstance(callback, (BestWeights, keras.callbacks.EarlyStopping))
    ]
    for callback in sorted(keepers, key=lambda callback: not isinstance(callback, BestWeights)):
        if callback.best_weights is not None:
            return callback.best_weights, callback.best_epoch + (not isinstance(callback, BestWeights))
    return None, None
