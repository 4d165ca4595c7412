"""Callbacks that the compiled loop serves: by rules inside it, or by calling them after its epochs with their logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import keras

from experiments.training.checkpoints import CheckpointKeeper
from experiments.training.keras_private import traces_batches
from experiments.training.learning_rates import looks_at_training
from experiments.training.rules import own_methods, unknown_callbacks
from experiments.training.tiers import NeedsFitError

_ONLY_LOGS = (keras.callbacks.CSVLogger, keras.callbacks.History, keras.callbacks.ProgbarLogger)
# Classes with methods that the loop replaces, or does not call.
_NOT_CALLED = (
    *_ONLY_LOGS,
    keras.callbacks.EarlyStopping,
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.TensorBoard,
    keras.callbacks.TerminateOnNaN,
)
_OF_BATCHES = [f"on_{kind}batch_{end}" for kind in ("", "train_", "test_") for end in ("begin", "end")]


class Served(NamedTuple):
    """The callbacks of a training, served by the compiled loop.

    Attributes:
        callbacks: All of them, in order; a CheckpointKeeper in the place of each ModelCheckpoint.
        ruled: Those that have a rule in the loop, in order.
        schedulers: Those that set the learning rate of each epoch.
        add_to_logs: Whether any of the others adds to the logs, or may do so.
    """

    callbacks: tuple[Any, ...]
    ruled: tuple[Any, ...]
    schedulers: tuple[Any, ...]
    add_to_logs: bool


def served(callbacks: Iterable[Any], model: keras.Model, *, replay: bool) -> Served:
    """Sort the callbacks of a training by how the loop serves them.

    Args:
        callbacks: Callbacks in order.
        model: A compiled model.
        replay: Whether callbacks of any class are called after the epochs, if they have no method for batches.

    Raises:
        NeedsFitError: Only ``model.fit`` serves one of them; the message is the reason.
    """
    callbacks = tuple(callbacks)
    for callback in callbacks:
        reason = _peculiarity(callback, callbacks, model)
        if reason:
            raise NeedsFitError(reason)
    kept = tuple(
        CheckpointKeeper(callback) if type(callback) is keras.callbacks.ModelCheckpoint else callback
        for callback in callbacks
    )
    for callback in kept:
        reason = _hindrance(callback, model, replay=replay)
        if reason:
            raise NeedsFitError(reason)
    schedulers = _of_kind(kept, keras.callbacks.LearningRateScheduler)
    plateaus = _of_kind(kept, keras.callbacks.ReduceLROnPlateau)
    if schedulers and plateaus:
        raise NeedsFitError("LearningRateScheduler and ReduceLROnPlateau both set the learning rate")
    if len(plateaus) > 1 and (_of_kind(kept, keras.callbacks.TensorBoard) or any(one.verbose for one in plateaus)):
        raise NeedsFitError("several ReduceLROnPlateau set the learning rate, and it is reported in between")
    ruled = tuple(callback for callback in kept if not unknown_callbacks([callback], model))
    known = (*_ONLY_LOGS, keras.callbacks.TensorBoard)
    others = [callback for callback in kept if callback not in ruled and type(callback) not in known]
    return Served(kept, ruled, schedulers, bool(others))


def check_monitors(found: Served, logs: Sequence[str], *, every_epoch: bool) -> None:
    """Check that what the rules monitor is computed inside the loop.

    Args:
        found: The callbacks.
        logs: Keys of the logs that the loop computes.
        every_epoch: Whether each epoch has all of them.

    Raises:
        NeedsFitError: A callback monitors something else; the message is the reason.
    """
    computed = set(logs)
    for callback in found.ruled:
        if isinstance(callback, CheckpointKeeper):
            monitor = callback.checkpoint.monitor
            if callback.saves_always:
                continue
            if monitor not in computed or not (every_epoch or not monitor.startswith("val_")):
                raise NeedsFitError(f"ModelCheckpoint monitors {monitor!r}, which not every epoch has")
        monitor = getattr(callback, "monitor", None)
        if monitor is not None and monitor not in computed and found.add_to_logs:
            raise NeedsFitError(f"{type(callback).__name__} monitors {monitor!r}, which a callback may add to the logs")
        if type(callback) is keras.callbacks.ReduceLROnPlateau:
            computed.add("learning_rate")


def _peculiarity(callback: Any, callbacks: Sequence[Any], model: keras.Model) -> str:
    """Return why a callback does other things than its class does elsewhere, or an empty text."""
    name, own = type(callback).__name__, own_methods(callback)
    if sum(callback is other for other in callbacks) > 1:
        return f"the same {name} is among the callbacks twice"
    if own and type(callback) in _NOT_CALLED:
        return f"{name} has its own {', '.join(own)}"
    if type(callback) is keras.callbacks.TerminateOnNaN and model.steps_per_execution > 1:
        return f"TerminateOnNaN sees one batch in steps_per_execution={model.steps_per_execution}"
    return ""


def _hindrance(callback: Any, model: keras.Model, *, replay: bool) -> str:
    """Return why only ``model.fit`` serves a callback, or an empty text."""
    kind, name = type(callback), type(callback).__name__
    if kind is CheckpointKeeper and callback.checkpoint.save_freq != "epoch":
        return f"ModelCheckpoint saves within epochs (save_freq={callback.checkpoint.save_freq})"
    if kind in _ONLY_LOGS or not unknown_callbacks([callback], model):
        return ""
    if kind is keras.callbacks.LearningRateScheduler:
        return _hindrance_of_scheduler(callback, model)
    if kind is keras.callbacks.TensorBoard:
        return "" if _writes_scalars_only(callback) else "TensorBoard writes more than the scalars of epochs"
    if not replay:
        return f"{name} can only be called by model.fit"
    batches = [method for method in _OF_BATCHES if _overrides(callback, method)]
    return f"{name} has {batches[0]}, and the loop has no logs of batches" if batches else ""


def _hindrance_of_scheduler(callback: keras.callbacks.LearningRateScheduler, model: keras.Model) -> str:
    if not isinstance(getattr(model.optimizer, "learning_rate", None), keras.Variable):
        return "LearningRateScheduler cannot set the learning rate of this optimizer"
    return "the schedule of LearningRateScheduler looks at the model" if looks_at_training(callback.schedule) else ""


def _writes_scalars_only(callback: keras.callbacks.TensorBoard) -> bool:
    more = callback.histogram_freq, callback.embeddings_freq, callback.write_steps_per_second, traces_batches(callback)
    return callback.update_freq == "epoch" and not any(more)


def _overrides(callback: Any, method: str) -> bool:
    of_keras = getattr(keras.callbacks.Callback, method)
    return method in vars(callback) or getattr(type(callback), method, of_keras) is not of_keras


def _of_kind(callbacks: Iterable[Any], kind: type) -> tuple[Any, ...]:
    return tuple(callback for callback in callbacks if type(callback) is kind)
