"""The tier "fit" of ``experiments.fit``: ``model.fit`` itself, with the arguments of the call."""

from __future__ import annotations

import time
from typing import Any

import keras

from experiments.training.best_weights import best_of
from experiments.training.fit_arguments import FitArguments
from experiments.training.fit_history import FitHistory
from experiments.training.fit_rows import FitRows
from experiments.training.keras_engine import OrderedBatches
from experiments.training.keras_private import print_msg
from experiments.training.record import TrainingRecord, history_of
from experiments.training.trainer import Progress


def train_with_keras(
    model: keras.Model,
    given: FitArguments,
    history: FitHistory,
    *,
    reason: str,
    rows: FitRows | None,
    seed: int | None,
    on_progress: Progress | None,
) -> TrainingRecord:
    """Train a model with ``model.fit``.

    Args:
        model: A model.
        given: The arguments of the call.
        history: Receives the logs.
        reason: Why the compiled loop does not train the model.
        rows: The rows as arrays; None where they are not.
        seed: Seed of the order of the rows; None for Keras' own order.
        on_progress: Called after each epoch with the epochs done and the total.

    Returns:
        The record of the training.
    """
    named = given.for_keras()
    callbacks = [*given.callbacks, history]
    if on_progress is not None:
        callbacks.append(_progress(on_progress, given.epochs))
    if rows is not None and seed is not None and given.shuffle is True:
        batches = OrderedBatches(rows.arrays, rows.batch_size, seed)
        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_begin=batches.permute))
        named |= _instead_of_rows(batches, rows)
    if given.verbose != 0:
        print_msg(f"experiments.fit: {reason}")
    started = time.perf_counter()
    model.fit(**named | {"callbacks": callbacks})
    seconds = time.perf_counter() - started
    best_weights, best_epoch = best_of(given.callbacks)
    return TrainingRecord(
        history=history_of(history.rows),
        initial={},
        weights=model.get_weights(),
        best_weights=best_weights,
        best_epoch=best_epoch,
        epochs_run=len(history.epoch),
        stopped_because="early_stopping" if model.stop_training else "completed",
        diverged_at=None,
        tier="fit",
        reason=reason,
        seconds=seconds,
        compile_seconds=0.0,
        keras_history=dict(history.history),
    )


def _progress(report: Progress, epochs: int) -> keras.callbacks.Callback:
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: report(epoch + 1, epochs))  # noqa: ARG005


def _instead_of_rows(batches: OrderedBatches, rows: FitRows) -> dict[str, Any]:
    """Return the arguments of ``model.fit`` that replace those of the rows."""
    validation = {"validation_data": rows.validation, "validation_batch_size": rows.validation_batch_size}
    unused = ("y", "sample_weight", "class_weight", "batch_size", "steps_per_epoch", "validation_steps")
    return {"x": batches, "shuffle": False, "validation_split": 0.0, **validation, **dict.fromkeys(unused)}
