"""The rule that chooses how a model is trained: under XLA, by the same loop as a plain graph, or by ``model.fit``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from experiments.jit_choice import refuses_xla
from experiments.training.keras_private import compiled_metrics, model_supports_jit, nested_layers, unbuilt_metrics
from experiments.training.rules import unknown_callbacks


@dataclass(frozen=True)
class Tier:
    """How a model is trained, "xla", "graph" or "fit", and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class NeedsFitError(Exception):
    """Raised where only ``model.fit`` trains with such rows, callbacks or steps; the message is the reason."""


class NeedsGraphError(Exception):
    """Raised where XLA would compile other steps than a plain graph has; the message is the reason."""


def choose_tier(model: keras.Model, callbacks: Sequence[Any]) -> Tier:
    """Choose the tier before training.

    Args:
        model: Built and compiled model.
        callbacks: The training's callbacks.

    Returns:
        The tier; "xla" becomes "graph" later if XLA does not compile the program, or would leave out a check.
    """
    hindrance = _needs_fit(model, callbacks)
    if hindrance:
        return Tier("fit", hindrance)
    if refuses_xla(model):
        return Tier("graph", "the model was compiled with jit_compile=False")
    if not model_supports_jit(model):
        layers = [type(layer).__name__ for layer in nested_layers(model) if not layer.supports_jit]
        return Tier("graph", f"{', '.join(layers) or 'this installation'} does not compile under XLA")
    convolution = _first_convolution(model)
    if convolution and not tf.config.list_logical_devices("GPU"):
        return Tier("graph", f"{convolution} runs slower under XLA on a CPU")
    return Tier("xla", "the whole training is compiled")


def _needs_fit(model: keras.Model, callbacks: Sequence[Any]) -> str:
    unknown = unknown_callbacks(callbacks, model)
    if unknown:
        return f"{', '.join(unknown)} can only be called by model.fit"
    if model.run_eagerly:
        return "the model was compiled with run_eagerly=True"
    if tf.config.functions_run_eagerly():
        return "tf.config.run_functions_eagerly() is on"
    steps: tuple[str, ...] = ("train_step", "test_step", "make_train_function", "make_test_function", "fit", "evaluate")
    steps += ("reset_metrics", "get_metrics_result")  # fit calls these outside of the graph, after every epoch
    own = [
        name for name in steps if name in vars(model) or getattr(type(model), name) is not getattr(keras.Model, name)
    ]
    if own:
        return f"{type(model).__name__} has its own {', '.join(own)}"
    return _hindrance_of_metrics(model)


def _hindrance_of_metrics(model: keras.Model) -> str:
    metrics = (*model.metrics, *compiled_metrics(model), *unbuilt_metrics(model))
    changing = [metric.name for metric in metrics if isinstance(metric, keras.Metric) and _changes_in_python(metric)]
    if changing:
        return f"the metric {', '.join(changing)} has a state outside of variables"
    try:
        results = model.get_metrics_result()
    except ValueError:  # from Keras, before the metrics are built
        results = {}
    others = [name for name, value in results.items() if not _is_number(value)]
    return f"the metric {', '.join(others)} is not a single number" if others else ""


def _changes_in_python(metric: keras.Metric) -> bool:
    """Return whether a metric of one's own sets attributes in what ``fit`` calls in every epoch, and a graph once."""
    if type(metric).__module__.startswith("keras."):
        return False
    before = dict(vars(metric))

    def trace() -> None:
        metric.reset_state()
        metric.result()

    try:
        tf.function(trace, autograph=False).get_concrete_function()
    except Exception:  # it will be raised where the metric is used
        return False
    finally:
        after = dict(vars(metric))
        vars(metric).clear()
        vars(metric).update(before)
    return before.keys() != after.keys() or any(after[name] is not value for name, value in before.items())


def _is_number(value: Any) -> bool:
    """Return whether a metric's result is one number, which a curve can contain."""
    return tf.is_tensor(value) and value.shape.rank == 0 and value.dtype not in (tf.string, tf.variant)


def _first_convolution(model: keras.Model) -> str:
    names = (type(layer).__name__ for layer in nested_layers(model))
    return next((name for name in names if "Conv" in name), "")
