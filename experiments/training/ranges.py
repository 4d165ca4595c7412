"""Labels and tokens out of range, found before training.

TensorFlow on a CPU raises for them in the first batch that has one. A program of XLA does not: it reads another row
of the table, or returns NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training.arrays import Arrays
from experiments.training.keras_private import (
    LossFunctionWrapper,
    calls,
    compiled_losses,
    compiled_metrics,
    functional_graph,
    nested_layers,
    producer,
    wrapped_arguments,
    wrapped_function,
)
from experiments.training.row_independence import is_plain

_CROSSENTROPY = keras.losses.sparse_categorical_crossentropy
_SPARSE = (
    LossFunctionWrapper,
    keras.losses.SparseCategoricalCrossentropy,
    keras.metrics.MeanMetricWrapper,
    keras.metrics.SparseCategoricalCrossentropy,
)
# Layers between an input and an embedding that move its values without changing them.
_MOVING = (keras.layers.Flatten, keras.layers.Reshape, keras.layers.Permute, keras.layers.RepeatVector)


def check_ranges(model: keras.Model, arrays: Arrays, rows: str) -> None:
    """Check that every class label has an output and every token an embedding.

    Args:
        model: A built and compiled model.
        arrays: Inputs, targets and sample weights.
        rows: Name of the rows for the message, such as "training rows".

    Raises:
        ExperimentsError: A value is out of range; the message names the first one and its row.
    """
    if not is_plain(model):  # its own steps may change labels and tokens
        return
    for layer, values in _embedded(model, arrays[0]):
        # Keras counts negative tokens from the end of the table.
        _check(values, -layer.input_dim, layer.input_dim, f"{rows}: token", f"the embedding {layer.name!r}")
    for labels, outputs, ignored in _classes(model, arrays[1]):
        _check(labels, 0, outputs, f"{rows}: class label", f"{outputs} outputs", ignored=ignored)


def has_hidden_embeddings(model: keras.Model, x: Any) -> bool:
    """Return whether ``check_ranges`` misses the tokens of some embedding, as in a nested model."""
    seen = {id(layer) for layer, _ in _embedded(model, x)}
    return any(isinstance(layer, keras.layers.Embedding) and id(layer) not in seen for layer in nested_layers(model))


def _check(values: tf.Tensor, low: int, high: int, kind: str, owner: str, *, ignored: int | None = None) -> None:
    # Keras cuts off decimals; a NaN is in no range.
    found = np.trunc(values.numpy())
    outside = ~((found >= low) & (found < high))
    if ignored is not None:
        outside &= found != ignored
    if outside.any():
        place = tuple(int(index) for index in np.argwhere(outside)[0])
        raise ExperimentsError(
            f"{kind} {values.numpy()[place]:g} in row {place[0]} is out of range: {owner} "
            f"{'has' if low else 'have'} the numbers {low} to {high - 1}"
        )


def _embedded(model: keras.Model, x: Any) -> Iterator[tuple[keras.layers.Embedding, tf.Tensor]]:
    """Yield each embedding of a functional model that is called on an input, with the values of that input."""
    graph = functional_graph(model)
    if graph is None:
        return
    leaves = _in_order_of_inputs(graph, x)
    for node in calls(graph):
        if type(node.operation) is keras.layers.Embedding and "call" not in vars(node.operation):
            source = _source(node.input_tensors[0])
            yield from (
                (node.operation, leaf) for tensor, leaf in zip(graph.inputs, leaves, strict=False) if tensor is source
            )


def _in_order_of_inputs(graph: Any, x: Any) -> list[tf.Tensor]:
    """Return the arrays in the order of a network's inputs; empty for a mapping with other names than theirs."""
    if not isinstance(x, dict):
        return list(tf.nest.flatten(x))
    names = [tensor.name for tensor in graph.inputs]
    return [x[name] for name in names] if set(names) == set(x) else []


def _source(tensor: Any) -> Any:
    """Follow a tensor back through layers that only move values."""
    call = producer(tensor)
    while type(call.operation) in _MOVING:
        tensor = call.input_tensors[0]
        call = producer(tensor)
    return tensor


def _classes(model: keras.Model, y: Any) -> Iterator[tuple[tf.Tensor, int, int | None]]:
    """Yield the labels of a network with one output, once for each loss or metric that takes them as class numbers.

    Yields:
        The labels, the number of outputs, and the label that is ignored.
    """
    labels, outputs = tf.nest.flatten(y), getattr(model, "outputs", None) or []
    if not len(labels) == len(outputs) == 1 or labels[0] is None:
        return
    for part in (*compiled_losses(model), *compiled_metrics(model)):
        if type(part) in _SPARSE and wrapped_function(part) is _CROSSENTROPY:
            arguments = wrapped_arguments(part)
            width = outputs[0].shape[arguments.get("axis", -1)]
            if width is not None:
                yield labels[0], width, arguments.get("ignore_class")
