"""Components, and the layers and blocks of a network made of them, decoded once from plain data.

>>> network = Network.from_plain({"hidden": {"Dense": {"units": 5, "activation": "relu"}}, "out": {"Flatten": {}}})
>>> [layer.path for layer in network.layers]
['model.hidden', 'model.out']
>>> network.layers[0].component
Dense(units=5, activation='relu')
>>> network.layers[0].component.to_plain()
{'Dense': {'units': 5, 'activation': 'relu'}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from experiments.language.located import plain
from experiments.language.signatures import slot_of

Plain: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Component:
    """A class with its arguments, such as ``{Dropout: {rate: 0.4}}``, or a string identifier, such as ``relu``.

    Attributes:
        name: The class, or the identifier.
        arguments: Argument → plain value, or the component that fills the argument.
        identifier: Whether it was a string.
        path: Where it stands in the configuration, as a dotted path such as ``model.drop``.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    identifier: bool = False
    path: str = field(default="", compare=False)

    @classmethod
    def from_plain(cls, value: Any, path: str = "") -> Component:
        """Decode ``{ClassName: {argument: value}}`` or a string.

        Args:
            value: Plain data.
            path: Where it stands in the configuration.
        """
        if isinstance(value, str):
            return cls(value, {}, True, path)
        ((name, given),) = value.items()
        return cls(name, {key: _argument(key, item, path) for key, item in (given or {}).items()}, False, path)

    def get(self, argument: str, default: Any = None) -> Any:
        """Return the value of an argument, or a default where the configuration does not set it."""
        return self.arguments.get(argument, default)

    def with_arguments(self, changes: Mapping[str, Any]) -> Component:
        """Return a copy in which some arguments have other values."""
        return replace(self, arguments={**self.arguments, **changes})

    def to_plain(self) -> Any:
        """Return the component as it is stored: a mapping with one key, or a string."""
        return self.name if self.identifier else {self.name: plain(self.arguments)}

    def __repr__(self) -> str:
        """Write the component like a call."""
        if self.identifier:
            return repr(self.name)
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"


def _argument(argument: str, value: Any, path: str) -> Any:
    if isinstance(value, str | dict) and slot_of(argument):
        return Component.from_plain(value, f"{path}.{argument}")
    return plain(value)


@dataclass(frozen=True, slots=True)
class Layer:
    """A named layer of a model."""

    name: str
    component: Component

    @property
    def path(self) -> str:
        """The dotted path, such as ``model.hidden`` or ``model.block.layers.block_hidden``."""
        return self.component.path

    def to_plain(self) -> Any:
        """Return what stands under the layer's name."""
        return self.component.to_plain()


@dataclass(frozen=True, slots=True)
class Block:
    """Layers with a name in common; with ``skip`` "add" their input is added to their output."""

    name: str
    layers: tuple[Layer, ...]
    skip: str = "none"
    path: str = field(default="", compare=False)

    def to_plain(self) -> Plain:
        """Return what stands under the block's name."""
        return {"layers": {layer.name: layer.to_plain() for layer in self.layers}, "skip": self.skip}


@dataclass(frozen=True, slots=True)
class Network:
    """The layers and blocks of a model, in order."""

    parts: tuple[Layer | Block, ...]

    @classmethod
    def from_plain(cls, model: Mapping[str, Any], path: str = "model") -> Network:
        """Decode an unfolded ``model`` section."""
        return cls(tuple(_part(name, value, f"{path}.{name}") for name, value in model.items()))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order, those inside blocks too."""
        return tuple(layer for part in self.parts for layer in (part.layers if isinstance(part, Block) else (part,)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of layers and blocks at the top."""
        return tuple(part.name for part in self.parts)

    def to_plain(self) -> Plain:
        """Return the ``model`` section."""
        return {part.name: part.to_plain() for part in self.parts}


def _part(name: str, value: Any, path: str) -> Layer | Block:
    if isinstance(value, Mapping) and "layers" in value:
        layers = Network.from_plain(value["layers"], f"{path}.layers").layers
        return Block(name, layers, value.get("skip", "none"), path)
    return Layer(name, Component.from_plain(value, path))
