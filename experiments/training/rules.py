"""Callbacks as rules inside the compiled loop: the decisions of the real Keras objects, on tensors.

A rule is what is fixed when a program is traced; it is hashable, so that trainings with equal rules share a program.
The numbers of a callback (patience, min_delta, ...) are inputs of the program, its progress (wait, best, ...) is state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf

State = dict[str, Any]
Weights = Sequence[np.ndarray]


class Moment(NamedTuple):
    """What a rule sees at the end of an epoch, all scalars: index, monitored value (float64), is there a value."""

    epoch: tf.Tensor
    value: tf.Tensor
    seen: tf.Tensor
    optimizer: keras.Optimizer


class Decision(NamedTuple):
    """What follows: the new state, whether to stop the training, whether to keep the present weights."""

    state: State
    stop: tf.Tensor
    keep: tf.Tensor


class Rule(Protocol):
    """One callback's decisions; see the module's text."""

    @property
    def monitor(self) -> str:
        """History key that it watches."""

    @property
    def keeps_weights(self) -> bool:
        """Whether it ever keeps weights."""

    def numbers(self, callback: Any) -> list[float]:
        """Read the callback's numbers."""

    def initial_state(self) -> State:
        """Give the state before the first epoch, as numpy values."""

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Take in one epoch; ``numbers`` are float64 scalars in the order of ``numbers()``."""

    def write_back(self, callback: Any, state: State, weights: Weights | None) -> None:
        """Leave the callback as Keras would, from the final state and the kept weights."""


def improves(value: tf.Tensor, min_delta: tf.Tensor, reference: tf.Tensor, *, smaller: bool) -> tf.Tensor:
    """Compare as Keras' callbacks do: the difference in double precision, the comparison in that of the model."""
    compare = tf.less if smaller else tf.greater
    dtype = keras.config.floatx()
    return compare(tf.cast(value - min_delta, dtype), tf.cast(reference, dtype))


_NOTHING_SEEN: State = {"has_best": np.bool_(False), "best": np.float64(0)}
_FALSE = False


@dataclass(frozen=True)
class EarlyStoppingRule:
    """``keras.callbacks.EarlyStopping``."""

    monitor: str
    smaller: bool
    keeps_weights: bool

    def numbers(self, callback: keras.callbacks.EarlyStopping) -> list[float]:
        """Read min_delta (with Keras' sign), patience, baseline (and if there is one) and the first epoch."""
        baseline = callback.baseline
        return [
            callback.min_delta,
            callback.patience,
            0.0 if baseline is None else baseline,
            float(baseline is not None),
            callback.start_from_epoch,
        ]

    def initial_state(self) -> State:
        """Give the state before the first epoch."""
        counters = ("wait", "best_epoch", "stopped_epoch")
        return _NOTHING_SEEN | {"has_weights": np.bool_(False)} | dict.fromkeys(counters, np.int32(0))

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Take in one epoch."""
        min_delta, patience, baseline, has_baseline, first = numbers
        active = tf.cast(moment.epoch, tf.float64) >= first
        better = ~state["has_best"] | improves(moment.value, min_delta, state["best"], smaller=self.smaller)
        beats_baseline = (has_baseline == 0) | improves(moment.value, min_delta, baseline, smaller=self.smaller)
        wait = tf.where(better & beats_baseline, 0, state["wait"] + 1)
        stop = active & ~better & (tf.cast(wait, tf.float64) >= patience) & (moment.epoch > 0)
        keep = active & (better | ~state["has_weights"]) if self.keeps_weights else tf.constant(_FALSE)
        after = {
            "has_best": state["has_best"] | better,
            "best": tf.where(better, moment.value, state["best"]),
            "has_weights": state["has_weights"] | keep,
            "wait": wait,
            "best_epoch": tf.where(better | keep, moment.epoch, state["best_epoch"]),
            "stopped_epoch": tf.where(stop, moment.epoch, state["stopped_epoch"]),
        }
        return Decision({key: tf.where(active, after[key], state[key]) for key in state}, stop, keep)

    def write_back(self, callback: keras.callbacks.EarlyStopping, state: State, weights: Weights | None) -> None:
        """Leave the callback as Keras would."""
        callback.wait = int(state["wait"])
        callback.stopped_epoch = int(state["stopped_epoch"])
        callback.best = float(state["best"]) if state["has_best"] else None
        callback.best_epoch = int(state["best_epoch"])
        callback.best_weights = list(weights) if weights is not None and state["has_weights"] else None


@dataclass(frozen=True)
class BestWeightsRule:
    """``BestWeights``, which is ModelCheckpoint's ``save_best_only=True`` in memory."""

    monitor: str
    smaller: bool
    keeps_weights: bool = True

    def numbers(self, callback: Any) -> list[float]:
        """Read the threshold, and if there is one."""
        threshold = callback.initial_value_threshold
        return [0.0 if threshold is None else threshold, float(threshold is not None)]

    def initial_state(self) -> State:
        """Give the state before the first epoch; ``best_epoch`` counts from 1, 0 is none."""
        return _NOTHING_SEEN | {"best_epoch": np.int32(0)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Take in one epoch."""
        threshold, has_threshold = numbers
        has_reference = state["has_best"] | (has_threshold == 1)
        reference = tf.where(state["has_best"], state["best"], threshold)
        no_delta = tf.zeros([], tf.float64)
        better = ~has_reference | improves(moment.value, no_delta, reference, smaller=self.smaller)
        after = {
            "has_best": state["has_best"] | better,
            "best": tf.where(better, moment.value, state["best"]),
            "best_epoch": tf.where(better, moment.epoch + 1, state["best_epoch"]),
        }
        return Decision(after, tf.constant(_FALSE), better)

    def write_back(self, callback: Any, state: State, weights: Weights | None) -> None:
        """Leave the callback as if ``model.fit`` had called it."""
        kept = bool(state["has_best"])
        callback.best = float(state["best"]) if kept else callback.initial_value_threshold
        callback.best_epoch = int(state["best_epoch"]) if kept else None
        callback.best_weights = list(weights) if weights is not None and kept else None


@dataclass(frozen=True)
class PlateauRule:
    """``keras.callbacks.ReduceLROnPlateau``; assigns the optimizer's learning rate itself."""

    monitor: str
    smaller: bool
    keeps_weights: bool = False

    def numbers(self, callback: keras.callbacks.ReduceLROnPlateau) -> list[float]:
        """Read min_delta (with Keras' sign), patience, factor, lower bound and cooldown."""
        return [callback.min_delta, callback.patience, callback.factor, callback.min_lr, callback.cooldown]

    def initial_state(self) -> State:
        """Give the state before the first epoch."""
        return _NOTHING_SEEN | {"wait": np.int32(0), "cooldown_counter": np.int32(0)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Take in one epoch."""
        min_delta, patience, factor, lowest, cooldown = numbers
        better = ~state["has_best"] | improves(moment.value, min_delta, state["best"], smaller=self.smaller)
        cooled_before = state["cooldown_counter"] > 0
        counter = tf.where(cooled_before, state["cooldown_counter"] - 1, 0)
        wait = tf.where(cooled_before | better, 0, state["wait"])
        counts = ~better & (counter == 0)
        wait = tf.where(counts, wait + 1, wait)
        rate = tf.cast(moment.optimizer.learning_rate, tf.float64)
        above = rate > tf.cast(tf.cast(lowest, tf.float32), tf.float64)
        reduce = counts & (tf.cast(wait, tf.float64) >= patience) & above
        new_rate = tf.where(reduce & moment.seen, tf.maximum(rate * factor, lowest), rate)
        moment.optimizer.learning_rate = tf.cast(new_rate, moment.optimizer.learning_rate.dtype)
        after = {
            "has_best": state["has_best"] | better,
            "best": tf.where(better, moment.value, state["best"]),
            "wait": tf.where(reduce, 0, wait),
            "cooldown_counter": tf.where(reduce, tf.cast(cooldown, tf.int32), counter),
        }
        return Decision(after, tf.constant(_FALSE), tf.constant(_FALSE))

    def write_back(self, callback: keras.callbacks.ReduceLROnPlateau, state: State, weights: Weights | None) -> None:  # noqa: ARG002
        """Leave the callback as Keras would."""
        callback.wait = int(state["wait"])
        callback.best = float(state["best"]) if state["has_best"] else None
        callback.cooldown_counter = int(state["cooldown_counter"])
