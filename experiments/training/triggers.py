"""The slides' triggers for early stopping: each a Keras callback, with its rule for the compiled loop beside it.

To add a trigger, write its class and rule here, and its name and default threshold into ``language/allowed.py``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import tensorflow as tf

from experiments.training.keras_private import MonitorCallback, smaller_is_better

Logs = Mapping[str, float] | None


class Trigger(MonitorCallback):  # type: ignore[misc]
    """Stop the training when the monitored curve has a certain form.

    An epoch without the monitored value (``validation_freq``) does not count; values are compared in double precision,
    and a NaN never stops a training here (divergence does).

    Args:
        monitor: History key to watch.
        mode: "min", "max" or "auto": which direction is better.
        epochs: Number of monitored epochs that the trigger looks back, at least 1.
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
        """Add the epoch's value and stop the training if the trigger fires."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        self._values.append(float(value))
        if self.fires():
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def fires(self) -> bool:
        """Return whether the values seen so far have the form that stops the training."""
        raise NotImplementedError

    def _changes(self) -> list[float]:
        return [abs(later - earlier) for earlier, later in pairwise(self._values)]


@dataclass(frozen=True)
class Window:
    """The last monitored values inside the compiled loop, newest first; all fields but the last are tensors.

    Attributes:
        values: float64, of a fixed size larger than ``epochs``; zeros where there is no value yet.
        count: Number of values seen, int32.
        epochs: The trigger's ``epochs``, int32.
        threshold: The trigger's ``threshold``, float64.
        smaller: Whether smaller values are better.
    """

    values: tf.Tensor
    count: tf.Tensor
    epochs: tf.Tensor
    threshold: tf.Tensor
    smaller: bool

    @property
    def changes(self) -> tf.Tensor:
        """Absolute changes from epoch to epoch, newest first."""
        return tf.abs(self.values[:-1] - self.values[1:])

    @property
    def recent(self) -> tf.Tensor:
        """Mask of the changes of the last ``epochs`` epochs."""
        return tf.range(self.values.shape[0] - 1) < self.epochs

    @property
    def is_full(self) -> tf.Tensor:
        """Whether there are ``epochs`` changes."""
        return self.count > self.epochs


FiringRule = Callable[[Window], tf.Tensor]
FIRING_RULES: dict[type[Trigger], FiringRule] = {}
"""Trigger class → whether it fires, inside the compiled loop."""


def firing_rule(trigger: type[Trigger]) -> Callable[[FiringRule], FiringRule]:
    """Register a function as the firing rule of a trigger: ``fires`` on tensors."""

    def register(rule: FiringRule) -> FiringRule:
        FIRING_RULES[trigger] = rule
        return rule

    return register


class StopOnNoChange(Trigger):
    """Stop when the value changed by at most ``threshold`` (default 0) in each of ``epochs`` epochs in a row."""

    def fires(self) -> bool:
        """Return whether none of the changes is larger than the threshold."""
        changes = self._changes()
        return len(changes) == self.epochs and all(change <= self.threshold for change in changes)


@firing_rule(StopOnNoChange)
def _no_change(window: Window) -> tf.Tensor:
    return window.is_full & tf.reduce_all(~window.recent | (window.changes <= window.threshold))


class StopOnAbsoluteChange(Trigger):
    """Stop when one epoch's change falls below ``threshold`` (default 1e-4); ``epochs`` has no effect."""

    default_threshold = 1e-4

    def fires(self) -> bool:
        """Return whether the last change is below the threshold."""
        changes = self._changes()
        return bool(changes) and changes[-1] < self.threshold


@firing_rule(StopOnAbsoluteChange)
def _absolute_change(window: Window) -> tf.Tensor:
    return (window.count > 1) & (window.changes[0] < window.threshold)


class StopOnDecrease(Trigger):
    """Stop when the value is worse than ``epochs`` epochs before by more than ``threshold`` (default 0)."""

    def fires(self) -> bool:
        """Return whether the value has become worse by more than the threshold."""
        if len(self._values) <= self.epochs:
            return False
        return self.sign * (self._values[-1] - self._values[0]) > self.threshold

    @property
    def sign(self) -> float:
        """1 where smaller is better, -1 where larger is."""
        return 1.0 if smaller_is_better(self) else -1.0


@firing_rule(StopOnDecrease)
def _decrease(window: Window) -> tf.Tensor:
    rise = window.values[0] - tf.gather(window.values, window.epochs)
    return window.is_full & ((rise if window.smaller else -rise) > window.threshold)


class StopOnAverageChange(Trigger):
    """Stop when the mean change over the last ``epochs`` epochs is below ``threshold`` (default 1e-4)."""

    default_threshold = 1e-4

    def fires(self) -> bool:
        """Return whether the mean change is below the threshold."""
        changes = self._changes()
        return len(changes) == self.epochs and sum(changes) < self.threshold * self.epochs


@firing_rule(StopOnAverageChange)
def _average_change(window: Window) -> tf.Tensor:
    total = tf.reduce_sum(tf.where(window.recent, window.changes, 0))
    return window.is_full & (total < window.threshold * tf.cast(window.epochs, tf.float64))
