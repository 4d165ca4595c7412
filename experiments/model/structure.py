"""How a resolved configuration is put together: components and layers. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def name_and_arguments(component: Any) -> tuple[str, dict[str, Any]]:
    """Part a component into its class name and its arguments."""
    if isinstance(component, str):
        return component, {}
    name, arguments = next(iter(component.items()))
    return name, dict(arguments or {})


def arguments_of(component: Any) -> Any:
    """Give the mapping of a component's arguments itself, to change it in place."""
    return {} if isinstance(component, str) else next(iter(component.values())) or {}


def layer_components(model: Mapping[str, Any], path: str = "model") -> Iterator[tuple[str, str, Any]]:
    """List the layers of a resolved model in order, those inside residual blocks too.

    Yields:
        Dotted path, layer name, component.
    """
    for name, component in model.items():
        if isinstance(component, Mapping) and "layers" in component:
            yield from layer_components(component["layers"], f"{path}.{name}.layers")
        else:
            yield f"{path}.{name}", name, component
