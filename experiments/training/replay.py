"""Calls of callbacks after the epochs of the compiled loop, with the logs and in the order of ``model.fit``."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import keras
import numpy as np

from experiments.training.best_weights import BestWeights
from experiments.training.checkpoints import CheckpointKeeper
from experiments.training.fit_arguments import ValidationFreq, is_validated
from experiments.training.keras_private import print_msg, step_counter
from experiments.training.learning_rates import AskedRates, may_keep_state
from experiments.training.replay_calls import CallbackCall, EpochState, PlateauCall, call_of
from experiments.training.served_callbacks import Served
from experiments.training.trainer import Chunk

_MOST_EPOCHS = 2**31 - 1


class CallbackReplay:
    """The follower of a training that ``experiments.fit`` runs in the compiled loop.

    Args:
        model: The model that is trained.
        found: Its callbacks.
        history: The History of the training, called after them.
        verbose: As for ``model.fit``.
        first: Index of the first epoch.
        epochs: Index of the epoch to end before.
        steps: Batches of an epoch.
        validation_freq: Epochs with a validation; None if there is none.
    """

    def __init__(
        self,
        model: keras.Model,
        found: Served,
        history: keras.callbacks.History,
        *,
        verbose: str | int,
        first: int,
        epochs: int,
        steps: int,
        validation_freq: ValidationFreq | None,
    ) -> None:
        self._model = model
        self._found = found
        self._history = history
        self._verbose = verbose
        self._first = first
        self._epochs = epochs
        self._steps = steps
        self._validation_freq = validation_freq
        self._calls: list[CallbackCall] = []
        self._asked = AskedRates(found.schedulers, model.optimizer) if found.schedulers else None
        self._iterations = int(step_counter(model.optimizer).numpy())
        self._rate = _rate_of(model)
        self._last_logs: dict[str, Any] = {}

    @cached_property
    def most_epochs(self) -> int:
        """Most epochs of a chunk.

        1 if each epoch may have its own file, or if a schedule has a state and a callback may stop the training.
        """
        may_stop = any(not isinstance(one, (CheckpointKeeper, BestWeights)) for one in self._found.ruled)
        if may_stop and any(may_keep_state(scheduler.schedule) for scheduler in self._found.schedulers):
            return 1
        keepers = [callback for callback in self._found.callbacks if isinstance(callback, CheckpointKeeper)]
        return _MOST_EPOCHS if all(keeper.has_one_file for keeper in keepers) else 1

    def begin(self, tier: str, compile_seconds: float) -> None:
        """Set model and parameters of all callbacks, and call their ``on_train_begin``."""
        if self._verbose != 0 and compile_seconds:
            print_msg(f"experiments.fit: {tier}; compiled in {compile_seconds:.1f} s")
        callbacks = [one.checkpoint if isinstance(one, CheckpointKeeper) else one for one in self._found.callbacks]
        whole = keras.callbacks.CallbackList(
            [*callbacks, self._history],
            add_history=True,
            add_progbar=self._verbose != 0,
            verbose=self._verbose,
            epochs=self._epochs,
            steps=self._steps,
            model=self._model,
        )
        keepers = {one.checkpoint: one for one in self._found.callbacks if isinstance(one, CheckpointKeeper)}
        self._calls = [call_of(keepers.get(one, one), self._model) for one in whole.callbacks]
        for call in self._calls:
            call.train_begin()

    def rates(self, first: int, until: int) -> np.ndarray | None:
        """Return the learning rates that the schedulers set in some epochs."""
        return None if self._asked is None else self._asked.ask(first, until)

    def follow(self, chunk: Chunk) -> None:
        """Call the callbacks for each epoch of a chunk."""
        optimizer, rate = self._model.optimizer, _rate_of(self._model)
        counter = step_counter(optimizer)
        iterations = int(counter.numpy())
        self._model.stop_training = False
        try:
            for position, logs in enumerate(chunk.logs):
                following = chunk.logs[position + 1].get("learning_rate") if position + 1 < len(chunk.logs) else rate
                self._follow_epoch(chunk, chunk.first + position, logs, following, iterations)
        finally:
            counter.assign(iterations)
            if rate is not None:
                optimizer.learning_rate = rate
        if self._model.stop_training:
            warnings.warn("a callback that was called after its epoch cannot stop the training", stacklevel=2)
        self._rate = rate

    def end(self) -> None:
        """Call ``on_train_end`` of all callbacks."""
        for call in self._calls:
            call.train_end(dict(self._last_logs))

    def _follow_epoch(
        self, chunk: Chunk, epoch: int, logs: dict[str, float], next_rate: float | None, iterations: int
    ) -> None:
        rates = [call for call in self._calls if type(call) is PlateauCall]
        computed = {key: value for key, value in logs.items() if not (rates and key == "learning_rate")}
        state = EpochState(
            index=epoch,
            logs=dict(computed),
            validated=self._validation_freq is not None and is_validated(epoch, self._validation_freq),
            seconds=chunk.seconds / len(chunk.logs),
            rate=logs["learning_rate"] if rates else self._rate,
            next_rate=next_rate,
            iterations=min(iterations, self._iterations + self._steps * (epoch - self._first + 1)),
            answers=[] if self._asked is None else self._asked.answers(epoch),
        )
        for call in self._calls:
            call.epoch_begin(state)
        if state.validated:
            for call in self._calls:
                call.validation(state, {key.removeprefix("val_"): logs[key] for key in _validation_keys(logs)})
        for call in self._calls:
            call.epoch_end(state)
        self._last_logs = computed


def _validation_keys(logs: dict[str, float]) -> list[str]:
    return [key for key in logs if key.startswith("val_") and key.removeprefix("val_") in logs]


def _rate_of(model: keras.Model) -> float | None:
    rate = getattr(model.optimizer, "learning_rate", None)
    return float(rate.numpy()) if isinstance(rate, keras.Variable) else None
