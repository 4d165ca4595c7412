"""Keras callbacks of our own: the best weights in memory, and the end of a run that diverged."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import keras
import numpy as np

from experiments.training.keras_private import MonitorCallback, improves, smaller_is_better

Logs = Mapping[str, float] | None


class BestWeights(MonitorCallback):  # type: ignore[misc]
    """Keep the weights of the best epoch, as ModelCheckpoint(save_best_only=True) does, but in memory.

    Unlike ModelCheckpoint it starts anew in every training, and an epoch without the monitored value is skipped.

    Args:
        monitor: History key to watch.
        mode: "min", "max" or "auto" (known for the loss and for Keras' own metrics).
        initial_value_threshold: Value that the first kept epoch has to beat, or None.

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
        smaller_is_better(self)  # resolves mode="auto", and refuses a metric for which it cannot
        current = (logs or {}).get(self.monitor)
        if current is not None and improves(self, current, self.best):
            self.best = current
            self.best_epoch = epoch + 1
            self.best_weights = self.model.get_weights()


class StopOnDivergence(keras.callbacks.Callback):  # type: ignore[misc]
    """End a training after the first epoch whose loss, or any trained weight, is not finite.

    Attributes:
        diverged_at: That epoch, counted from 1; None where it did not happen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.diverged_at: int | None = None

    def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002
        """Forget an earlier training."""
        self.diverged_at = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the loss and the weights."""
        loss = (logs or {}).get("loss")
        # A callback or a step of the user's own may have put anything in its place.
        finite_loss = not isinstance(loss, (Real, np.ndarray)) or _finite(loss)
        if not (finite_loss and all(_finite(weight.numpy()) for weight in self.model.trainable_weights)):
            self.diverged_at = epoch + 1
            self.model.stop_training = True


def _finite(weight: Any) -> bool:
    return bool(np.isfinite(weight).all())
