"""The epochs of a training as one graph: Keras' own objects, called in a ``tf.while_loop``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from experiments.training.arrays import Arrays, row_count
from experiments.training.batches import as_fit_sees, for_each_batch
from experiments.training.fit_arguments import ValidationFreq
from experiments.training.probes import Probes
from experiments.training.randomness import fast_draws
from experiments.training.rules import Moment, PlateauRule, Rule, kept_variables
from experiments.training.single_kernels import has_large_products, kept_apart
from experiments.training.step import Logs, TrainStep
from experiments.training.tiers import NeedsFitError, NeedsGraphError
from experiments.training.trainer import EndsOn
from experiments.training.xla_differences import xla_difference

# Types with digits that float32 has no place for.
_WIDE = {tf.float64, tf.int32, tf.int64, tf.uint32, tf.uint64}
_LARGEST_CHUNK = 1024
_LARGEST_ORDERS = 4_000_000

Carry = dict[str, Any]


class Inputs(NamedTuple):
    """Arguments of one call of the training loop, apart from the loop state.

    Attributes:
        arrays: Training rows.
        validation: Validation rows, or None.
        orders: Order of the rows in each epoch of the call, (chunk_rows, rows), or None for the order they have.
        until: Number of epochs after which to return, at most ``chunk_rows`` more than those done; int32 scalar.
        numbers: Numbers of each rule, float64 scalars.
        rates: Learning rate of each epoch of the call, (chunk_rows,), or None to leave it alone.
    """

    arrays: Arrays
    validation: Arrays | None
    orders: tf.Tensor | None
    until: tf.Tensor
    numbers: list[list[tf.Tensor]]
    rates: tf.Tensor | None = None


def chunk_rows(arrays: Arrays) -> int:
    """Return the most epochs in a call, which is the length of its history; fewer if the rows' orders are large."""
    return int(np.clip(_LARGEST_ORDERS // row_count(arrays), 1, _LARGEST_CHUNK))


class Loop:
    """Some epochs of training as a function of rows, orders, callbacks' numbers and the loop state.

    Args:
        step: The update on one batch.
        probes: The measurements after each epoch.
        rules: The callbacks' rules, in the order of the callbacks.
        batch_size: Rows of a batch.
        validation_batch_size: Rows of a batch in validation.
        validation_freq: Epochs from one validation to the next, or a list of the epochs, counted from 1.
        jit_compile: Compile for XLA, with fast draws; else a plain graph.
        single_kernels: Whether XLA compiles each loop without large products to one kernel.
        ends_on: What ends a training before its last epoch; see ``Job``.

    Attributes:
        keys: History keys in the order of the columns; set when the function is traced.
    """

    def __init__(
        self,
        step: TrainStep,
        probes: Probes,
        rules: Sequence[Rule],
        *,
        batch_size: int,
        validation_batch_size: int,
        validation_freq: ValidationFreq,
        jit_compile: bool,
        single_kernels: bool,
        ends_on: EndsOn,
    ) -> None:
        self.keys: list[str] = []
        self._dtype = tf.float32
        self._model = step.model
        self._step = step
        self._probes = probes
        self._rules = rules
        self._batch_size = batch_size
        self._validation_batch_size = validation_batch_size
        self._validation_freq = validation_freq
        self._jit_compile = jit_compile
        self._single_kernels = single_kernels
        self._ends_on = ends_on
        self._function = tf.function(self._epochs, jit_compile=jit_compile, autograph=False)

    def __call__(self, inputs: Inputs, carry: Carry) -> tuple[Carry, tf.Tensor]:
        """Train on from ``carry``.

        Args:
            inputs: Rows, their orders, where to stop, and the callbacks' numbers.
            carry: From ``initial_carry`` or an earlier call.

        Returns:
            The new loop state, and the history of the epochs run, one row each; rows beyond are NaN.
        """
        with fast_draws() if self._jit_compile else nullcontext():
            return self._function(inputs, carry)  # type: ignore[no-any-return]

    def values(self, inputs: Inputs, carry: Carry) -> list[tuple[tf.Variable, np.ndarray]]:
        """Return the variables that a call reads or assigns, with their values; it must have been called before."""
        variables = self._function.get_concrete_function(inputs, carry).graph.variables
        return [(variable, variable.numpy()) for variable in variables]

    def initial_carry(self, epoch: int = 0) -> Carry:
        """Return the loop state before the first epoch, which has this index."""
        carry = {
            "epoch": np.int32(epoch),
            "stopped": np.bool_(False),
            "diverged": np.bool_(False),
            "states": [rule.initial_state() for rule in self._rules],
            "kept": [
                [tf.zeros(variable.shape, variable.dtype) for variable in kept_variables(rule, self._model)]
                for rule in self._rules
            ],
        }
        return tf.nest.map_structure(tf.convert_to_tensor, carry)  # type: ignore[no-any-return]

    def _epochs(self, inputs: Inputs, carry: Carry) -> tuple[Carry, tf.Tensor]:
        arrays, validation, orders, until, numbers, rates = inputs
        start = carry["epoch"]
        most_rows = max(row_count(part) for part in (arrays, validation) if part is not None)
        apart = self._is_apart(most_rows)
        self.keys, self._dtype = self._find_columns(arrays, validation)
        rows = tf.fill([chunk_rows(arrays), len(self.keys)], tf.constant(np.nan, self._dtype))

        def go_on(carry: Carry, rows: tf.Tensor) -> tf.Tensor:  # noqa: ARG001
            return (carry["epoch"] < until) & ~carry["stopped"] & ~carry["diverged"]

        def run(carry: Carry, rows: tf.Tensor) -> tuple[Carry, tf.Tensor]:
            epoch = carry["epoch"]
            # gather, because XLA would compile a slice again for every first epoch
            order = None if orders is None else tf.gather(orders, epoch - start)
            if rates is not None:
                self._model.optimizer.learning_rate = tf.gather(rates, epoch - start)
            logs = self._train(arrays, order) | self._step.results()
            if validation is not None:
                logs |= self._validate(validation, epoch)
            carry = self._decide(carry, numbers, logs)
            carry |= {
                "epoch": kept_apart(epoch + 1) if apart else epoch + 1,
                "diverged": self._has_diverged(logs.get("loss", tf.zeros([]))),
            }
            logs |= self._probes.measure(arrays[0])
            row = tf.stack([tf.cast(logs[key], rows.dtype) for key in self.keys])
            return carry, tf.tensor_scatter_nd_update(rows, [[epoch - start]], row[None])

        carry, rows = tf.while_loop(go_on, run, [carry, rows], parallel_iterations=1)
        graph = tf.compat.v1.get_default_graph()
        difference = "" if self._model.jit_compile or not self._jit_compile else xla_difference(graph)
        if difference:
            raise NeedsGraphError(f"under XLA, {difference}")
        return carry, rows

    def _is_apart(self, rows: int) -> bool:
        """Return whether a loop over batches of so many rows has a kernel for each of its operations."""
        if not self._jit_compile or tf.config.list_logical_devices("GPU"):
            return False
        return not self._single_kernels or has_large_products(self._model, rows)

    def _find_columns(self, arrays: Arrays, validation: Arrays | None) -> tuple[list[str], tf.DType]:
        """Return the history keys, Keras' in its order, then ours, and the type of their numbers.

        The tensors computed for it here are unused.
        """
        metrics = self._model.get_metrics_result()
        wide = any(tf.as_dtype(value.dtype) in _WIDE for value in metrics.values())
        validated = [f"val_{name}" for name in metrics] if validation is not None else []
        rates = ["learning_rate"] if any(isinstance(rule, PlateauRule) for rule in self._rules) else []
        keys = [*sorted([*metrics, *validated]), *rates, *self._step.norms, *self._probes.measure(arrays[0])]
        return keys, tf.float64 if wide else tf.as_dtype(keras.config.floatx())

    def _train(self, arrays: Arrays, order: tf.Tensor | None) -> Logs:
        self._model.reset_metrics()
        self._step.reset()

        def step(batch: Arrays) -> None:
            self._check_keys(self._step(as_fit_sees(self._model, batch)))

        def is_lost() -> tf.Tensor:
            return ~tf.math.is_finite(self._model.get_metrics_result()["loss"])

        apart, until = self._is_apart(self._batch_size), is_lost if self._ends_on == "loss" else None
        for_each_batch(arrays, order, self._batch_size, step, apart=apart, until=until)
        return dict(self._model.get_metrics_result())

    def _check_keys(self, logs: Logs) -> None:
        """Raise where Keras would keep a step's own logs: those with other keys than the metrics."""
        if logs.keys() != self._model.get_metrics_result().keys():
            raise NeedsFitError(f"{type(self._model).__name__} returns other values than those of its metrics")

    def _validate(self, validation: Arrays, epoch: Any) -> Logs:
        """Evaluate the weights at the end of an epoch; NaN in the epochs that ``validation_freq`` omits."""
        if self._validation_freq == 1:
            return self._evaluate(validation)
        names = sorted(f"val_{name}" for name in self._model.get_metrics_result())
        left_out = tf.constant(np.nan, self._dtype)
        return tf.cond(  # type: ignore[no-any-return]
            self._is_validated(epoch),
            lambda: {key: tf.cast(value, left_out.dtype) for key, value in self._evaluate(validation).items()},
            lambda: dict.fromkeys(names, left_out),
        )

    def _is_validated(self, epoch: Any) -> Any:
        if isinstance(self._validation_freq, list):
            return tf.reduce_any(epoch + 1 == tf.constant(self._validation_freq, tf.int32))
        return (epoch + 1) % self._validation_freq == 0

    def _evaluate(self, validation: Arrays) -> Logs:
        def step(batch: Arrays) -> None:
            self._check_keys(self._model.test_step(as_fit_sees(self._model, batch)))

        self._model.reset_metrics()
        for_each_batch(validation, None, self._validation_batch_size, step)
        return {f"val_{name}": value for name, value in self._model.get_metrics_result().items()}

    def _decide(self, carry: Carry, numbers: Sequence[Any], logs: Logs) -> Carry:
        """Apply each rule to the epoch, in order; ReduceLROnPlateau adds the learning rate to ``logs``, as in Keras."""
        states, kept, stopped = [], [], carry["stopped"]
        for rule, scalars, state, weights in zip(self._rules, numbers, carry["states"], carry["kept"], strict=True):
            if isinstance(rule, PlateauRule):
                logs["learning_rate"] = tf.identity(self._model.optimizer.learning_rate)
            if rule.monitor not in logs:
                self._warn_of_missing(rule.monitor, logs)
                states.append(state)
                kept.append(weights)
                continue
            moment = self._moment(carry["epoch"], rule.monitor, logs)
            decision = rule.decide(moment, scalars, state)
            states.append({key: tf.where(moment.seen, decision.state[key], state[key]) for key in state})
            stopped |= decision.stop & moment.seen
            kept.append(self._keep(decision.keep & moment.seen, rule, weights))
        return carry | {"states": states, "kept": kept, "stopped": stopped}

    def _moment(self, epoch: Any, monitor: str, logs: Logs) -> Moment:
        always = self._validation_freq == 1 or not monitor.startswith("val_")
        seen = tf.constant(True) if always else self._is_validated(epoch)
        return Moment(epoch, tf.cast(logs[monitor], tf.float64), seen, self._model.optimizer)

    def _keep(self, keep: tf.Tensor, rule: Rule, kept: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        variables = kept_variables(rule, self._model)
        return [tf.where(keep, new.value, old) for new, old in zip(variables, kept, strict=True)]

    def _warn_of_missing(self, monitor: str, logs: Logs) -> None:
        warnings.warn(f"callback monitors {monitor!r}, which is not among {', '.join(logs)}", stacklevel=2)

    def _has_diverged(self, loss: tf.Tensor) -> tf.Tensor:
        """Check what ends a training early; a mask of -inf among the weights that are not trained does not."""
        if self._ends_on == "nothing":
            return tf.constant(False)
        if self._ends_on == "loss":
            return ~tf.math.is_finite(loss)
        weights = [weight.value for weight in self._model.trainable_weights if weight.value.dtype.is_floating]
        # One vector for all of them: a kernel for every weight would be two thirds of a small program.
        flat = [tf.reshape(tf.cast(value, loss.dtype), [-1]) for value in (loss, *weights)]
        return ~tf.reduce_all(tf.math.is_finite(tf.concat(flat, axis=0)))
