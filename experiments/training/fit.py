"""``model.fit`` in one compiled program: the same arguments, for any Keras model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.errors import ExperimentsError, first_paragraph
from experiments.training.arrays import row_count
from experiments.training.compiled import CompiledTrainer
from experiments.training.fit_arguments import (
    FitArguments,
    ValidationFreq,
    checked_seed,
    require_compiled,
)
from experiments.training.fit_changes import Traced, are_same, remember_first_training, require_unchanged
from experiments.training.fit_history import FitHistory
from experiments.training.fit_rows import FitRows, rows_for_loop
from experiments.training.keras_private import (
    compiled_parts,
    first_epoch,
    has_strategy,
    make_default_seed,
    unbuilt_metrics,
)
from experiments.training.keras_private_rows import row_order_of_fit
from experiments.training.last_resort import train_with_keras
from experiments.training.record import TrainingRecord
from experiments.training.replay import CallbackReplay
from experiments.training.served_callbacks import Served, check_monitors, served
from experiments.training.tiers import NeedsFitError, Tier, choose_tier
from experiments.training.trainer import Job, Progress

_ATTRIBUTE = "_compiled_trainer"
# What TensorFlow returns as the seed of graphs if no global seed was set.
_NO_GLOBAL_SEED = 87654321


def fit(  # noqa: PLR0917 - the order of model.fit
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool | str = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: ValidationFreq = 1,
    *,
    seed: int | None = None,
    replay_callbacks: bool = False,
    on_progress: Progress | None = None,
) -> FitHistory:
    """Train a compiled Keras model in place, as ``model.fit`` does, in one compiled program.

    The arguments before ``seed`` are those of ``model.fit``, with the same meaning. Two differences are intended:

    - With ``shuffle=True`` the rows have a new order in every epoch, which depends on ``seed``. ``shuffle="keras"`` is
      Keras' own order: after ``keras.utils.set_random_seed``, it is the same in every epoch.
    - Validation may use larger batches, where they are proven to give the same means.

    What the program does not support is trained by ``model.fit`` itself: data that are not arrays, unknown callbacks,
    models with their own steps. One line names the reason then, unless ``verbose=0``; it is also ``record.reason``. See
    ``explain``. A second call with the same model and shapes compiles nothing.

    Args:
        model: Any compiled model.
        x: Inputs: arrays, a list or mapping of arrays, or anything else that ``model.fit`` takes.
        y: Targets.
        batch_size: Rows of a batch; 32 if None or 0.
        epochs: Number of epochs, or the index of the epoch to end before.
        verbose: 0 prints nothing, 1 and "auto" a bar and 2 a line for each epoch.
        callbacks: A Keras callback, any nest of them, or a CallbackList.
        validation_split: Share of the rows, the last ones, that are for validation.
        validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to evaluate after each epoch.
        shuffle: Whether the rows are shuffled in every epoch; "keras" for Keras' order.
        class_weight: Class to the weight of its rows.
        sample_weight: Weights of the rows.
        initial_epoch: Index of the first epoch.
        steps_per_epoch: Batches of an epoch.
        validation_steps: Batches of a validation.
        validation_batch_size: Rows of a batch of validation; ``batch_size`` if None.
        validation_freq: Epochs from one validation to the next, or a list of the epochs, counted from 1.
        seed: Seed of the rows' order, in [0, 2**63 - 1]; None draws one, as layers without a seed do.
        replay_callbacks: Whether callbacks of unknown classes are called after their epochs, with the right logs in the
            right order. For callbacks that read nothing else than the logs, and change nothing.
        on_progress: Called between chunks of epochs with the epochs done and the total.

    Returns:
        Keras' History with the engine's ``record``; also set as ``model.history``.

    Raises:
        ExperimentsError: An argument is not valid in Keras, a label or token is out of range, or layers or the
            optimizer were changed since the last training, without ``compile``.
        ValueError: From Keras, as ``model.fit`` raises it.

    Example:
        >>> import keras, numpy as np
        >>> from experiments import fit
        >>> keras.utils.set_random_seed(1)
        >>> x = np.random.default_rng(1).normal(size=(64, 2))
        >>> y = x[:, :1] * x[:, 1:] > 0
        >>> layers = [keras.Input((2,)), keras.layers.Dense(50, "relu"), keras.layers.Dense(1, "sigmoid")]
        >>> model = keras.Sequential(layers)
        >>> model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        >>> history = fit(model, x, y, epochs=300, validation_data=(x, y), seed=1, verbose=0)
        >>> len(history.history["val_loss"]), history.history["val_accuracy"][-1] > 0.9
        (300, True)
        >>> history.record.tier
        'xla'
    """
    given = FitArguments.checked(
        x=x,
        y=y,
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_split=validation_split,
        validation_data=validation_data,
        shuffle=shuffle,
        class_weight=class_weight,
        sample_weight=sample_weight,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        validation_steps=validation_steps,
        validation_batch_size=validation_batch_size,
        validation_freq=validation_freq,
    )
    require_compiled(model)
    before = Traced(model)
    require_unchanged(model, before)
    seed = None if seed is None else checked_seed(seed)
    history, rows = FitHistory(), None

    def last_resort(reason: str) -> TrainingRecord:
        return train_with_keras(model, given, history, reason=reason, rows=rows, seed=seed, on_progress=on_progress)

    try:
        rows = rows_for_loop(given)
        found = _served(model, given, replay=replay_callbacks)
    except NeedsFitError as need:
        history.record = last_resort(str(Tier("fit", str(need))))
    else:
        first = first_epoch(model, given.initial_epoch)
        follower = CallbackReplay(
            model,
            found,
            history,
            verbose=given.verbose,
            first=first,
            epochs=given.epochs,
            steps=rows.steps,
            validation_freq=None if rows.validation is None else given.validation_freq,
        )
        job = Job(
            arrays=rows.arrays,
            validation=rows.validation,
            epochs=given.epochs,
            callbacks=found.ruled,
            seed=(make_default_seed() if given.shuffle is True else 0) if seed is None else seed,
            on_progress=on_progress,
            first_epoch=first,
            order=_fixed_order(rows) if given.shuffle == "keras" else None,
            ends_on="loss" if _terminates_on_nan(given.callbacks) else "nothing",
            follower=follower,
            last_resort=last_resort,
        )
        trainer = _trainer_of(
            model,
            batch_size=rows.batch_size,
            shuffle=bool(given.shuffle),
            validation_freq=given.validation_freq,
            validation_batch_size=rows.validation_batch_size,
        )
        reason = _hindrance_of_building(trainer, job, found)
        history.record = last_resort(reason) if reason else trainer.run(job)
    for callback in given.callbacks:
        if isinstance(callback, keras.callbacks.History):
            history.adopt(callback)
    remember_first_training(model, before)
    model.history = history
    return history


def explain(
    model: keras.Model, x: Any = None, y: Any = None, *, replay_callbacks: bool = False, **arguments: Any
) -> Tier:
    """Return how ``fit`` would train a model, and why, without training or building it.

    Tracing may still lead to the tier "graph" or "fit": for an operation that XLA does not compile, or a step that
    returns other values than those of its metrics.

    Args:
        model: A compiled model.
        x: Inputs, or None to ask about model and callbacks alone.
        y: Targets.
        replay_callbacks: As for ``fit``.
        **arguments: Further arguments of ``model.fit``, by name.

    Returns:
        The tier: its ``name`` is "xla", "graph" or "fit"; ``reason`` says why.

    Raises:
        ExperimentsError: An argument is not valid in Keras.
        ValueError: From Keras, as ``model.fit`` raises it.

    Example:
        >>> import keras
        >>> from experiments import explain
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> print(explain(model, callbacks=[keras.callbacks.EarlyStopping()]))
        xla: the whole training is compiled
        >>> print(explain(model, callbacks=[keras.callbacks.SwapEMAWeights()]))
        fit: SwapEMAWeights can only be called by model.fit
    """
    given = FitArguments.checked(x=x, y=y, **arguments)
    require_compiled(model)
    try:
        if x is not None:
            rows_for_loop(given)
        return choose_tier(model, _served(model, given, replay=replay_callbacks).ruled)
    except NeedsFitError as need:
        return Tier("fit", str(need))


def _served(model: keras.Model, given: FitArguments, *, replay: bool) -> Served:
    """Return the callbacks as the loop serves them.

    Raises:
        NeedsFitError: Only ``model.fit`` trains this model with these arguments.
    """
    if has_strategy(model):
        raise NeedsFitError("the model was created for tf.distribute")
    if given.shuffle == "batch":
        raise NeedsFitError("shuffle='batch' is an order that only Keras has")
    counting = [metric.name for metric in unbuilt_metrics(model) if _has_state(metric)]
    if counting:
        raise NeedsFitError(f"model.fit starts with the state of the metric {', '.join(counting)} from before compile")
    if first_epoch(model, given.initial_epoch) < 0:
        raise NeedsFitError("initial_epoch is negative")
    found = served(given.callbacks, model, replay=replay)
    tier = choose_tier(model, found.ruled)
    if tier.name == "fit":
        raise NeedsFitError(tier.reason)
    return found


def _hindrance_of_building(trainer: CompiledTrainer, job: Job, found: Served) -> str:
    """Build the model; return the tier "fit" with its reason where that shows that only ``model.fit`` trains it.

    Raises:
        ExperimentsError: A label or token is out of range.
    """
    try:
        trainer.build(job)
        logs = list(trainer.model.get_metrics_result())
        validated = [] if job.validation is None else [f"val_{name}" for name in logs]
        check_monitors(found, [*logs, *validated], every_epoch=trainer.validation_freq == 1)
    except ExperimentsError:
        raise
    except NeedsFitError as need:
        return str(Tier("fit", str(need)))
    except Exception as error:
        return str(Tier("fit", f"Keras cannot build the model before training ({first_paragraph(error)})"))
    return ""


def _fixed_order(rows: FitRows) -> Any:
    """Return Keras' order of the rows in every epoch; None without a global seed, as each epoch has its own then."""
    if tf.compat.v1.get_seed(1)[0] == _NO_GLOBAL_SEED:
        return None
    return row_order_of_fit(row_count(rows.arrays))


def _has_state(metric: keras.Metric) -> bool:
    """Return whether a metric has other values than after a reset."""
    return any(np.any(variable.numpy()) for variable in metric.variables)


def _terminates_on_nan(callbacks: tuple[Any, ...]) -> bool:
    return any(type(callback) is keras.callbacks.TerminateOnNaN for callback in callbacks)


class _Kept:
    """A model's trainer with its compiled programs, and the objects that these were compiled from."""

    def __init__(self, trainer: CompiledTrainer, settings: dict[str, Any]) -> None:
        self.trainer = trainer
        self._settings = settings
        self._parts = _parts(trainer.model)

    def serves(self, model: keras.Model, settings: dict[str, Any]) -> bool:
        """Return whether settings and model are unchanged, and not compiled again."""
        return are_same(_parts(model), self._parts) and settings == self._settings


def _parts(model: keras.Model) -> list[Any]:
    steps = [vars(model).get(name) for name in ("train_step", "test_step")]  # methods replaced on the object
    return [*compiled_parts(model), *steps]


def _trainer_of(model: keras.Model, **settings: Any) -> CompiledTrainer:
    require_compiled(model)
    # An attribute of the model, to live as long. Not by setattr: Keras' __setattr__ tracks layers and variables.
    kept: _Kept | None = vars(model).get(_ATTRIBUTE)
    if kept is None or not kept.serves(model, settings):
        kept = _Kept(CompiledTrainer(model, **settings), settings)
        object.__setattr__(model, _ATTRIBUTE, kept)
    return kept.trainer
