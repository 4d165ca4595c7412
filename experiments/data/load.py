"""The arrays of one run, from the `data` section of a configuration. Needs scikit-learn, not TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.data.fresh import FRESH_ROWS, SourceRows
from experiments.data.labels import label_noise_seed, noisy_labels, one_hot, task_of
from experiments.data.own_tables import encoded_inputs, load_table
from experiments.data.scaling import FittedScaler, fit_scaler, multiply
from experiments.data.sources import draw_source
from experiments.data.split import split_rows, split_seed
from experiments.errors import config_error
from experiments.language.components import Component
from experiments.language.configuration import Configuration, DataSettings
from experiments.language.table_sources import file_table


@dataclass(frozen=True)
class Data:
    """The arrays of one run.

    Attributes:
        x_train: Inputs, shape (rows, features), float32; so are all x.
        y_train: Targets, shape (rows,) or (rows, targets): int32 for classes, else float32; so are all y.
        x_fresh: 10,000 rows from the same distribution that nothing was fitted to, or None.
        target_scaler: The fitted scikit-learn scaler of the targets, None if they are not scaled.
        task: "binary", "multiclass", "multilabel" or "regression".
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray | None
    y_validation: np.ndarray | None
    x_test: np.ndarray
    y_test: np.ndarray
    x_fresh: np.ndarray | None
    y_fresh: np.ndarray | None
    target_scaler: object | None
    task: str


def load_data(config: Configuration, protocol: str, seed: int) -> Data:
    """Return the rows of one run: drawn, split, with label noise, and scaled.

    Args:
        config: Resolved configuration.
        protocol: "published": the one data set of the configuration. "fresh": rows drawn with the run's own seed (or,
            for a fixed set that is shuffled, the run's own split). Label noise depends on the run under both: it
            belongs to the training, not to the data.
        seed: Seed of the run.

    Raises:
        ConfigError: The sources, the split and the scalers do not fit together.
        ExperimentsError: A source cannot be loaded on this machine.
    """
    data = config.data
    table = file_table(data)
    if table is not None:
        return _load_file(data, table, protocol, seed)
    sources = _draw(data, protocol, seed)
    slot_of_row = np.concatenate([np.full(len(rows.x), slot) for slot, rows in sources.items()])
    sets = split_rows(data.split, slot_of_row, split_seed(protocol, seed))
    rows = _stack(sources, _shares(slot_of_row[sets["test"]], sources))
    return _arrays(data, rows, sets, label_noise_seed(seed))


def _load_file(data: DataSettings, source: Component, protocol: str, seed: int) -> Data:
    """Return the rows of a table from a file."""
    slot = next(name for name, other in data.sources.items() if other is source)
    table = load_table(slot, source, data.folder)
    y = table.targets.values
    sets = split_rows(
        data.split,
        np.full(len(y), slot),
        split_seed(protocol, seed),
        classes=y if table.targets.classes else None,
        groups=table.groups,
    )
    x = encoded_inputs(table, source, sets["train"])
    rows = _multiplied(SourceRows(x, y), data.multiply.inputs, data.multiply.targets)
    return _arrays(data, rows, sets, label_noise_seed(seed))


def _draw(data: DataSettings, protocol: str, seed: int) -> dict[str, SourceRows]:
    sources = {}
    for slot, source in data.sources.items():
        rows = draw_source(slot, source, protocol, seed)
        sources[slot] = _multiplied(rows, data.multiply.inputs, data.multiply.targets)
    if not sources:
        raise config_error("data", "names no source of rows")
    shapes = {slot: (rows.x.shape[1:], rows.y.shape[1:]) for slot, rows in sources.items()}
    if len(set(shapes.values())) > 1:
        raise config_error("data", f"sources of different widths cannot be stacked: {shapes}")
    return sources


def _multiplied(rows: SourceRows, inputs: Any, targets: Any) -> SourceRows:
    rows = replace(rows, x=multiply(rows.x, inputs), y=multiply(rows.y, targets))
    if rows.x_fresh is None or rows.y_fresh is None:
        return rows
    return replace(rows, x_fresh=multiply(rows.x_fresh, inputs), y_fresh=multiply(rows.y_fresh, targets))


def _shares(slots_of_test: np.ndarray, sources: Mapping[str, SourceRows]) -> dict[str, int]:
    """Return how many of the 10,000 fresh rows come from each source: the mixture of the test rows."""
    counts = [int(np.sum(slots_of_test == slot)) for slot in sources]
    ends = np.round(np.cumsum(counts) / len(slots_of_test) * FRESH_ROWS).astype(int)
    return dict(zip(sources, np.diff(ends, prepend=0).tolist(), strict=True))


def _stack(sources: Mapping[str, SourceRows], shares: Mapping[str, int]) -> SourceRows:
    parts = list(sources.values())
    wanted = [(rows, shares[slot]) for slot, rows in sources.items() if shares[slot] > 0]
    x_fresh = [rows.x_fresh[:share] for rows, share in wanted if rows.x_fresh is not None]
    y_fresh = [rows.y_fresh[:share] for rows, share in wanted if rows.y_fresh is not None]
    known = len(x_fresh) == len(wanted)
    return SourceRows(
        np.concatenate([rows.x for rows in parts]),
        np.concatenate([rows.y for rows in parts]),
        np.concatenate(x_fresh) if known else None,
        np.concatenate(y_fresh) if known else None,
    )


def _arrays(data: DataSettings, rows: SourceRows, sets: Mapping[str, np.ndarray], noise_seed: int) -> Data:
    task = task_of(rows.y)
    classes = int(rows.y.max()) + 1 if task in ("binary", "multiclass") else 2
    rows = _with_label_noise(data, rows, sets["train"], classes, noise_seed)
    fitted_on = slice(None) if data.scale.fit_on == "all" else sets["train"]
    x_scaler = fit_scaler(data.scale.inputs, rows.x[fitted_on])
    y_scaler = fit_scaler(data.scale.targets, rows.y[fitted_on])

    def finish(x: np.ndarray | None, y: np.ndarray | None) -> tuple[Any, Any]:
        if x is None or y is None:
            return None, None
        return _inputs(x, x_scaler), _targets(y, y_scaler, classes if data.one_hot else 0)

    pairs = {name: finish(rows.x[chosen], rows.y[chosen]) for name, chosen in sets.items()}
    train, test, fresh = pairs["train"], pairs["test"], finish(rows.x_fresh, rows.y_fresh)
    return Data(*train, *pairs.get("validation", (None, None)), *test, *fresh, y_scaler.scaler, task)


def _with_label_noise(data: DataSettings, rows: SourceRows, train: np.ndarray, classes: int, seed: int) -> SourceRows:
    if not data.label_noise:
        return rows
    y = rows.y.copy()
    y[train] = noisy_labels(y[train], data.label_noise, classes, seed)
    return replace(rows, y=y)


def _inputs(x: np.ndarray, scaler: FittedScaler) -> np.ndarray:
    return scaler.transform(x).astype(np.float32)


def _targets(y: np.ndarray, scaler: FittedScaler, one_hot_classes: int) -> np.ndarray:
    y = scaler.transform(y)
    if one_hot_classes:
        return one_hot(y, one_hot_classes).astype(np.float32)
    return y.astype(np.float32 if y.dtype.kind == "f" else np.int32)
