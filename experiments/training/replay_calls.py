"""The calls of one callback after the epochs of the compiled loop, by its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from experiments.training.checkpoints import CheckpointKeeper
from experiments.training.keras_private import backdate, print_msg, step_counter
from experiments.training.rules import unknown_callbacks


@dataclass
class EpochState:
    """An epoch in the past.

    Attributes:
        index: Index of the epoch.
        logs: The logs of the loop; callbacks add to them.
        validated: Whether the epoch ended with a validation.
        seconds: Time of the epoch.
        rate: Learning rate at the present place among the callbacks; None where a schedule of Keras sets it.
        next_rate: Learning rate after the epoch.
        iterations: Steps of the optimizer until the end of the epoch.
        answers: What the schedulers returned for the epoch, in order.
    """

    index: int
    logs: dict[str, Any]
    validated: bool
    seconds: float
    rate: float | None
    next_rate: float | None
    iterations: int
    answers: list[Any]


class CallbackCall:
    """The calls of a callback; this one's decisions are in the loop, so it is not called at all.

    Args:
        callback: The callback.
        model: The model that is trained.
    """

    def __init__(self, callback: Any, model: keras.Model) -> None:
        self.callback = callback
        self.model = model

    def train_begin(self) -> None:
        """Call it before the first epoch."""

    def epoch_begin(self, state: EpochState) -> None:
        """Call it before an epoch."""

    def validation(self, state: EpochState, logs: dict[str, Any]) -> None:
        """Call it around a validation."""

    def epoch_end(self, state: EpochState) -> None:
        """Call it after an epoch."""

    def train_end(self, logs: dict[str, Any]) -> None:
        """Call it after the last epoch."""


class PlainCall(CallbackCall):
    """A callback with all its methods for epochs."""

    def train_begin(self) -> None:
        """Call ``on_train_begin``."""
        self.callback.on_train_begin({})

    def epoch_begin(self, state: EpochState) -> None:
        """Call ``on_epoch_begin``."""
        self.callback.on_epoch_begin(state.index, {})

    def validation(self, state: EpochState, logs: dict[str, Any]) -> None:  # noqa: ARG002
        """Call ``on_test_begin`` and ``on_test_end``."""
        self.callback.on_test_begin({})
        self.callback.on_test_end(logs)

    def epoch_end(self, state: EpochState) -> None:
        """Call ``on_epoch_end``."""
        self.callback.on_epoch_end(state.index, state.logs)

    def train_end(self, logs: dict[str, Any]) -> None:
        """Call ``on_train_end``."""
        self.callback.on_train_end(logs)


class TensorBoardCall(PlainCall):
    """TensorBoard, which also reads the optimizer's steps and learning rate."""

    def validation(self, state: EpochState, logs: dict[str, Any]) -> None:
        """Write the scalars of a validation."""
        self._set_optimizer(state)
        super().validation(state, logs)

    def epoch_end(self, state: EpochState) -> None:
        """Write the scalars of an epoch."""
        self._set_optimizer(state)
        super().epoch_end(state)

    def _set_optimizer(self, state: EpochState) -> None:
        step_counter(self.model.optimizer).assign(state.iterations)
        if state.rate is not None:
            self.model.optimizer.learning_rate = state.rate


class ProgressCall(PlainCall):
    """ProgbarLogger, with the time that the epoch took in the loop."""

    def epoch_begin(self, state: EpochState) -> None:
        """Start the line of an epoch."""
        super().epoch_begin(state)
        backdate(self.callback.progbar, state.seconds)


class SchedulerCall(CallbackCall):
    """LearningRateScheduler, whose schedule was called before."""

    def epoch_begin(self, state: EpochState) -> None:
        """Set the rate that the schedule returned."""
        answer = state.answers.pop(0)
        state.rate = float(np.asarray(answer, self.model.optimizer.learning_rate.dtype))
        if self.callback.verbose > 0:
            print_msg(f"\nEpoch {state.index + 1}: LearningRateScheduler setting learning rate to {answer}.")

    def epoch_end(self, state: EpochState) -> None:
        """Add the learning rate to the logs."""
        state.logs["learning_rate"] = state.rate


class PlateauCall(CallbackCall):
    """ReduceLROnPlateau."""

    def epoch_end(self, state: EpochState) -> None:
        """Add the learning rate to the logs, and report a new one."""
        state.logs["learning_rate"] = before = state.rate
        state.rate = state.next_rate
        if self.callback.verbose > 0 and state.rate != before:
            rate = max(before * self.callback.factor, self.callback.min_lr)
            print_msg(f"\nEpoch {state.index + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")


class CheckpointCall(CallbackCall):
    """ModelCheckpoint."""

    def epoch_end(self, state: EpochState) -> None:
        """Save what the loop has kept, if it is of this epoch."""
        self.callback.replay(self.model, state.index, state.logs)


class StoppingCall(CallbackCall):
    """EarlyStopping, whose messages come at the end."""

    def train_end(self, logs: dict[str, Any]) -> None:
        """Report the stop and the best epoch."""
        if self.callback.verbose > 0:
            self.callback.on_train_end(logs)


class TerminationCall(CallbackCall):
    """TerminateOnNaN."""

    def __init__(self, callback: Any, model: keras.Model) -> None:
        super().__init__(callback, model)
        self._before = int(step_counter(model.optimizer).numpy())

    def epoch_end(self, state: EpochState) -> None:
        """Report the batch whose loss was not finite."""
        if not np.isfinite(state.logs["loss"]):
            print_msg(f"Batch {state.iterations - self._before - 1}: Invalid loss, terminating training")
        self._before = state.iterations


_CALLS: dict[type, type[CallbackCall]] = {
    CheckpointKeeper: CheckpointCall,
    keras.callbacks.EarlyStopping: StoppingCall,
    keras.callbacks.LearningRateScheduler: SchedulerCall,
    keras.callbacks.ProgbarLogger: ProgressCall,
    keras.callbacks.ReduceLROnPlateau: PlateauCall,
    keras.callbacks.TensorBoard: TensorBoardCall,
    keras.callbacks.TerminateOnNaN: TerminationCall,
}


def call_of(callback: Any, model: keras.Model) -> CallbackCall:
    """Return the calls of a callback, or of the CheckpointKeeper in its place."""
    kind = _CALLS.get(type(callback))
    if kind is None:
        kind = PlainCall if unknown_callbacks([callback], model) else CallbackCall
    return kind(callback, model)
