"""The slides' triggers for early stopping, as Keras callbacks; both engines understand them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import pairwise

from experiments.training.keras_private import MonitorCallback, smaller_is_better

Logs = Mapping[str, float] | None


class Trigger(MonitorCallback):  # type: ignore[misc]
    """Stop the training when the monitored curve looks a certain way.

    An epoch without the monitored value (``validation_freq``) is as if it had not been; values are compared in
    double precision, and a NaN never stops a training here (divergence does).

    Args:
        monitor: History key to watch.
        mode: "min", "max" or "auto": which way is better.
        epochs: How many monitored epochs the trigger looks back, at least 1.
        threshold: See the subclass.

    Attributes:
        stopped_epoch: Index of the epoch after which it stopped the training (from 0, as in Keras), or None.
    """

    default_threshold = 0.0

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", epochs: int = 10, threshold: float | None = None
    ) -> None:
        super().__init__(monitor, mode)
        if epochs < 1:
            raise ValueError(f"{type(self).__name__}: epochs must be at least 1, found {epochs}")
        self.epochs = epochs
        self.threshold = self.default_threshold if threshold is None else threshold
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002
        """Forget an earlier training."""
        self.stopped_epoch: int | None = None
        self._values: deque[float] = deque(maxlen=self.epochs + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Take in the epoch's value and stop the training if the trigger fires."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        self._values.append(float(value))
        if self.fires():
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def fires(self) -> bool:
        """Judge the values seen so far."""
        raise NotImplementedError

    def _changes(self) -> list[float]:
        return [abs(later - earlier) for earlier, later in pairwise(self._values)]


class StopOnNoChange(Trigger):
    """Stop when the value changed by at most ``threshold`` (default 0) in each of ``epochs`` epochs in a row."""

    def fires(self) -> bool:
        """Judge the values seen so far."""
        changes = self._changes()
        return len(changes) == self.epochs and all(change <= self.threshold for change in changes)


class StopOnAbsoluteChange(Trigger):
    """Stop when one epoch's change falls below ``threshold`` (default 1e-4); ``epochs`` plays no part."""

    default_threshold = 1e-4

    def fires(self) -> bool:
        """Judge the values seen so far."""
        changes = self._changes()
        return bool(changes) and changes[-1] < self.threshold


class StopOnDecrease(Trigger):
    """Stop when the value is worse than ``epochs`` epochs before by more than ``threshold`` (default 0)."""

    def fires(self) -> bool:
        """Judge the values seen so far."""
        if len(self._values) <= self.epochs:
            return False
        return self.sign * (self._values[-1] - self._values[0]) > self.threshold

    @property
    def sign(self) -> float:
        """1 where smaller is better, -1 where larger is."""
        return 1.0 if smaller_is_better(self) else -1.0


class StopOnAverageChange(Trigger):
    """Stop when the mean change over the last ``epochs`` epochs is below ``threshold`` (default 1e-4)."""

    default_threshold = 1e-4

    def fires(self) -> bool:
        """Judge the values seen so far."""
        changes = self._changes()
        return len(changes) == self.epochs and sum(changes) < self.threshold * self.epochs
