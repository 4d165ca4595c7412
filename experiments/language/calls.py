"""A component as a call of Keras or scikit-learn: the callee by its public name, with the values of its arguments.

>>> from experiments.language.components import Component
>>> penalized = Component.from_plain({"Dense": {"units": 5, "bias_regularizer": {"L2": {"l2": 1}}}}, "model.hidden")
>>> call = call_of("layers", penalized)
>>> call.callee, call.arguments["units"]
('keras.layers.Dense', 5)
>>> call.arguments["bias_regularizer"]
Call(callee='keras.regularizers.L2', arguments={'l2': 1.0}, path='model.hidden.bias_regularizer')
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from experiments.language.allowed import KERAS_NAMESPACES, own_words
from experiments.language.components import Component
from experiments.language.signatures import classes, identifiers, slot_of

_NAMESPACES = {
    **KERAS_NAMESPACES,
    "activations": "keras.layers",  # with arguments, an activation is a layer such as LeakyReLU
    "callbacks": "keras.callbacks",
    "scalers": "sklearn.preprocessing",
    "encoders": "sklearn.preprocessing",
    "imputers": "sklearn.impute",
    "sources": "sklearn.datasets",
}
_TUPLES = ("center_box", "feature_range", "n_samples", "quantile_range")


@dataclass(frozen=True)
class Call:
    """A call with keyword arguments.

    Attributes:
        callee: Dotted public name, such as "keras.layers.Dense"; without a dot, a class of this project.
        arguments: Argument → plain value or ``Call``, in the order of the callee's signature.
        path: Dotted path of the component in its configuration, for error messages.
    """

    callee: str
    arguments: Mapping[str, Any]
    path: str = ""

    @property
    def name(self) -> str:
        """The callee without its namespace."""
        return self.callee.rpartition(".")[2]

    @property
    def nested(self) -> Iterator[tuple[str, Call]]:
        """The arguments that are calls themselves."""
        return ((key, value) for key, value in self.arguments.items() if isinstance(value, Call))

    def with_arguments(self, **arguments: Any) -> Call:
        """Return the call with further or other arguments."""
        return replace(self, arguments={**self.arguments, **arguments})

    def to_plain(self) -> list[Any]:
        """Return callee and arguments as JSON has them, without the path."""
        plain = {key: value.to_plain() if isinstance(value, Call) else value for key, value in self.arguments.items()}
        return [self.callee, plain]

    @cached_property
    def _text(self) -> str:
        return json.dumps(self.to_plain(), sort_keys=True)

    def __hash__(self) -> int:
        """Hash the call as text, because arguments may be lists."""
        return hash(self._text)


def call_of(kind: str, component: Component) -> Call:
    """Return the call that makes what a component describes.

    Lists become tuples where scikit-learn needs them. An integer becomes a float where the default is one: YAML's 1 is
    an integer, which Keras refuses as a learning rate or a momentum.

    Args:
        kind: "layers", "optimizers", …; as in the table of signatures.
        component: A class with arguments, or a string identifier of a class, such as "adam".
    """
    name = identifiers(kind).get(component.name) or component.name
    signature = classes(kind).get(name, {})
    arguments = {key: component.arguments[key] for key in signature if key in component.arguments}
    arguments |= component.arguments  # what the signature lacks, for Keras to refuse
    values = {key: _value(key, value, signature.get(key, {}).get("default")) for key, value in arguments.items()}
    return Call(name if name in own_words().get(kind, {}) else f"{_NAMESPACES[kind]}.{name}", values, component.path)


def signature_of(call: Call) -> Mapping[str, Mapping[str, Any]]:
    """Return the arguments of a call's callee, each with its default or as required, in the constructor's order."""
    namespace = call.callee.rpartition(".")[0]
    kinds = (kind for kind, known in _NAMESPACES.items() if known == namespace and call.name in classes(kind))
    return classes(next(kinds, "")).get(call.name, {})


def _value(argument: str, value: Any, default: Any) -> Any:
    if isinstance(value, Component):
        slot = slot_of(argument)
        return value.name if value.identifier or slot is None else call_of(slot, value)
    if isinstance(value, list) and argument in _TUPLES:
        return tuple(value)
    return float(value) if type(value) is int and isinstance(default, float) else value
