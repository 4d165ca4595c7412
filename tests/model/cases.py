"""Small resolved configurations, as the language package resolves them."""

from dataclasses import replace
from typing import Any

from experiments.language.configuration import Configuration, DataSettings

MOONS = {"make_moons": {"n_samples": 100, "noise": 0.2, "random_state": 1}}
REGRESSION = {"make_regression": {"n_samples": 200, "n_features": 5, "noise": 0.1, "random_state": 1}}
OUTPUT = {"Dense": {"units": 1, "activation": "sigmoid"}}


def dense(units: int = 5, **arguments: Any) -> dict[str, Any]:
    return {"Dense": {"units": units, "activation": "relu", **arguments}}


def configuration(
    model: dict[str, Any] | None = None, source: Any = None, split: Any = None, **training: Any
) -> Configuration:
    """A whole configuration: two moons and a small network unless told otherwise."""
    return Configuration.from_plain(
        {
            "data": {"points": source or MOONS, "split": split or {"train": 30, "test": 70}},
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
                "callbacks": {},
                "gradients": {},
                **training,
            },
            "record": [],
        }
    )


def with_data(config: Configuration, **words: Any) -> Configuration:
    """The same with other sources and keys of its `data`."""
    return replace(config, data=DataSettings.from_plain(config.data.to_plain() | words))


def data(source: Any = None, split: Any = None, **words: Any) -> Configuration:
    """A configuration of which only its `data` matters."""
    return with_data(configuration(source=source, split=split), **words)
