"""The History of ``experiments.fit``."""

from __future__ import annotations

from typing import Any

import keras

from experiments.training.record import TrainingRecord
from experiments.training.triggers import Logs


class FitHistory(keras.callbacks.History):  # type: ignore[misc]
    """Keras' History with the engine's record.

    Attributes:
        history: Key to the list of its values, one per epoch (with ``validation_freq``, per validation).
        epoch: Indices of the epochs.
        params: The arguments of the training.
        rows: The logs of each epoch.
        record: The engine's record: tier, why the training ended, best weights, times.
    """

    record: TrainingRecord

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.rows: list[dict[str, Any]] = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Add the logs of an epoch."""
        self.rows.append(dict(logs or {}))
        super().on_epoch_end(epoch, logs)

    def adopt(self, history: keras.callbacks.History) -> None:
        """Take over the values of a History among the callbacks, which ``model.fit`` would return."""
        self.history, self.epoch = history.history, history.epoch
