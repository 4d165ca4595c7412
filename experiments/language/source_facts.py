"""Rows, classes and targets of the data sources, as far as they follow from a configuration.

>>> rows_of(Component("make_moons", {"n_samples": [40, 60]})), rows_of(Component("load_iris"))
(100, 150)
>>> has_real_targets("make_regression"), has_real_targets("load_iris")
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

from experiments.language.allowed import FIXED_ROWS
from experiments.language.components import Component
from experiments.language.configuration import Configuration, DataSettings
from experiments.language.signatures import classes
from experiments.language.table_sources import file_table, is_file_table, table_of

_REAL_TARGETS = (
    *("make_regression", "make_friedman1", "make_friedman2", "make_friedman3"),
    *("make_s_curve", "make_swiss_roll", "make_sparse_uncorrelated"),
    *("load_diabetes", "load_linnerud"),
)
_CLASSES = {
    "load_breast_cancer": 2,
    "load_iris": 3,
    "load_wine": 3,
    "make_circles": 2,
    "make_hastie_10_2": 2,
    "make_moons": 2,
    "mnist": 10,
    "fashion_mnist": 10,
}
_CLASSES_ARGUMENT = {
    "load_digits": "n_class",
    "make_classification": "n_classes",
    "make_gaussian_quantiles": "n_classes",
}


FreshKind: TypeAlias = Literal["new rows", "new problem", "re-splits"]
"""What each repeat of the fresh protocol draws anew."""

_OWN_DISTRIBUTIONS = ("make_classification", "make_multilabel_classification", "make_regression")
"""Generators whose seed draws centres, coefficients or probabilities; blobs may have centres of their own."""
_EQUAL_CLASSES = (
    *("make_blobs", "make_circles", "make_classification", "make_gaussian_quantiles", "make_hastie_10_2"),
    *("make_moons", "load_digits", "load_iris", "mnist", "fashion_mnist"),
)


def is_generator(source: str) -> bool:
    """Return whether a source draws its rows from a seed, so that each repeat can have its own."""
    return source.startswith("make_")


def rows_of(source: Component, folder: str = "") -> int | None:
    """Return the number of rows of a source, None if it does not follow from the configuration.

    Args:
        source: The source.
        folder: The folder of the study's file, for a table from a file.
    """
    if is_file_table(source):
        return len(table_of(source, folder).inputs)
    if source.name == "table":
        return len(source.arguments["x"])
    if source.name in FIXED_ROWS:
        return FIXED_ROWS[source.name] if source.get("n_class", 10) == 10 else None
    count = source.get("n_samples", classes("sources").get(source.name, {}).get("n_samples", {}).get("default"))
    return sum(count) if isinstance(count, list) else count


def has_real_targets(source: str) -> bool:
    """Return whether the targets of a source are real numbers instead of classes."""
    return source in _REAL_TARGETS


def classes_of(data: DataSettings) -> int | None:
    """Return the number of classes of the targets; None where they are no classes or it is not known."""
    if data.multiply.targets is not None or data.scale.targets is not None:
        return None
    table = file_table(data)
    if table is not None:
        return len(table_of(table, data.folder).targets.classes) or None
    counts = [_classes_of_source(source) for source in data.sources.values()]
    known = [count for count in counts if count is not None]
    return max(known) if known and len(known) == len(counts) else None


def _classes_of_source(source: Component) -> int | None:
    if source.name in _CLASSES:
        return _CLASSES[source.name]
    if source.name in _CLASSES_ARGUMENT:
        argument = _CLASSES_ARGUMENT[source.name]
        count = source.get(argument, classes("sources")[source.name][argument]["default"])
        return int(count)
    if source.name == "make_blobs":
        centers, rows = source.get("centers"), source.get("n_samples")
        counted = rows if isinstance(rows, list) else centers
        return len(counted) if isinstance(counted, list) else counted or 3
    return None


def equal_classes_of(data: DataSettings) -> int | None:
    """Return the number of classes where all are known to have about as many rows; None elsewhere."""
    return classes_of(data) if all(map(_has_equal_classes, data.sources.values())) else None


def _has_equal_classes(source: Component) -> bool:
    uneven = isinstance(source.get("n_samples"), list) or source.get("weights") is not None
    return source.name in _EQUAL_CLASSES and not uneven


def fresh_kind(data: DataSettings) -> FreshKind:
    """Return what each repeat of the fresh protocol draws anew.

    Returns:
        "new rows" of one distribution; a "new problem", where the generator's seed draws centres, coefficients or
        probabilities too; or "re-splits" of the same rows.
    """
    tested = data.split.test if isinstance(data.split.test, Mapping) else data.sources
    sources = [data.sources[slot] for slot in tested]
    if not all(is_generator(source.name) for source in sources):
        return "re-splits"
    return "new problem" if any(map(_draws_its_distribution, sources)) else "new rows"


def _draws_its_distribution(source: Component) -> bool:
    if source.name == "make_blobs":
        return not isinstance(source.get("centers"), list)
    return source.name in _OWN_DISTRIBUTIONS


def split_overlap(data: DataSettings) -> float:
    """Return the test rows for each other row if the repeats of ``fresh`` are splits of the same rows, else 0."""
    if fresh_kind(data) != "re-splits":
        return 0.0
    counts = [rows_of(source, data.folder) for source in data.sources.values()]
    rows = float(sum(count or 0 for count in counts))
    sets: dict[str, float] = {}
    for name, amount in data.split.amounts.items():
        if isinstance(amount, Mapping):
            return 0.0  # rows dealt by source are never permuted
        sets[name] = amount * rows if isinstance(amount, float) else amount
    # Where the size of a source is not known, at least the rows that are dealt are there.
    rows = rows if all(counts) else float(sum(sets.values()))
    return sets["test"] / (rows - sets["test"])


def steps_of_an_epoch(config: Configuration) -> int:
    """Return the number of batches of the training rows; 1 if it does not follow from the configuration."""
    batch, rows = config.training.batch_size, training_rows(config.data)
    return 1 if batch == "all" else max(1, math.ceil(rows / int(batch)))


def training_rows(data: DataSettings) -> float:
    """Return the number of training rows; of shares of a source of unknown size that of the known ones."""
    train = data.split.train
    if isinstance(train, Mapping):
        return float(sum(train.values()))
    if train > 1 or isinstance(train, int):
        return float(train)
    return float(train) * sum(rows_of(source, data.folder) or 0 for source in data.sources.values())
