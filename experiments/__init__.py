"""Case studies of deep learning as YAML files: 30 seeds in seconds, honest intervals, verdicts.

The public functions are imported on first use, so that a command that trains nothing does not import TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments import jit_choice

if TYPE_CHECKING:
    from experiments.functions.compare import compare
    from experiments.seeds import derive_seed
    from experiments.store.loading import load_history, load_results
    from experiments.training.fit import explain, fit

__all__ = ["compare", "derive_seed", "explain", "fit", "load_history", "load_results"]

jit_choice.remember()


def __getattr__(name: str) -> Any:
    """Import a public function when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'experiments' has no attribute {name!r}")
    if name in ("explain", "fit"):
        from experiments.training import fit

        return getattr(fit, name)
    if name == "compare":
        from experiments.functions.compare import compare

        return compare
    if name == "derive_seed":
        from experiments.seeds import derive_seed

        return derive_seed
    from experiments.store import loading

    return getattr(loading, name)
