"""Case studies of deep learning as YAML files: 30 seeds in seconds, honest intervals, verdicts.

The public doors are loaded on first use, so that a command that trains nothing never imports TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments import jit_choice

if TYPE_CHECKING:
    from experiments.store.load import load_history, load_results
    from experiments.training.fit import fit

__all__ = ["fit", "load_history", "load_results"]

jit_choice.remember()

_DOORS = {
    "fit": "experiments.training.fit",
    "load_history": "experiments.store.load",
    "load_results": "experiments.store.load",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for."""
    if name not in _DOORS:
        raise AttributeError(f"module 'experiments' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_DOORS[name]), name)
