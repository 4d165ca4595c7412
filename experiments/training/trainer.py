"""The base of both engines: their arguments, and the measurements during training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import keras
import numpy as np

from experiments.training.arrays import Arrays, as_arrays, first_rows, row_count, validation_arrays
from experiments.training.fit_arguments import ValidationFreq, require_compiled
from experiments.training.keras_private import build_for_batch
from experiments.training.probes import Probes
from experiments.training.ranges import check_ranges
from experiments.training.record import TrainingRecord
from experiments.training.step import TrainStep

Progress = Callable[[int, int], None]
EndsOn = Literal["divergence", "loss", "nothing"]


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


class Follower(Protocol):
    """Receives the epochs of a compiled training, chunk by chunk, to call callbacks that the loop does not contain."""

    @property
    def most_epochs(self) -> int:
        """Most epochs of the next chunk."""

    def begin(self, tier: str, compile_seconds: float) -> None:
        """Start, after the program was compiled.

        Args:
            tier: The tier and its reason.
            compile_seconds: Time of tracing and compiling; 0 where an earlier program is used.
        """

    def rates(self, first: int, until: int) -> np.ndarray | None:
        """Return the learning rates of some epochs; fewer than asked for shorten the chunk, None leaves them alone."""

    def follow(self, chunk: Chunk) -> None:
        """Receive the epochs of a chunk."""

    def end(self) -> None:
        """End, after the last epoch."""


@dataclass(frozen=True)
class Chunk:
    """Epochs that the compiled loop has run in one call.

    Attributes:
        first: Index of the first of them.
        logs: The logs of each epoch.
        seconds: Time of the call.
    """

    first: int
    logs: list[dict[str, float]]
    seconds: float


@dataclass(frozen=True)
class Job:
    """One training: its rows as tensors, and the other arguments of ``train``.

    Attributes:
        arrays: Training rows.
        validation: Validation rows, or None.
        epochs: Index of the epoch to end before.
        callbacks: Callbacks of Keras or with a rule, in order.
        seed: Seed of the order of the rows and of the noise on weights.
        on_progress: Called between chunks of epochs with the epochs done and the total.
        first_epoch: Index of the first epoch.
        order: Order of the rows in every epoch, or None for one of each epoch's own, by the seed.
        ends_on: What ends a training before its last epoch: a "divergence" of loss or weights after an epoch, a
            "loss" that is not finite after a batch, or "nothing".
        follower: Receives the epochs of a compiled training, or None.
        last_resort: Trains in the tier "fit", or None for ``KerasTrainer``.
    """

    arrays: Arrays
    validation: Arrays | None
    epochs: int
    callbacks: tuple[Any, ...]
    seed: int
    on_progress: Progress | None
    first_epoch: int = 0
    order: np.ndarray | None = None
    ends_on: EndsOn = "divergence"
    follower: Follower | None = None
    last_resort: Callable[[str], TrainingRecord] | None = None


class BaseTrainer:
    """Base class of both engines.

    Args:
        model: A compiled Keras model; it is trained in place, from its present state.
        batch_size: Rows of a batch, or "all".
        probes: Words of ``record`` that are measured while training; see the language.
        weight_noise: Standard deviation of the Gaussian noise on the trainable weights in each step.
        shuffle: Whether the rows are shuffled in every epoch.
        validation_freq: Epochs from one validation to the next, or a list of the epochs, counted from 1.
        validation_batch_size: Rows of a batch of validation; None for ``batch_size``.
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
        validation_batch_size: int | None = None,
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.words = tuple(probes)
        self.weight_noise = weight_noise
        self.shuffle = shuffle
        self.validation_freq = validation_freq
        self.validation_batch_size = validation_batch_size
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
        self.build(job)
        return self.run(job)

    def build(self, job: Job) -> None:
        """Build the model for the rows of a job, and check their ranges.

        Raises:
            ExperimentsError: A label or token is out of range.
        """
        # A model may know its batch size, so it is built for the rows of one batch.
        build_for_batch(self.model, first_rows(job.arrays, self.rows_of_batch(job)))
        check_ranges(self.model, job.arrays, "training rows")
        if job.validation is not None:
            check_ranges(self.model, job.validation, "validation rows")

    def run(self, job: Job) -> TrainingRecord:
        """Train once."""
        raise NotImplementedError

    def rows_of_batch(self, job: Job) -> int:
        """Return the batch size, at most the rows of the job."""
        rows = row_count(job.arrays)
        return rows if self.batch_size == "all" else min(self.batch_size, rows)

    def rows_of_validation_batch(self, job: Job) -> int:
        """Return the batch size of ``fit`` for validation, which may have more rows than training."""
        if self.validation_batch_size is not None:
            return self.validation_batch_size
        return self.rows_of_batch(job) if self.batch_size == "all" else self.batch_size

    def measures(self) -> tuple[TrainStep, Probes]:
        """Return the step and the probes, made once for the built model."""
        if self._measures is None:
            step = TrainStep(self.model, weight_noise=self.weight_noise, gradient_norms="gradient_norm" in self.words)
            self._measures = step, Probes(self.model, self.words)
        return self._measures
