"""From a resolved configuration and a seed to arrays and a compiled Keras model.

What needs TensorFlow is loaded on first use: the arrays alone do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.build.data import Data, load_data
from experiments.build.scaling import mse_original

if TYPE_CHECKING:
    from experiments.build.callbacks import build_callbacks
    from experiments.build.losses import score_predictions
    from experiments.build.model import build_model, reset_model
    from experiments.build.program import program_key
    from experiments.build.trial import try_model

__all__ = [
    "Data",
    "build_callbacks",
    "build_model",
    "load_data",
    "mse_original",
    "program_key",
    "reset_model",
    "score_predictions",
    "try_model",
]

_DOORS = {
    "build_callbacks": "callbacks",
    "build_model": "model",
    "program_key": "program",
    "reset_model": "model",
    "score_predictions": "losses",
    "try_model": "trial",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for."""
    if name not in _DOORS:
        raise AttributeError(f"module 'experiments.build' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"experiments.build.{_DOORS[name]}"), name)
