"""Which runs can share one built and compiled model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from experiments.model.numbers import input_numbers

_SHAPES_THE_PROGRAM = (
    "optimizer",
    "loss",
    "metrics",
    "batch_size",
    "validate_on",
    "validation_freq",
    "shuffle",
    "gradients",
    "weight_noise",
)


def program_key(config: Mapping[str, Any]) -> str:
    """Name the program that a run needs: equal keys (and array shapes) can share one built model.

    Left out is what ``reset_model`` puts into a built model: initializers, learning rate and weight decay, penalty
    factors, norm and clipping bounds, dropout rates, noise deviations; all that only concerns the rows; and what a
    trainer is told with each training: epochs and callbacks.

    Args:
        config: Resolved configuration.
    """
    plain = _plain(config)
    for _, arguments, argument in list(input_numbers(plain)):
        arguments[argument] = "input"
    key = {
        "model": _in_order(plain["model"]),
        "training": {word: plain["training"].get(word) for word in _SHAPES_THE_PROGRAM},
        "record": [word for word in plain.get("record") or () if isinstance(word, str)],
        "freeze": plain.get("freeze") or [],
    }
    return json.dumps(key, sort_keys=True)


def _plain(node: Any) -> Any:
    """Copy nested mappings and sequences as dicts and lists."""
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list | tuple) else node


def _in_order(model: Mapping[str, Any]) -> list[Any]:
    """Write the layers as pairs, since their order counts, without their initializers."""
    pairs: list[Any] = []
    for name, component in model.items():
        if isinstance(component, Mapping) and "layers" in component:
            pairs.append([name, _in_order(component["layers"]), component.get("skip")])
        elif isinstance(component, Mapping):
            class_name, arguments = next(iter(component.items()))
            kept = {key: value for key, value in (arguments or {}).items() if not key.endswith("_initializer")}
            pairs.append([name, class_name, kept])
        else:
            pairs.append([name, component, {}])
    return pairs
