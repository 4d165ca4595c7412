"""Small resolved configurations, as the study room gives them."""

from typing import Any

MOONS = {"make_moons": {"n_samples": 100, "noise": 0.2, "random_state": 1}}
REGRESSION = {"make_regression": {"n_samples": 200, "n_features": 5, "noise": 0.1, "random_state": 1}}
OUTPUT = {"Dense": {"units": 1, "activation": "sigmoid"}}


def dense(units: int = 5, **arguments: Any) -> dict[str, Any]:
    return {"Dense": {"units": units, "activation": "relu", **arguments}}


def data(source: Any = None, split: Any = None, **words: Any) -> dict[str, Any]:
    """A configuration that has only its `data`."""
    split = split or {"train": 30, "test": 70}
    return {"data": {"points": source or MOONS, "split": split, **words}}


def configuration(
    model: dict[str, Any] | None = None, source: Any = None, split: Any = None, **training: Any
) -> dict[str, Any]:
    """A whole configuration: two moons and a small network unless told otherwise."""
    return {
        **data(source, split),
        "model": model or {"hidden": dense(), "output": OUTPUT},
        "training": {
            "optimizer": {"Adam": {}},
            "loss": "binary_crossentropy",
            "metrics": ["accuracy"],
            "epochs": 3,
            "batch_size": 32,
            "validate_on": "test",
            "validation_freq": 1,
            "shuffle": True,
            **training,
        },
        "record": [],
    }
