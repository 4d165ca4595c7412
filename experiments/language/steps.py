"""How many steps an epoch has, as far as a configuration says it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.language.allowed import EMBEDDED_ROWS
from experiments.language.structure import sources_of


def steps_of_an_epoch(config: Mapping[str, Any]) -> int:
    """Count the batches of the training rows; one where the number of rows is not known from the configuration."""
    batch, rows = config["training"].get("batch_size", 32), _training_rows(config["data"])
    return 1 if batch == "all" else max(1, math.ceil(rows / int(batch)))


def _training_rows(data: Mapping[str, Any]) -> float:
    train = (data.get("split") or {}).get("train", 0)
    if isinstance(train, Mapping):
        return float(sum(train.values()))
    if train > 1 or isinstance(train, int):
        return float(train)
    return float(train) * sum(map(_rows, sources_of(data).values()))


def _rows(source: Any) -> int:
    name, arguments = next(iter(source.items())) if isinstance(source, Mapping) else (source, {})
    if name == "table":
        return len(arguments["x"])
    rows = (arguments or {}).get("n_samples", EMBEDDED_ROWS.get(name, 0))
    return int(rows) if isinstance(rows, int) else sum(rows)
