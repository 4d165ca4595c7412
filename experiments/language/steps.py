"""How many steps an epoch has, as far as a configuration says it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from experiments.language.allowed import EMBEDDED_ROWS
from experiments.language.configuration import Component, Configuration, DataSettings


def steps_of_an_epoch(config: Configuration) -> int:
    """Count the batches of the training rows; one where the number of rows is not known from the configuration."""
    batch, rows = config.training.batch_size, _training_rows(config.data)
    return 1 if batch == "all" else max(1, math.ceil(rows / int(batch)))


def _training_rows(data: DataSettings) -> float:
    train = data.split.train
    if isinstance(train, Mapping):
        return float(sum(train.values()))
    if train > 1 or isinstance(train, int):
        return float(train)
    return float(train) * sum(map(_rows, data.sources.values()))


def _rows(source: Component) -> int:
    if source.name == "table":
        return len(source.arguments["x"])
    rows = source.get("n_samples", EMBEDDED_ROWS.get(source.name, 0))
    return int(rows) if isinstance(rows, int) else sum(rows)
