"""Whether the loss, the output layer and the targets fit together, as far as names and shapes show it.

Only what cannot train sensibly is refused here. Everything else is left to Keras, which ``check --build`` asks.

>>> softmax = Network.from_plain({"output": {"Dense": {"units": 1, "activation": "softmax"}}})
>>> print(misfit(softmax, Component("binary_crossentropy", identifier=True), classes=2, one_hot=False))
the softmax of one unit is always 1, so 'output' cannot learn; expected activation: sigmoid
>>> misfit(softmax, Component("hinge", identifier=True), classes=2, one_hot=False)
''
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.language.components import Block, Component, Network
from experiments.language.metrics import snake_case

_BINARY = ("binary_crossentropy", "bce", "binary_focal_crossentropy")
_CATEGORICAL = ("categorical_crossentropy", "categorical_focal_crossentropy")
_SPARSE = ("sparse_categorical_crossentropy",)


@dataclass(frozen=True)
class _Output:
    """The last layer with units, and the activation of the model's output."""

    name: str
    units: int
    activation: str


def misfit(network: Network, loss: Component, *, classes: int | None, one_hot: bool) -> str:
    """Return why a network cannot learn with a loss, or an empty text.

    Args:
        network: The model.
        loss: The loss.
        classes: Number of classes; None where the targets are no classes or it is not known.
        one_hot: Whether classes are one-hot rows.
    """
    name = snake_case(loss.name)
    if name not in (*_BINARY, *_CATEGORICAL, *_SPARSE):
        return ""
    output = _output_of(network)
    wrong_targets = _wrong_targets(name, classes, one_hot)
    if wrong_targets or output is None:
        return wrong_targets
    return _wrong_output(name, loss, output, classes) or _wrong_width(name, output, classes, one_hot)


def _wrong_targets(name: str, classes: int | None, one_hot: bool) -> str:
    if name in _SPARSE and one_hot:
        return f"{name!r} expects integer classes, but data.one_hot is true; expected 'categorical_crossentropy'"
    if name in _CATEGORICAL and classes and not one_hot:
        return f"{name!r} expects one-hot rows; expected data.one_hot: true, or 'sparse_categorical_crossentropy'"
    return ""


def _wrong_output(name: str, loss: Component, output: _Output, classes: int | None) -> str:
    if name in _CATEGORICAL and output.units == 1:
        return f"{name!r} of one unit is always 0, so {output.name!r} cannot learn; expected a unit for each class"
    if name in _SPARSE and classes and output.units < classes:
        return f"{output.name!r} has {output.units} units for {classes} classes; expected a unit for each class"
    if output.activation == "softmax" and output.units == 1:
        return f"the softmax of one unit is always 1, so {output.name!r} cannot learn; expected activation: sigmoid"
    if output.activation == "linear" and not loss.get("from_logits"):
        better = "sigmoid" if name in _BINARY else "softmax"
        return (
            f"{name!r} expects probabilities, but {output.name!r} is linear; expected activation: {better}, "
            "or the loss with from_logits: true"
        )
    return ""


def _wrong_width(name: str, output: _Output, classes: int | None, one_hot: bool) -> str:
    """Return why the targets do not have as many columns as the output has units, which Keras refuses in training."""
    if not classes or name in _SPARSE:
        return ""
    columns = classes if one_hot else 1
    if output.units == columns:
        return ""
    targets = f"one-hot rows of {classes} classes" if one_hot else "one column of classes"
    return f"{output.name!r} has {_units(output.units)} for {targets}; expected {_units(columns)}"


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def _output_of(network: Network) -> _Output | None:
    """Find the output layer; None where the model does not end in a Dense layer, or in one and its activation."""
    if not network.parts or isinstance(network.parts[-1], Block):
        return None
    dense, activation = network.parts[-1], _activation(network.parts[-1].component)
    if dense.component.name in ("Activation", "Softmax") and len(network.parts) > 1:
        before = network.parts[-2]
        if isinstance(before, Block) or _activation(before.component) != "linear":
            return None
        dense = before
    if dense.component.name != "Dense":
        return None
    return _Output(dense.name, dense.component.arguments["units"], activation)


def _activation(layer: Component) -> str:
    activation = layer.get("activation")
    if isinstance(activation, Component):
        return snake_case(activation.name)
    return "softmax" if layer.name == "Softmax" else "linear"
