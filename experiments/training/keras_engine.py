"""The reference engine: ``model.fit`` with the rows in the order that the compiled engine uses."""

from __future__ import annotations

import math
import time
from numbers import Real
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.training.arrays import Arrays, row_count
from experiments.training.best_weights import best_of
from experiments.training.keras_private import replaced, steps_under_xla
from experiments.training.probes import Probes
from experiments.training.randomness import fast_draws, row_orders
from experiments.training.record import TrainingRecord, history_of
from experiments.training.step import TrainStep
from experiments.training.tiers import choose_tier
from experiments.training.trainer import BaseTrainer, Job
from experiments.training.triggers import Logs


class KerasTrainer(BaseTrainer):
    """Trains a model with ``model.fit``, real callbacks and all.

    The steps are compiled under XLA wherever the compiled engine is, so that dropout draws the same numbers.
    """

    def __init__(self, model: keras.Model, **settings: Any) -> None:
        super().__init__(model, **settings)
        self._functions: dict[str, Any] = {"train_function": None, "test_function": None}

    def run(self, job: Job) -> TrainingRecord:
        """Train once with ``model.fit``."""
        step, probes = self.measures()
        step.start(job.seed)
        watch, divergence = _Watch(step, probes, job), StopOnDivergence()
        initial = {key: float(value) for key, value in probes.measure_initial(job.arrays[0]).items()}
        started = time.perf_counter()
        history = self._fit(job, step, [*job.callbacks, divergence, watch])
        seconds = time.perf_counter() - started
        best_weights, best_epoch = best_of(job.callbacks)
        return TrainingRecord(
            history=history_of(watch.rows),
            initial=initial,
            weights=self.model.get_weights(),
            best_weights=best_weights,
            best_epoch=best_epoch,
            epochs_run=len(watch.rows),
            stopped_because=_reason(self.model, divergence),
            diverged_at=divergence.diverged_at,
            tier="fit",
            reason="fit: asked for",
            seconds=seconds,
            compile_seconds=0.0,
            keras_history=dict(history.history),
        )

    def _fit(self, job: Job, step: TrainStep, callbacks: list[Any]) -> keras.callbacks.History:
        size = self.rows_of_batch(job)
        batches = OrderedBatches(job.arrays, size, job.seed if self.shuffle else None)
        # TensorFlow keeps the batches alive, so they must not refer to this callback and by it to the model.
        follower = keras.callbacks.LambdaCallback(on_epoch_begin=batches.permute)
        compiled = choose_tier(self.model, ()).name == "xla"
        # Keras keeps the functions that it traces on the model; ours contain fast draws, so they are kept here.
        attributes = self._functions | self._steps(step, compiled=compiled)
        with steps_under_xla(self.model, compiled), replaced(self.model, **attributes):
            history = self.model.fit(
                batches,
                epochs=job.epochs,
                callbacks=[*callbacks, follower],
                validation_data=job.validation,
                validation_batch_size=self.rows_of_validation_batch(job),
                validation_freq=self.validation_freq,
                shuffle=False,
                verbose=0,
            )
            self._functions = {name: getattr(self.model, name) for name in self._functions}
        return history

    def _steps(self, step: TrainStep, *, compiled: bool) -> dict[str, Any]:
        """Return the replacements of the model's steps; fast draws are limited to them, callbacks keep Keras' draws."""
        steps: dict[str, Any] = {} if step.is_plain and not compiled else {"train_step": step.__call__}
        if compiled:
            steps["test_step"] = self.model.test_step
            steps = {name: fast_draws()(function) for name, function in steps.items()}
        return {name: tf.autograph.experimental.do_not_convert(function) for name, function in steps.items()}


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
        """Check the loss and the weights."""
        loss = (logs or {}).get("loss")
        # A callback or a step of the user's own may have replaced it by anything.
        finite_loss = not isinstance(loss, (Real, np.ndarray)) or _is_finite(loss)
        if not (finite_loss and all(_is_finite(weight.numpy()) for weight in self.model.trainable_weights)):
            self.diverged_at = epoch + 1
            self.model.stop_training = True


def _is_finite(values: Any) -> bool:
    return bool(np.isfinite(values).all())


def _reason(model: keras.Model, divergence: StopOnDivergence) -> str:
    if divergence.diverged_at is not None:
        return "diverged"
    return "early_stopping" if model.stop_training else "completed"


class OrderedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of an epoch, in the order of the compiled engine.

    Args:
        arrays: Inputs, targets and sample weights.
        size: Rows of a batch.
        seed: Seed of the order, or None for the order of the rows.
    """

    def __init__(self, arrays: Arrays, size: int, seed: int | None) -> None:
        super().__init__()
        self._arrays = tf.nest.map_structure(lambda leaf: None if leaf is None else leaf.numpy(), arrays)
        self._rows = row_count(arrays)
        self._size = size
        self._seed = seed
        self._order = np.arange(self._rows)

    def __len__(self) -> int:
        """Return the number of batches."""
        return math.ceil(self._rows / self._size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch."""
        rows = self._order[index * self._size : (index + 1) * self._size]
        x, y, weight = tf.nest.map_structure(lambda leaf: None if leaf is None else leaf[rows], self._arrays)
        return (x, y) if weight is None else (x, y, weight)

    def permute(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002
        """Set the order of the rows for an epoch."""
        if self._seed is not None:
            self._order = row_orders(self._rows, self._seed, epoch, count=1)[0]


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Collects the logs, gradient norms and probes of every epoch, and reports progress."""

    def __init__(self, step: TrainStep, probes: Probes, job: Job) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._step = step
        self._x = job.arrays[0]
        self._measure = tf.function(probes.measure, autograph=False) if probes else None
        self._on_progress = job.on_progress

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002
        self._step.reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        ours = self._step.results() | (self._measure(self._x) if self._measure else {})
        self.rows.append({**(logs or {}), **{key: float(value) for key, value in ours.items()}})
        if self._on_progress is not None:
            self._on_progress(epoch + 1, self.params["epochs"])
