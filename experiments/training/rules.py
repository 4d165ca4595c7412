"""Callbacks as rules inside the compiled loop: the decisions of the real callback objects, on tensors.

A rule holds what is fixed when a program is traced; it is hashable, so that trainings with equal rules share a program.
The numbers of a callback (patience, min_delta, ...) are inputs of the program, its progress (wait, best, ...) is state.
Callbacks without a rule are called by ``model.fit`` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf

from experiments.training.best_weights import BestWeights
from experiments.training.checkpoints import CheckpointKeeper
from experiments.training.keras_private import smaller_is_better
from experiments.training.triggers import FIRING_RULES, Trigger, Window

State = dict[str, Any]
Weights = Sequence[np.ndarray]


class Moment(NamedTuple):
    """Input of a rule at the end of an epoch, all scalars.

    Attributes:
        epoch: Index of the epoch, int32.
        value: The monitored value, float64.
        seen: Whether the epoch has a value.
        optimizer: The model's optimizer.
    """

    epoch: tf.Tensor
    value: tf.Tensor
    seen: tf.Tensor
    optimizer: keras.Optimizer


class Decision(NamedTuple):
    """Output of a rule: the new state, whether to stop the training, whether to keep the present weights."""

    state: State
    stop: tf.Tensor
    keep: tf.Tensor


class Rule(Protocol):
    """Decisions of one callback; see the module's text."""

    @property
    def monitor(self) -> str:
        """History key that it watches."""

    @property
    def keeps_weights(self) -> bool:
        """Whether it ever keeps weights."""

    def numbers(self, callback: Any) -> list[float]:
        """Return the callback's numbers."""

    def initial_state(self) -> State:
        """Return the state before the first epoch, as NumPy values."""

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch; ``numbers`` are float64 scalars in the order of ``numbers()``."""

    def write_back(self, callback: Any, state: State, weights: Weights | None) -> None:
        """Set the callback's attributes as Keras would, from the final state and the kept weights."""


def improves(value: tf.Tensor, min_delta: tf.Tensor, reference: tf.Tensor, *, smaller: bool) -> tf.Tensor:
    """Return whether a value improves on a reference: the difference in double precision, the comparison in floatx."""
    compare = tf.less if smaller else tf.greater
    dtype = keras.config.floatx()
    return compare(tf.cast(value - min_delta, dtype), tf.cast(reference, dtype))


_NOTHING_SEEN: State = {"has_best": np.bool_(False), "best": np.float64(0)}
_FALSE = False
_SMALLEST_MEMORY = 64


@dataclass(frozen=True)
class EarlyStoppingRule:
    """``keras.callbacks.EarlyStopping``."""

    monitor: str
    smaller: bool
    keeps_weights: bool

    def numbers(self, callback: keras.callbacks.EarlyStopping) -> list[float]:
        """Return min_delta (with Keras' sign), patience, baseline (and whether it is set) and the first epoch."""
        baseline = callback.baseline
        return [
            callback.min_delta,
            callback.patience,
            0.0 if baseline is None else baseline,
            float(baseline is not None),
            callback.start_from_epoch,
        ]

    def initial_state(self) -> State:
        """Return the state before the first epoch."""
        counters = ("wait", "best_epoch", "stopped_epoch")
        return _NOTHING_SEEN | {"has_weights": np.bool_(False)} | dict.fromkeys(counters, np.int32(0))

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch."""
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
        """Set the callback's attributes as Keras would."""
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

    def numbers(self, callback: BestWeights) -> list[float]:
        """Return the threshold, and whether it is set."""
        threshold = callback.initial_value_threshold
        return [0.0 if threshold is None else threshold, float(threshold is not None)]

    def initial_state(self) -> State:
        """Return the state before the first epoch; ``best_epoch`` counts from 1, 0 is none."""
        return _NOTHING_SEEN | {"best_epoch": np.int32(0)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch."""
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

    def write_back(self, callback: BestWeights, state: State, weights: Weights | None) -> None:
        """Set the callback's attributes as if ``model.fit`` had called it."""
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
        """Return min_delta (with Keras' sign), patience, factor, lower bound and cooldown."""
        return [callback.min_delta, callback.patience, callback.factor, callback.min_lr, callback.cooldown]

    def initial_state(self) -> State:
        """Return the state before the first epoch."""
        return _NOTHING_SEEN | {"wait": np.int32(0), "cooldown_counter": np.int32(0)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch."""
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
        """Set the callback's attributes as Keras would."""
        callback.wait = int(state["wait"])
        callback.best = float(state["best"]) if state["has_best"] else None
        callback.cooldown_counter = int(state["cooldown_counter"])


@dataclass(frozen=True)
class TriggerRule:
    """A ``Trigger``; the last values are in the state, newest first.

    Attributes:
        kind: Class of the callback.
        memory: Number of values in the state, more than the callback's ``epochs``.
    """

    kind: type[Trigger]
    monitor: str
    smaller: bool
    memory: int
    keeps_weights: bool = False

    def numbers(self, callback: Trigger) -> list[float]:
        """Return epochs and threshold."""
        return [callback.epochs, callback.threshold]

    def initial_state(self) -> State:
        """Return the state before the first epoch; ``stopped_epoch`` -1 is none."""
        return {"values": np.zeros(self.memory), "count": np.int32(0), "stopped_epoch": np.int32(-1)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch."""
        epochs, threshold = numbers
        values = tf.concat([moment.value[None], state["values"][:-1]], axis=0)
        count = state["count"] + 1
        window = Window(values, count, tf.cast(epochs, tf.int32), threshold, self.smaller)
        stop = FIRING_RULES[self.kind](window) & moment.seen
        stopped_epoch = tf.where(stop, moment.epoch, state["stopped_epoch"])
        return Decision({"values": values, "count": count, "stopped_epoch": stopped_epoch}, stop, tf.constant(_FALSE))

    def write_back(self, callback: Trigger, state: State, weights: Weights | None) -> None:  # noqa: ARG002
        """Set the callback's attributes as if ``model.fit`` had called it."""
        callback.on_train_begin()
        callback.stopped_epoch = int(state["stopped_epoch"]) if state["stopped_epoch"] >= 0 else None


@dataclass(frozen=True)
class CheckpointRule:
    """A ``CheckpointKeeper``: keeps the values that its ModelCheckpoint saves.

    Attributes:
        always: Whether every epoch is kept.
        saves_whole_model: Whether the state of the optimizer is kept too.
    """

    monitor: str
    smaller: bool
    always: bool
    saves_whole_model: bool
    keeps_weights: bool = True

    def numbers(self, callback: CheckpointKeeper) -> list[float]:
        """Return the best value of earlier trainings or the threshold, and whether there is one."""
        best = callback.checkpoint.best
        return [0.0 if best is None else best, float(best is not None)]

    def initial_state(self) -> State:
        """Return the state before the first epoch; ``kept_epoch`` -1 is none."""
        return _NOTHING_SEEN | {"kept_epoch": np.int32(-1)}

    def decide(self, moment: Moment, numbers: Sequence[tf.Tensor], state: State) -> Decision:
        """Return the decision after one epoch."""
        before, has_before = numbers
        reference = tf.where(state["has_best"], state["best"], before)
        no_delta = tf.zeros([], tf.float64)
        better = improves(moment.value, no_delta, reference, smaller=self.smaller)
        keep = tf.constant(self.always) | ~(state["has_best"] | (has_before == 1)) | better
        after = {
            "has_best": state["has_best"] | keep,
            "best": tf.where(keep, moment.value, state["best"]),
            "kept_epoch": tf.where(keep, moment.epoch, state["kept_epoch"]),
        }
        return Decision(after, tf.constant(_FALSE), keep)

    def write_back(self, callback: CheckpointKeeper, state: State, weights: Weights | None) -> None:
        """Pass the kept epoch and its values on; the ModelCheckpoint itself is called with them."""
        callback.keep(int(state["kept_epoch"]), weights or ())


def kept_variables(rule: Rule, model: keras.Model) -> list[keras.Variable]:
    """Return the variables whose values a rule keeps: none, the weights, or those of the optimizer too."""
    optimizer = model.optimizer.variables if isinstance(rule, CheckpointRule) and rule.saves_whole_model else []
    return [*model.weights, *optimizer] if rule.keeps_weights else []


def unknown_callbacks(callbacks: Sequence[Any], model: keras.Model) -> list[str]:
    """Return the class names of the callbacks without a rule; a subclass of a known one may do anything, so it is one.

    Args:
        callbacks: Any callbacks.
        model: A compiled model.
    """
    return [type(callback).__name__ for callback in callbacks if not _is_known(callback, model)]


def own_methods(callback: Any) -> list[str]:
    """Return the names of the methods that were replaced on a callback itself."""
    names = [name for name in vars(callback) if callable(getattr(type(callback), name, None))]
    known = (None, keras.ops.less, keras.ops.greater)
    return names if getattr(callback, "monitor_op", None) in known else [*names, "monitor_op"]


def _is_known(callback: Any, model: keras.Model) -> bool:
    kind = type(callback)
    if own_methods(callback):
        return False
    if kind is keras.callbacks.ReduceLROnPlateau:
        return isinstance(getattr(model.optimizer, "learning_rate", None), keras.Variable)  # and no schedule
    if kind is keras.callbacks.TerminateOnNaN:
        return not callback.raise_error
    return kind in (keras.callbacks.EarlyStopping, BestWeights, CheckpointKeeper, *FIRING_RULES)


def rules_of(callbacks: Sequence[Any], model: keras.Model) -> list[tuple[Any, Rule]]:
    """Pair each callback that decides something with its rule, in order.

    Args:
        callbacks: Known callbacks.
        model: A built model; its metrics decide which direction of a monitored value is better.

    Raises:
        ValueError: From Keras, where ``mode="auto"`` cannot be resolved.
    """
    deciding = [callback for callback in callbacks if type(callback) is not keras.callbacks.TerminateOnNaN]
    return [(callback, _rule_of(callback, model)) for callback in deciding]


def _rule_of(callback: Any, model: keras.Model) -> Rule:
    if isinstance(callback, CheckpointKeeper):
        smaller, always = callback.smaller_is_better(model), callback.saves_always
        monitor = "loss" if always else callback.checkpoint.monitor
        return CheckpointRule(monitor, smaller, always, callback.saves_whole_model)
    callback.set_model(model)
    smaller = smaller_is_better(callback)
    if type(callback) is keras.callbacks.EarlyStopping:
        return EarlyStoppingRule(callback.monitor, smaller, keeps_weights=callback.restore_best_weights)
    if type(callback) is keras.callbacks.ReduceLROnPlateau:
        return PlateauRule(callback.monitor, smaller)
    if type(callback) is BestWeights:
        return BestWeightsRule(callback.monitor, smaller)
    # Few sizes, so that many triggers share a program.
    memory = max(_SMALLEST_MEMORY, 1 << callback.epochs.bit_length())
    return TriggerRule(type(callback), callback.monitor, smaller, memory)
