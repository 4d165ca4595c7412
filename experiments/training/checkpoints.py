"""ModelCheckpoint with a file, served from the compiled loop, which keeps the values that the callback saves."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from experiments.training.keras_private import smaller_is_better


class CheckpointKeeper:
    """The place of a ModelCheckpoint among the callbacks of a compiled training.

    The loop keeps the values of the epoch to save. After a chunk of epochs the ModelCheckpoint itself is called for
    each of them, with a model that saves the kept values. A file that a later epoch of the chunk overwrites is not
    written.

    Args:
        checkpoint: A ModelCheckpoint that saves after epochs.
    """

    def __init__(self, checkpoint: keras.callbacks.ModelCheckpoint) -> None:
        self.checkpoint = checkpoint
        self._kept_epoch = -1
        self._kept: Sequence[Any] = ()

    @property
    def saves_always(self) -> bool:
        """Whether every epoch is saved, not only one that improves."""
        return not self.checkpoint.save_best_only

    @property
    def saves_whole_model(self) -> bool:
        """Whether the state of the optimizer is saved too."""
        return not self.checkpoint.save_weights_only

    @property
    def has_one_file(self) -> bool:
        """Whether all epochs have the same file; else each saved epoch must be written."""
        fields = string.Formatter().parse(self.checkpoint.filepath)
        return all(name is None for _, name, _, _ in fields)

    def smaller_is_better(self, model: keras.Model) -> bool:
        """Return whether the monitored value is better when it is smaller.

        Raises:
            ValueError: From Keras, if it cannot be resolved.
        """
        self.checkpoint.set_model(model)
        return smaller_is_better(self.checkpoint)

    def keep(self, epoch: int, values: Sequence[Any]) -> None:
        """Set the kept epoch and its values, in the order of ``saved_variables``."""
        self._kept_epoch, self._kept = epoch, values

    def replay(self, model: keras.Model, epoch: int, logs: dict[str, Any]) -> None:
        """Call the ModelCheckpoint at the end of an epoch.

        Args:
            model: The model that is trained.
            epoch: Index of the epoch.
            logs: The logs of the epoch.

        Raises:
            OSError: The file cannot be written.
        """
        is_kept = epoch == self._kept_epoch
        self.checkpoint.set_model(_SavedModel(model, saved_variables(self, model), self._kept if is_kept else None))
        try:
            self.checkpoint.on_epoch_begin(epoch)
            self.checkpoint.on_epoch_end(epoch, logs)
        finally:
            self.checkpoint.set_model(model)


def saved_variables(keeper: CheckpointKeeper, model: keras.Model) -> list[keras.Variable]:
    """Return the variables that a checkpoint's file contains."""
    return [*model.weights, *(model.optimizer.variables if keeper.saves_whole_model else [])]


class _SavedModel:
    """Takes the model's place in a ModelCheckpoint: saves kept values, or nothing."""

    def __init__(self, model: keras.Model, variables: Sequence[keras.Variable], values: Sequence[Any] | None) -> None:
        self._model = model
        self._variables = variables
        self._values = values

    def save(self, filepath: str, overwrite: bool) -> None:
        """Save the whole model."""
        with self._kept() as is_saved:
            if is_saved:
                self._model.save(filepath, overwrite=overwrite)

    def save_weights(self, filepath: str, overwrite: bool) -> None:
        """Save the weights."""
        with self._kept() as is_saved:
            if is_saved:
                self._model.save_weights(filepath, overwrite=overwrite)

    @contextmanager
    def _kept(self) -> Iterator[bool]:
        """Let the model have the kept values; yields whether there are any."""
        if self._values is None:
            yield False
            return
        present = [variable.numpy() for variable in self._variables]
        try:
            _assign(self._variables, self._values)
            yield True
        finally:
            _assign(self._variables, present)


def _assign(variables: Sequence[keras.Variable], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
