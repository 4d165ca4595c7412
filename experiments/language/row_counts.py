"""Numbers of rows and of steps, as far as they follow from a configuration.

>>> rows_of(Component("make_moons", {"n_samples": [40, 60]})), rows_of(Component("load_iris"))
(100, 150)
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from experiments.language.allowed import FIXED_ROWS
from experiments.language.configuration import Component, Configuration, DataSettings
from experiments.language.signatures import classes


def is_generator(source: str) -> bool:
    """Return whether a source draws its rows from a seed, so that each repeat can have its own."""
    return source.startswith("make_")


def rows_of(source: Component) -> int | None:
    """Return the number of rows of a source, None if it does not follow from the configuration."""
    if source.name == "table":
        return len(source.arguments["x"])
    if source.name in FIXED_ROWS:
        return FIXED_ROWS[source.name] if source.get("n_class", 10) == 10 else None
    count = source.get("n_samples", classes("sources").get(source.name, {}).get("n_samples", {}).get("default"))
    return sum(count) if isinstance(count, list) else count


def steps_of_an_epoch(config: Configuration) -> int:
    """Return the number of batches of the training rows; 1 if it does not follow from the configuration."""
    batch, rows = config.training.batch_size, _training_rows(config.data)
    return 1 if batch == "all" else max(1, math.ceil(rows / int(batch)))


def _training_rows(data: DataSettings) -> float:
    train = data.split.train
    if isinstance(train, Mapping):
        return float(sum(train.values()))
    if train > 1 or isinstance(train, int):
        return float(train)
    return float(train) * sum(rows_of(source) or 0 for source in data.sources.values())
