"""What lies where in a configuration: the roles that paths, expansion and checks walk along."""

from __future__ import annotations

from typing import Final

from experiments.language.sections import CONFIGURATION_KEYS, Data, Multiply, Scale, Split, Training

LAYER_KEYS: Final = ("repeat", "after", "before")
BLOCK_KEYS: Final = ("layers", "repeat", "skip", "after", "before")
GRADIENT_WORDS: Final = ("clipnorm", "clipvalue", "global_clipnorm", "noise")
VALUE: Final = "value"

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "configuration": CONFIGURATION_KEYS,
    "data": tuple(Data.model_fields),
    "split": tuple(Split.model_fields),
    "multiply": tuple(Multiply.model_fields),
    "scale": tuple(Scale.model_fields),
    "training": tuple(Training.model_fields),
    "block": BLOCK_KEYS,
}
"""The keys of the sections that have known ones."""

NAMED_SLOTS: Final = {
    "data": "sources",
    "model": "layers",
    "callback slots": "callbacks",
    "gradient slots": "gradients",
}
"""Sections where people name the slots, and the role of what stands in them."""

_ROLES: Final[dict[str, dict[str, str]]] = {
    "configuration": {"data": "data", "model": "model", "training": "training", "pretrain": "pretrain"},
    "data": {"split": "split", "multiply": "multiply", "scale": "scale"},
    "scale": {"inputs": "scalers", "targets": "scalers"},
    "training": {
        "optimizer": "optimizers",
        "loss": "losses",
        "metrics": "metric list",
        "callbacks": "callback slots",
        "gradients": "gradient slots",
    },
    "block": {"layers": "model"},
}


def role_below(role: str, key: str) -> str:
    """Tell the role of what lies under a key of a section: another section, a kind of component, or a plain value."""
    if key in KEYS.get(role, ()):
        return _ROLES.get(role, {}).get(key, VALUE)
    return NAMED_SLOTS.get(role, VALUE)


def is_section(role: str) -> bool:
    """Tell whether a role is a mapping with roles below it."""
    return role in KEYS or role in NAMED_SLOTS
