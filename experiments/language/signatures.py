"""The committed table of signatures: what Keras and scikit-learn accept, known without importing them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from experiments.language.allowed import own_words

_ACTIVATION_LAYERS = ("ELU", "LeakyReLU", "ReLU", "Softmax")  # those without weights can stand in `activation:`
TABLE_FILE = Path(__file__).with_name("signatures.json")


@cache
def _table() -> dict[str, Any]:
    """Return the committed table with the components that are ours added to it."""
    table: dict[str, Any] = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    for kind, own in own_words().items():
        table["components"][kind].update(own)
    return table


def classes(kind: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Give the components of a kind.

    Args:
        kind: "layers", "optimizers", "sources", … as in the table.

    Returns:
        name → argument → ``{"default": value}`` or ``{"required": True}``; arguments in the constructor's order.
    """
    components: dict[str, dict[str, dict[str, dict[str, Any]]]] = _table()["components"]
    if kind == "activations":
        return {name: components["layers"][name] for name in _ACTIVATION_LAYERS}
    return components.get(kind, {})


def identifiers(kind: str) -> dict[str, str]:
    """Give the string identifiers of a kind, such as ``he_uniform``, with the class each stands for ("" if none)."""
    found: dict[str, str] = _table()["identifiers"].get(kind, {})
    return found


def first_argument(kind: str, name: str) -> str | None:
    """Name the first argument of a component's constructor, which ``{ClassName: value}`` sets."""
    return next(iter(classes(kind)[name]), None)
