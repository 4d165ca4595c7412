"""The compiled engine for any Keras model, with the argument names of ``model.fit``."""

from __future__ import annotations

import math
import operator
from typing import Any

import keras

from experiments.training.arrays import as_arrays, row_count
from experiments.training.compiled import CompiledTrainer
from experiments.training.fit_arguments import (
    ValidationFreq,
    checked_batch_size,
    checked_epochs,
    checked_seed,
    checked_shuffle,
    checked_validation_freq,
    flat_callbacks,
    is_validated,
    require_compiled,
)
from experiments.training.keras_private import compiled_parts, make_default_seed
from experiments.training.record import TrainingRecord
from experiments.training.trainer import Progress

_ATTRIBUTE = "_compiled_trainer"


class FitHistory(keras.callbacks.History):  # type: ignore[misc]
    """Keras' History with the engine's record.

    Attributes:
        history: Key to the list of its values, one per epoch (with ``validation_freq``, per validation).
        epoch: Indices of the epochs.
        params: The arguments of the training.
        record: The engine's record: tier, why the training ended, best weights, times.
    """

    def __init__(
        self, model: keras.Model, record: TrainingRecord, params: dict[str, Any], validation_freq: ValidationFreq
    ) -> None:
        super().__init__()
        self.set_model(model)
        self.set_params(params)
        self.epoch = list(range(record.epochs_run))
        self.record = record
        self.history = _rows_of(record, validation_freq) if record.keras_history is None else record.keras_history


def _rows_of(record: TrainingRecord, validation_freq: ValidationFreq) -> dict[str, list[float]]:
    """Return the curves as Keras collects them: an epoch without validation adds neither value nor key."""
    validations = {key for key in record.history if key.removeprefix("val_") in record.history.keys() - {key}}
    history: dict[str, list[float]] = {}
    for epoch in range(record.epochs_run):
        left_out = set() if is_validated(epoch, validation_freq) else validations
        for key, curve in record.history.items():
            if key not in left_out:
                history.setdefault(key, []).append(float(curve[epoch]))
    return history


def fit(  # noqa: PLR0917 - the order of model.fit
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",  # noqa: ARG001
    callbacks: Any = None,
    *,
    validation_data: tuple[Any, ...] | None = None,
    shuffle: bool = True,
    sample_weight: Any = None,
    validation_freq: ValidationFreq = 1,
    seed: int | None = None,
    on_progress: Progress | None = None,
) -> FitHistory:
    """Train a compiled Keras model in place, as ``model.fit`` does, in one compiled program.

    Differences from ``model.fit``:

    - The rows have a new order in every epoch.
    - A training whose loss or weights are not finite ends after that epoch.
    - Nothing is printed.
    - There is no ``validation_split`` and no ``class_weight`` (see ``sample_weight``).
    - Validation may use larger batches, where they are proven to give the same means.

    Models, callbacks and metrics that the program does not support are trained by ``model.fit``, with the same rows in
    the same order; ``record.tier`` is "fit" then and ``record.reason`` names the cause. A second call with the same
    model and shapes compiles nothing.

    Args:
        model: Any compiled model.
        x: Inputs of shape (rows, ...); a list or mapping where the model has several.
        y: Targets of shape (rows, ...); likewise.
        batch_size: Rows of a batch; 32 if None or 0.
        epochs: Number of epochs.
        verbose: Accepted as in Keras and without effect: nothing is printed.
        callbacks: A Keras callback, a list or any other nest of them, or a CallbackList. EarlyStopping,
            ReduceLROnPlateau, TerminateOnNaN and those of this project run inside the program.
        validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to evaluate after each epoch.
        shuffle: Whether the rows are shuffled in every epoch.
        sample_weight: Weights of shape (rows,).
        validation_freq: Epochs from one validation to the next, or a list of the epochs, counted from 1.
        seed: Seed of the rows' order, in [0, 2**63 - 1]; None draws one, as layers without a seed do.
        on_progress: Called between chunks of epochs with the epochs done and the total.

    Returns:
        Keras' History with the engine's ``record``; also set as ``model.history``.

    Raises:
        ExperimentsError: An argument is not valid in Keras, the arrays differ in length, or the model is not compiled.

    Example:
        >>> import keras, numpy as np
        >>> from experiments import fit
        >>> keras.utils.set_random_seed(1)
        >>> x = np.random.default_rng(1).normal(size=(64, 2))
        >>> y = x[:, :1] * x[:, 1:] > 0
        >>> layers = [keras.Input((2,)), keras.layers.Dense(50, "relu"), keras.layers.Dense(1, "sigmoid")]
        >>> model = keras.Sequential(layers)
        >>> model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        >>> history = fit(model, x, y, epochs=300, validation_data=(x, y), seed=1)
        >>> len(history.history["val_loss"]), history.history["val_accuracy"][-1] > 0.9
        (300, True)
        >>> history.record.tier
        'xla'
    """
    batch_size, epochs = checked_batch_size(batch_size), checked_epochs(epochs)
    validation_freq, shuffle = checked_validation_freq(validation_freq), checked_shuffle(shuffle)
    seed = make_default_seed() if seed is None else checked_seed(seed)
    callbacks = flat_callbacks(callbacks)
    trainer = _trainer_of(model, batch_size=batch_size, shuffle=shuffle, validation_freq=validation_freq)
    record = trainer.train(
        x,
        y,
        sample_weight=sample_weight,
        validation_data=validation_data,
        epochs=epochs,
        callbacks=callbacks,
        seed=seed,
        on_progress=on_progress,
    )
    params = {"verbose": 0, "epochs": epochs, "steps": math.ceil(row_count(as_arrays(x, y)) / batch_size)}
    history = FitHistory(model, record, params, validation_freq)
    model.history = history
    return history


class _Kept:
    """A model's trainer with its compiled programs, and the objects that these were compiled from."""

    def __init__(self, trainer: CompiledTrainer, settings: dict[str, Any]) -> None:
        self.trainer = trainer
        self._settings = settings
        self._parts = _parts(trainer.model)

    def serves(self, model: keras.Model, settings: dict[str, Any]) -> bool:
        """Return whether settings and model are unchanged: not compiled again, no layers frozen."""
        parts = _parts(model)
        same = len(parts) == len(self._parts) and all(map(operator.is_, parts, self._parts))
        return same and settings == self._settings


def _parts(model: keras.Model) -> list[Any]:
    steps = [vars(model).get(name) for name in ("train_step", "test_step")]  # methods replaced on the object
    return [*compiled_parts(model), *steps, *model.trainable_variables]


def _trainer_of(model: keras.Model, **settings: Any) -> CompiledTrainer:
    require_compiled(model)
    # An attribute of the model, to live as long. Not by setattr: Keras' __setattr__ tracks layers and variables.
    kept: _Kept | None = vars(model).get(_ATTRIBUTE)
    if kept is None or not kept.serves(model, settings):
        kept = _Kept(CompiledTrainer(model, **settings), settings)
        object.__setattr__(model, _ATTRIBUTE, kept)
    return kept.trainer
