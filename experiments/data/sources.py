"""Data sources by name: scikit-learn's generators and embedded sets, Keras' digits, and small tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from experiments.data.fresh import (
    Draw,
    SourceRows,
    one_long_call,
    same_centres,
    same_coefficients,
    same_distributions,
    separate_call,
)
from experiments.errors import ExperimentsError, config_error, first_paragraph
from experiments.language.configuration import Component
from experiments.seeds import derive_seed

_GENERATORS: dict[str, Callable[[Draw], SourceRows]] = {
    "make_blobs": same_centres,
    "make_circles": separate_call,
    "make_classification": one_long_call,
    "make_friedman1": separate_call,
    "make_friedman2": separate_call,
    "make_friedman3": separate_call,
    "make_gaussian_quantiles": separate_call,
    "make_hastie_10_2": separate_call,
    "make_moons": separate_call,
    "make_multilabel_classification": same_distributions,
    "make_regression": same_coefficients,
    "make_s_curve": separate_call,
    "make_sparse_uncorrelated": separate_call,
    "make_swiss_roll": separate_call,
}
_LOADERS = ("load_breast_cancer", "load_diabetes", "load_digits", "load_iris", "load_linnerud", "load_wine")
_KERAS_DIGITS = ("mnist", "fashion_mnist")


def draw_source(slot: str, source: Component, protocol: str, seed: int) -> SourceRows:
    """Draw the rows of one source.

    Args:
        slot: The source's name in the study.
        source: Generator, loader, "mnist", "fashion_mnist" or "table", with its arguments as configured.
        protocol: "published": exactly the configured call. "fresh": the same call with the repeat's own seed.
        seed: Seed of the repeat.

    Returns:
        Its rows; arrays are shared between calls and must not be written to.

    Raises:
        ConfigError: The arguments do not fit.
        ExperimentsError: The source cannot be loaded on this machine.
    """
    own_rows = protocol == "fresh" and source.name in _GENERATORS
    arguments = json.dumps(source.arguments, sort_keys=True)
    return _rows(slot, source.name, arguments, seed if own_rows else None)


@lru_cache(maxsize=40)
def _rows(slot: str, name: str, arguments_text: str, seed: int | None) -> SourceRows:
    """Draw once per process what is the same in every repeat (no seed), or in every variant of one repeat."""
    arguments = json.loads(arguments_text)
    if name in _GENERATORS:
        random_state = None if seed is None else derive_seed(seed, slot, "data")
        fresh_seed = derive_seed(seed or 0, slot, "fresh")
        return _located(slot, name, lambda: _generate(name, arguments, random_state, fresh_seed))
    if name in _LOADERS:
        return _located(slot, name, lambda: _load(name, arguments))
    if name in _KERAS_DIGITS:
        return _keras_digits(name)
    if name == "table":
        return _located(slot, name, lambda: _table(**arguments))
    raise config_error(f"data.{slot}", f"'{name}' is not a data source")


def _located(slot: str, name: str, draw: Callable[[], SourceRows]) -> SourceRows:
    try:
        rows = draw()
    except (TypeError, ValueError) as error:
        raise config_error(f"data.{slot}", f"{name}: {first_paragraph(error)}") from error
    for array in (rows.x, rows.y, rows.x_fresh, rows.y_fresh):
        if array is not None:
            array.flags.writeable = False
    return rows


def _generate(name: str, arguments: dict[str, Any], random_state: int | None, fresh_seed: int) -> SourceRows:
    from sklearn import datasets

    if random_state is not None:
        arguments["random_state"] = random_state
    elif arguments.get("random_state") is None:
        # One data set for all repeats, even where the study names no seed.
        arguments["random_state"] = 0
    draw = Draw(getattr(datasets, name), _tuples(arguments), fresh_seed, as_configured=random_state is None)
    rows = _GENERATORS[name](draw)
    return _as_classes(rows) if name == "make_hastie_10_2" else rows


def _tuples(arguments: dict[str, Any]) -> dict[str, Any]:
    """Turn into tuples the lists that scikit-learn wants as such: the box of centres and the rows by class."""
    wanted = ("center_box", "n_samples")
    return {
        key: tuple(value) if key in wanted and isinstance(value, list) else value for key, value in arguments.items()
    }


def _as_classes(rows: SourceRows) -> SourceRows:
    """Turn make_hastie_10_2's targets -1.0 and 1.0 into the classes 0 and 1 of all other sources."""
    assert rows.y_fresh is not None
    return SourceRows(rows.x, (rows.y > 0).astype(int), rows.x_fresh, (rows.y_fresh > 0).astype(int))


def _load(name: str, arguments: dict[str, Any]) -> SourceRows:
    from sklearn import datasets

    x, y = getattr(datasets, name)(return_X_y=True, **arguments)
    return SourceRows(x, y)


def _table(x: Any, y: Any) -> SourceRows:
    inputs, targets = np.array(x, dtype=float), np.array(y)
    if inputs.ndim != 2 or len(inputs) != len(targets):
        raise ValueError(
            f"x must be a list of rows and y one target for each; {inputs.shape} and {targets.shape} found"
        )
    if targets.dtype.kind not in "if":
        raise ValueError(f"y must hold numbers, found {y}")
    return SourceRows(inputs, targets)


def _keras_digits(name: str) -> SourceRows:
    """Load Keras' images, flattened to 784 pixels from 0 to 255: the 60,000 training rows first."""
    from keras import datasets

    try:
        (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    except Exception as error:
        raise ExperimentsError(
            f"{name} could not be loaded ({first_paragraph(error)}). It is a download of Keras; without a network, "
            "put its file into ~/.keras/datasets, or use load_digits, which scikit-learn carries with it."
        ) from error
    x = np.concatenate([x_train, x_test]).reshape(len(x_train) + len(x_test), -1).astype(np.float32)
    return SourceRows(x, np.concatenate([y_train, y_test]).astype(int))
