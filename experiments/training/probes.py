"""Measurements of a network at the end of every epoch: sizes of weights and outputs of units, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from experiments.column_types import BETWEEN_LAYER_AND_ACTIVATION
from experiments.training.keras_private import consumers, replaced

Values = dict[str, tf.Tensor]

_NEAR_ZERO = 0.01
_QUANTILES = {"input_q15": 0.15, "input_q50": 0.5, "input_q85": 0.85}
_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
_SATURATED = 0.05
_RELATIVE_SLOPES: dict[Callable[..., Any], Callable[[tf.Tensor], tf.Tensor]] = {
    keras.activations.sigmoid: lambda x: 4 * tf.sigmoid(x) * tf.sigmoid(-x),
    keras.activations.tanh: lambda x: 1 - tf.tanh(x) ** 2,
}
"""The slope of an activation over its largest slope."""


def kernel_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have a kernel, in order; probes measure these."""
    return [layer for layer in model.layers if isinstance(getattr(layer, "kernel", None), keras.Variable)]


class Probes:
    """The measurements of ``record``, as tensors computed inside or outside of a program.

    Args:
        model: A built model; activation probes need a Sequential or functional one.
        words: Words of ``record``; those that are measured elsewhere are ignored.
    """

    def __init__(self, model: keras.Model, words: Sequence[str]) -> None:
        self._layers = kernel_layers(model)
        self._of_weights = [_WEIGHT_PROBES[word] for word in words if word in _WEIGHT_PROBES]
        self._of_outputs = [_OUTPUT_PROBES[word] for word in words if word in _OUTPUT_PROBES]
        self._of_inputs = [_INPUT_PROBES[word] for word in words if word in _INPUT_PROBES]
        self._initial = [_OUTPUT_PROBES[word] for word in _INITIAL if word in words and word in _OUTPUT_PROBES]
        self._initial_of_inputs = [_INPUT_PROBES[word] for word in _INITIAL if word in words and word in _INPUT_PROBES]
        self._layer_outputs = _LayerOutputs(model, self._layers) if self._of_outputs or self._of_inputs else None

    def __bool__(self) -> bool:
        return bool(self._of_weights or self._layer_outputs)

    def measure(self, x: Any) -> Values:
        """Measure the network in its present state.

        Args:
            x: All training inputs; activation probes run on them in inference mode.

        Returns:
            History key (``weight_norm.hidden``) to scalar tensor.
        """
        values: Values = {}
        for probe in self._of_weights:
            values |= probe({layer.name: tf.convert_to_tensor(layer.kernel) for layer in self._layers})
        return values | self._measure_outputs(x, self._of_outputs) | self._measure_inputs(x, self._of_inputs)

    def measure_initial(self, x: Any) -> Values:
        """Measure the probes that are reported before training too: means, spreads, active and saturated units."""
        return self._measure_outputs(x, self._initial) | self._measure_inputs(x, self._initial_of_inputs)

    def _measure_outputs(self, x: Any, probes: Sequence[Callable[[str, tf.Tensor], Values]]) -> Values:
        values: Values = {}
        if self._layer_outputs and probes:
            for layer, output in zip(self._layers, self._layer_outputs.outputs(x), strict=True):
                for probe in probes:
                    values |= probe(layer.name, output)
        return values

    def _measure_inputs(self, x: Any, probes: Sequence[Callable[[str, tf.Tensor, Any], Values]]) -> Values:
        values: Values = {}
        if self._layer_outputs and probes:
            inputs, activations = self._layer_outputs.activation_inputs(x), self._layer_outputs.activations
            for layer, summed, activation in zip(self._layers, inputs, activations, strict=True):
                for probe in probes:
                    values |= probe(layer.name, summed, activation)
        return values


def last_weighted_sums(model: keras.Model, x: Any) -> tf.Tensor:
    """Return the inputs of the activation of the last layer with a kernel, in inference mode.

    Args:
        model: A built Sequential or functional model with such a layer.
        x: Inputs of shape (rows, ...).
    """
    return _LayerOutputs(model, kernel_layers(model)[-1:]).activation_inputs(x)[0]


def _weight_norm(kernels: Values) -> Values:
    norms = {f"weight_norm.{name}": tf.norm(kernel) for name, kernel in kernels.items()}
    return norms | {"weight_norm": tf.norm(tf.stack(list(norms.values())))}


def _unit_norm(kernels: Values) -> Values:
    values: Values = {}
    for name, kernel in kernels.items():
        norms = tf.norm(tf.reshape(kernel, [-1, kernel.shape[-1]]), axis=0)
        values[f"unit_norm_mean.{name}"] = tf.reduce_mean(norms)
        values[f"unit_norm_min.{name}"] = tf.reduce_min(norms)
        values[f"unit_norm_max.{name}"] = tf.reduce_max(norms)
    return values


def _peakiness(kernels: Values) -> Values:
    """Return the largest weight over the norm; units without any weight have no peak and are left out of the mean."""
    values: Values = {}
    for name, kernel in kernels.items():
        by_unit = tf.reshape(kernel, [-1, kernel.shape[-1]])
        norms = tf.norm(by_unit, axis=0)
        peaks = tf.math.divide_no_nan(tf.reduce_max(tf.abs(by_unit), axis=0), norms)
        values[f"peakiness.{name}"] = tf.math.divide_no_nan(
            tf.reduce_sum(peaks), tf.reduce_sum(tf.cast(norms > 0, kernel.dtype))
        )
    return values


def _zero_weights(kernels: Values) -> Values:
    values: Values = {}
    for name, kernel in kernels.items():
        values[f"zero_weights.{name}"] = _share(kernel == 0, kernel.dtype)
        values[f"near_zero_weights.{name}"] = _share(tf.abs(kernel) < _NEAR_ZERO, kernel.dtype)
    return values


def _activation_stats(name: str, output: tf.Tensor) -> Values:
    return {
        f"activation_mean.{name}": tf.reduce_mean(output),
        f"activation_std.{name}": tf.math.reduce_std(output),
    }


def _dead_units(name: str, output: tf.Tensor) -> Values:
    silent = tf.reduce_all(output == 0, axis=list(range(output.shape.rank - 1)))
    return {f"dead_units.{name}": _share(silent, output.dtype)}


def _active_units(name: str, output: tf.Tensor) -> Values:
    return {f"active_units.{name}": _share(output > 0, output.dtype)}


def _preactivation_stats(name: str, inputs: tf.Tensor, _activation: Any) -> Values:
    return {
        f"preactivation_mean.{name}": tf.reduce_mean(inputs),
        f"preactivation_std.{name}": tf.math.reduce_std(inputs),
    }


def _saturated_units(name: str, inputs: tf.Tensor, activation: Any) -> Values:
    """Return the share of inputs at which sigmoid or tanh is nearly flat; nothing for other activations."""
    if activation not in _RELATIVE_SLOPES:
        return {}
    return {f"saturated_units.{name}": _share(_RELATIVE_SLOPES[activation](inputs) < _SATURATED, inputs.dtype)}


def _input_quantiles(name: str, inputs: tf.Tensor, _activation: Any) -> Values:
    """Return quantiles of the first unit's inputs, interpolated between neighbours as in NumPy."""
    ordered = tf.sort(tf.reshape(inputs[..., 0], [-1]))
    last = tf.size(ordered) - 1
    values: Values = {}
    for key, share in _QUANTILES.items():
        position = tf.cast(last, ordered.dtype) * tf.cast(share, ordered.dtype)
        below = tf.cast(tf.floor(position), tf.int32)
        low, high = ordered[below], ordered[tf.minimum(below + 1, last)]
        values[f"{key}.{name}"] = low + (high - low) * (position - tf.floor(position))
    return values


def _share(condition: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, dtype))


_WEIGHT_PROBES: dict[str, Callable[[Values], Values]] = {
    "weight_norm": _weight_norm,
    "unit_norm": _unit_norm,
    "peakiness": _peakiness,
    "zero_weights": _zero_weights,
}
_OUTPUT_PROBES: dict[str, Callable[[str, tf.Tensor], Values]] = {
    "activation_stats": _activation_stats,
    "dead_units": _dead_units,
    "active_units": _active_units,
}
_INPUT_PROBES: dict[str, Callable[[str, tf.Tensor, Any], Values]] = {
    "input_quantiles": _input_quantiles,
    "preactivation_stats": _preactivation_stats,
    "saturated_units": _saturated_units,
}
_INITIAL = ("activation_stats", "active_units", "preactivation_stats", "saturated_units")
"""Words whose values are reported before training, too."""


class _LayerOutputs:
    """The output of each layer and the input of its activation, computed by a network in inference mode.

    Attributes:
        activations: The activation function of each layer; None where a layer of another class is its activation.
    """

    def __init__(self, model: keras.Model, layers: Sequence[keras.Layer]) -> None:
        ends = [_activation_after(layer, model) for layer in layers]
        self.activations = [getattr(end, "activation", None) for end in ends]
        self._fused = [layer if _has_activation(layer) else None for layer in layers]
        before = [
            layer.input if fused else (layer.output if end is layer else end.input)
            for layer, end, fused in zip(layers, ends, self._fused, strict=True)
        ]
        # a Sequential that was never called has no .input
        inputs = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
        self._network = keras.Model(inputs, [[end.output for end in ends], before])

    def outputs(self, x: Any) -> list[tf.Tensor]:
        """Return each layer's output, after its activation."""
        return self._network(x, training=False)[0]  # type: ignore[no-any-return]

    def activation_inputs(self, x: Any) -> list[tf.Tensor]:
        """Return the input of each layer's activation."""
        before = self._network(x, training=False)[1]
        return [_without_activation(layer, x) if layer else x for layer, x in zip(self._fused, before, strict=True)]


def _has_activation(layer: keras.Layer) -> bool:
    return getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear


def _without_activation(layer: keras.Layer, x: tf.Tensor) -> tf.Tensor:
    with replaced(layer, activation=keras.activations.linear):
        return layer(x, training=False)


def _activation_after(layer: keras.Layer, model: keras.Model) -> keras.Layer:
    """Return the activation layer that a layer without activation leads to, or the layer itself."""
    here = layer
    while not _has_activation(here):
        after = {id(operation): operation for operation in consumers(here)}
        known = [operation for operation in after.values() if operation in model.layers]
        if len(known) != 1 or type(known[0]).__name__ not in (*_ACTIVATIONS, *BETWEEN_LAYER_AND_ACTIVATION):
            return layer
        here = known[0]
        if type(here).__name__ in _ACTIVATIONS:
            return here
    return here
