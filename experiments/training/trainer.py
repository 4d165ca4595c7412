"""The base of both engines: their arguments, and the measurements during training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import keras

from experiments.training.arrays import Arrays, as_arrays, first_rows, row_count, validation_arrays
from experiments.training.fit_arguments import ValidationFreq, require_compiled
from experiments.training.keras_private import build_for_batch
from experiments.training.probes import Probes
from experiments.training.ranges import check_ranges
from experiments.training.record import TrainingRecord
from experiments.training.step import TrainStep

Progress = Callable[[int, int], None]


class Trainer(Protocol):
    """Trains one model any number of times; see ``BaseTrainer`` for the arguments."""

    def train(
        self,
        x: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        epochs: int,
        callbacks: Sequence[Any] = (),
        seed: int,
        on_progress: Progress | None = None,
    ) -> TrainingRecord:
        """Train the model in place."""


@dataclass(frozen=True)
class Job:
    """One training: its rows as tensors, and the other arguments of ``train``."""

    arrays: Arrays
    validation: Arrays | None
    epochs: int
    callbacks: tuple[Any, ...]
    seed: int
    on_progress: Progress | None


class BaseTrainer:
    """Base class of both engines.

    Args:
        model: A compiled Keras model; it is trained in place, from its present state.
        batch_size: Rows of a batch, or "all".
        probes: Words of ``record`` that are measured while training; see the language.
        weight_noise: Standard deviation of the Gaussian noise on the trainable weights in each step.
        shuffle: Whether the rows are shuffled in every epoch.
        validation_freq: Epochs from one validation to the next, or a list of the epochs, counted from 1.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        batch_size: int | Literal["all"],
        probes: Sequence[str] = (),
        weight_noise: float = 0.0,
        shuffle: bool = True,
        validation_freq: ValidationFreq = 1,
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.words = tuple(probes)
        self.weight_noise = weight_noise
        self.shuffle = shuffle
        self.validation_freq = validation_freq
        self._measures: tuple[TrainStep, Probes] | None = None

    def train(
        self,
        x: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        epochs: int,
        callbacks: Sequence[Any] = (),
        seed: int,
        on_progress: Progress | None = None,
    ) -> TrainingRecord:
        """Train the model in place.

        Args:
            x: Inputs of shape (rows, ...).
            y: Targets of shape (rows, ...).
            sample_weight: Weights of shape (rows,), or None.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to evaluate after each epoch, or None.
            epochs: Number of epochs.
            callbacks: Keras callbacks; with any that the compiled loop does not support, ``model.fit`` trains.
            seed: Seed of the order of the rows and of the noise on weights, in [0, 2**31 - 2].
            on_progress: Called between chunks of epochs with the epochs done and the total.

        Returns:
            The record; the callbacks have the attributes that ``model.fit`` would set.

        Raises:
            ExperimentsError: The arrays differ in length, a label or token is out of range, or the model is not
                compiled.
        """
        arrays = as_arrays(x, y, sample_weight)
        job = Job(arrays, validation_arrays(validation_data), epochs, tuple(callbacks), seed, on_progress)
        require_compiled(self.model)
        # A model may know its batch size, so it is built for the rows of one batch.
        build_for_batch(self.model, first_rows(arrays, self.rows_of_batch(job)))
        check_ranges(self.model, arrays, "training rows")
        if job.validation is not None:
            check_ranges(self.model, job.validation, "validation rows")
        return self.run(job)

    def run(self, job: Job) -> TrainingRecord:
        """Train once."""
        raise NotImplementedError

    def rows_of_batch(self, job: Job) -> int:
        """Return the batch size, at most the rows of the job."""
        rows = row_count(job.arrays)
        return rows if self.batch_size == "all" else min(self.batch_size, rows)

    def rows_of_validation_batch(self, job: Job) -> int:
        """Return the batch size of ``fit`` for validation, which may have more rows than training."""
        return self.rows_of_batch(job) if self.batch_size == "all" else self.batch_size

    def measures(self) -> tuple[TrainStep, Probes]:
        """Return the step and the probes, made once for the built model."""
        if self._measures is None:
            step = TrainStep(self.model, weight_noise=self.weight_noise, gradient_norms="gradient_norm" in self.words)
            self._measures = step, Probes(self.model, self.words)
        return self._measures
