"""Proof that the loss and metrics of a model do not depend on how the rows are divided into batches.

``model.fit`` evaluates in batches and averages them, weighted by their rows. One large batch gives the same values if
every part of the model treats each row by itself. Only the parts in ``row_wise_parts``, with the arguments that they
have, count as proven; everything else is evaluated in the batches of ``fit``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.training.keras_private import (
    Functional,
    LossFunctionWrapper,
    Node,
    calls,
    compiled_losses,
    compiled_metrics,
    functional_graph,
    has_several_losses,
    nested_layers,
    wrapped_arguments,
    wrapped_function,
)
from experiments.training.row_wise_parts import (
    ELEMENTWISE,
    HINGE_LABELS,
    HINGE_METRICS,
    HINGES,
    PENALTIES,
    RECURRENT,
    ROW_WISE_ACTIVATIONS,
    ROW_WISE_FUNCTIONS,
    ROW_WISE_LAYERS,
    ROW_WISE_METRICS,
    SPARSE_METRICS,
    WEIGHT_PENALTIES,
)

#: Classes outside of Keras declare with this attribute, set to True, that they treat each row by itself.
DECLARATION = "rows_are_independent"

_NETWORKS = (keras.Sequential, Functional)
# Sums over the rows of a large batch overflow in shorter types.
_LONG = {"float32", "float64"}
_OWN_STEPS = {"call", "compute_loss", "compute_metrics", "train_step", "test_step"}


def rows_are_independent(model: keras.Model, arrays: tuple[Any, ...]) -> bool:
    """Return whether evaluating the rows in one batch is proven to give what smaller batches give.

    Args:
        model: A built and compiled model.
        arrays: Inputs, targets and sample weights, as tensors.
    """
    return is_plain(model) and _is_row_wise_network(model) and _is_row_wise_compile(model, *arrays[1:])


def is_plain(model: keras.Model) -> bool:
    """Return whether a model is Sequential or functional, with all steps of Keras and none of its own."""
    return type(model) in _NETWORKS and not _OWN_STEPS & vars(model).keys()


def _is_row_wise_compile(model: keras.Model, targets: Any, sample_weight: Any) -> bool:
    """Return whether the loss and the metrics that a network was compiled with treat rows by themselves."""
    losses = compiled_losses(model)
    labels, weights = tf.nest.flatten(targets), tf.nest.flatten(sample_weight)
    if not len(losses) == len(model.outputs) == len(labels) == len(weights) == 1 or has_several_losses(model):
        return False
    loss, shapes = losses[0], _Shapes(labels[0], weights[0], model.outputs[0])
    metrics = compiled_metrics(model)
    hinges = _hinges_are_row_wise(targets)
    return (
        shapes.weights_fit
        and all(part.dtype in _LONG for part in (loss, *metrics))
        and loss.reduction == "sum_over_batch_size"
        and _is_row_wise_loss(loss, hinges=hinges)
        and (_is_sparse(loss) or shapes.targets_fit)
        and all(_is_row_wise_metric(metric, hinges=hinges) for metric in metrics)
        and all(_is_sparse(metric) or shapes.targets_fit for metric in metrics)
    )


class _Shapes:
    """Whether targets and weights fit an output, or Keras would broadcast them along the rows.

    Args:
        targets: Array of one output.
        weights: Sample weights, or None.
        output: The output.
    """

    def __init__(self, targets: Any, weights: Any, output: Any) -> None:
        rank = len(output.shape)
        one_column = output.shape[-1] == 1 and rank - 1 == len(targets.shape)
        self.targets_fit = len(targets.shape) == rank or one_column
        # The loss has one axis less than the output; with one number for each row, weights of one column fit too.
        self.weights_fit = weights is None or rank == 2 or len(weights.shape) == rank - 1


def _hinges_are_row_wise(targets: Any) -> bool:
    labels = [set(np.unique(leaf).tolist()) for leaf in tf.nest.flatten(targets) if leaf is not None]
    return all(any(found <= allowed for allowed in HINGE_LABELS) for found in labels)


def _is_row_wise_loss(loss: Any, *, hinges: bool) -> bool:
    kind = type(loss)
    wraps = issubclass(kind, LossFunctionWrapper) and kind.call is LossFunctionWrapper.call
    wraps = wraps and kind.__call__ is keras.losses.Loss.__call__
    return wraps and _is_row_wise_function(loss.fn, hinges=hinges) and _has_harmless_arguments(wrapped_arguments(loss))


def _is_row_wise_function(function: Any, *, hinges: bool) -> bool:
    return _is_among(function, ROW_WISE_FUNCTIONS) or (hinges and _is_among(function, HINGES))


def _is_row_wise_metric(metric: keras.Metric, *, hinges: bool) -> bool:
    if type(metric) is keras.metrics.MeanMetricWrapper:
        function = wrapped_function(metric)
        owner = getattr(function, "__self__", None)  # a loss' own call, the loss without penalties
        if isinstance(owner, keras.losses.Loss):
            known = function.__func__ is type(owner).call and _is_row_wise_loss(owner, hinges=hinges)
        else:
            known = _is_row_wise_function(function, hinges=hinges)
    else:
        known = type(metric) in ROW_WISE_METRICS or (hinges and type(metric) in HINGE_METRICS)
    return known and _has_harmless_arguments(wrapped_arguments(metric))


def _is_sparse(part: Any) -> bool:
    """Return whether a loss or a metric compares class numbers with one output for each class."""
    function = wrapped_function(part)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, keras.losses.Loss):
        return _is_sparse(owner)
    return function is keras.losses.sparse_categorical_crossentropy or type(part) in SPARSE_METRICS


def _is_among(value: Any, known: Iterable[Any]) -> bool:
    """Return whether a value, hashable or not, is one of the known objects."""
    return any(value is one for one in known)


def _has_harmless_arguments(arguments: dict[str, Any]) -> bool:
    return arguments.get("axis", -1) == -1 and arguments.get("ignore_class") is None


def _is_row_wise_network(network: keras.Model) -> bool:
    """Return whether each operation of a functional network treats rows by themselves."""
    graph = functional_graph(network)
    penalized = network.activity_regularizer is not None
    return graph is not None and not penalized and all(map(_is_row_wise_call, calls(graph)))


def _is_row_wise_call(node: Node) -> bool:
    layer, tensors = node.operation, [*node.input_tensors, *node.outputs]
    # A tensor without a second axis has rows along its last one; a fixed number of rows may be used anywhere.
    if any(len(tensor.shape) < 2 or tensor.shape[0] is not None for tensor in tensors):
        return False
    # training=True, a mask or an initial state
    if any(value is not None and value is not False for value in node.arguments.kwargs.values()):
        return False
    if type(layer) in _NETWORKS:
        return is_plain(layer) and _is_row_wise_network(layer)
    rank = len(tensors[0].shape)
    return _is_row_wise_layer(layer) and all(axis % rank for axis in _axes(layer))


def _is_row_wise_layer(layer: Any) -> bool:
    if not isinstance(layer, keras.Layer) or not (type(layer) in ROW_WISE_LAYERS or _is_declared(layer)):
        return False
    parts = nested_layers(layer, include_self=False)
    return all(type(part) in RECURRENT | ELEMENTWISE for part in parts) and all(map(_is_plain, [layer, *parts]))


def _is_plain(layer: keras.Layer) -> bool:
    activations = [getattr(layer, name, None) for name in ("activation", "recurrent_activation")]
    penalties = [getattr(variable, "regularizer", None) for variable in layer.weights]
    return (
        "call" not in vars(layer)
        and not getattr(layer, "mask_zero", False)
        and not getattr(layer, "stateful", False)
        # The cell draws these masks in inference too, and does not use them.
        and not any(getattr(layer, name, 0) for name in ("dropout", "recurrent_dropout"))
        and all(np.ndim(getattr(layer, name, 0)) == 0 for name in ("scale", "offset"))
        and all(map(_is_row_wise_activation, activations))
        and _is_known(layer.activity_regularizer, PENALTIES)
        and (layer.activity_regularizer is None or layer.compute_dtype in _LONG)
        and all(_is_known(penalty, WEIGHT_PENALTIES) for penalty in penalties)
    )


def _is_row_wise_activation(activation: Any) -> bool:
    return activation is None or type(activation) in ELEMENTWISE or _is_among(activation, ROW_WISE_ACTIVATIONS)


def _is_known(penalty: Any, known: set[type]) -> bool:
    return penalty is None or type(penalty) in known or _is_declared(penalty)


def _is_declared(part: Any) -> bool:
    """Return whether a part's own class, not an ancestor, declares that it treats each row by itself."""
    return vars(type(part)).get(DECLARATION) is True


def _axes(layer: keras.Layer) -> Iterator[int]:
    """Yield the values of a layer's ``axis`` argument."""
    axis = getattr(layer, "axis", None)
    yield from () if axis is None else tf.nest.flatten(axis)
