"""The slides' triggers as rules inside the compiled loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from experiments.training import triggers
from experiments.training.rules import Decision, Moment, State, Weights

_SMALLEST_MEMORY = 64


@dataclass(frozen=True)
class TriggerRule:
    """A trigger; the last values lie in the state, newest first.

    Attributes:
        kind: Class of the callback.
        memory: How many values are remembered, more than the callback's ``epochs``.
    """

    kind: type[triggers.Trigger]
    monitor: str
    smaller: bool
    memory: int
    keeps_weights: bool = False

    def numbers(self, callback: triggers.Trigger) -> list[float]:
        """Read epochs and threshold."""
        return [callback.epochs, callback.threshold]

    def initial_state(self) -> State:
        """Give the state before the first epoch; ``stopped_epoch`` -1 is none."""
        return {"values": np.zeros(self.memory), "count": np.int32(0), "stopped_epoch": np.int32(-1)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Take in one epoch."""
        epochs, threshold = numbers
        values = tf.concat([moment.value[None], state["values"][:-1]], axis=0)
        count = state["count"] + 1
        stop = self._fires(values, count, tf.cast(epochs, tf.int32), threshold) & moment.seen
        stopped_epoch = tf.where(stop, moment.epoch, state["stopped_epoch"])
        return Decision({"values": values, "count": count, "stopped_epoch": stopped_epoch}, stop, tf.constant(False))

    def _fires(self, values: tf.Tensor, count: tf.Tensor, epochs: tf.Tensor, threshold: tf.Tensor) -> tf.Tensor:
        changes = tf.abs(values[:-1] - values[1:])
        recent = tf.range(self.memory - 1) < epochs
        enough = count > epochs
        if self.kind is triggers.StopOnNoChange:
            return enough & tf.reduce_all(~recent | (changes <= threshold))
        if self.kind is triggers.StopOnAbsoluteChange:
            return (count > 1) & (changes[0] < threshold)
        if self.kind is triggers.StopOnDecrease:
            rise = values[0] - tf.gather(values, epochs)
            return enough & ((rise if self.smaller else -rise) > threshold)
        total = tf.reduce_sum(tf.where(recent, changes, 0))
        return enough & (total < threshold * tf.cast(epochs, tf.float64))

    def write_back(self, callback: triggers.Trigger, state: State, weights: Weights | None) -> None:  # noqa: ARG002
        """Leave the callback as if ``model.fit`` had called it."""
        callback.on_train_begin()
        callback.stopped_epoch = int(state["stopped_epoch"]) if state["stopped_epoch"] >= 0 else None


def memory_for(epochs: int) -> int:
    """Give a memory for a trigger over that many epochs; few sizes, so that many triggers share a program."""
    return max(_SMALLEST_MEMORY, 1 << epochs.bit_length())
