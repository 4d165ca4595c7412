"""Data sources by name: scikit-learn's generators and embedded sets, Keras' digits, and small tables."""

from __future__ import annotations

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
from experiments.language.calls import Call, call_of
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
    call = source_call(slot, source, protocol, seed)
    as_configured = protocol != "fresh" or call.name not in _GENERATORS
    return _rows(call, fresh_seed(slot, call.name, protocol, seed), as_configured)


def source_call(slot: str, source: Component, protocol: str, seed: int) -> Call:
    """Return the call that draws or loads the rows of a source, with the seed of the rows of one repeat."""
    call = call_of("sources", source)
    if call.name not in _GENERATORS:
        return call
    if protocol == "fresh":
        return call.with_arguments(random_state=derive_seed(seed, slot, "data"))
    # One data set for all repeats, even where the study names no seed.
    return call if call.arguments.get("random_state") is not None else call.with_arguments(random_state=0)


def fresh_seed(slot: str, name: str, protocol: str, seed: int) -> int:
    """Derive the seed of a source's 10,000 further rows."""
    own_rows = protocol == "fresh" and name in _GENERATORS
    return derive_seed(seed if own_rows else 0, slot, "fresh")


@lru_cache(maxsize=40)
def _rows(call: Call, further_seed: int, as_configured: bool) -> SourceRows:
    """Draw once per process what is the same in every repeat, or in every variant of one repeat."""
    if call.name in _GENERATORS:
        return _located(call, lambda: _generate(call, further_seed, as_configured))
    if call.name in _LOADERS:
        return _located(call, lambda: _load(call))
    if call.name in _KERAS_DIGITS:
        return _keras_digits(call.name)
    if call.name == "table":
        return _located(call, lambda: _table(**call.arguments))
    raise config_error(call.path, f"'{call.name}' is not a data source")


def _located(call: Call, draw: Callable[[], SourceRows]) -> SourceRows:
    try:
        rows = draw()
    except (TypeError, ValueError) as error:
        raise config_error(call.path, f"{call.name}: {first_paragraph(error)}") from error
    for array in (rows.x, rows.y, rows.x_fresh, rows.y_fresh):
        if array is not None:
            array.flags.writeable = False
    return rows


def _generate(call: Call, further_seed: int, as_configured: bool) -> SourceRows:
    from sklearn import datasets

    draw = Draw(getattr(datasets, call.name), call.arguments, further_seed, as_configured)
    rows = _GENERATORS[call.name](draw)
    return _as_classes(rows) if call.name == "make_hastie_10_2" else rows


def _as_classes(rows: SourceRows) -> SourceRows:
    """Turn make_hastie_10_2's targets -1.0 and 1.0 into the classes 0 and 1 of all other sources."""
    assert rows.y_fresh is not None
    return SourceRows(rows.x, (rows.y > 0).astype(int), rows.x_fresh, (rows.y_fresh > 0).astype(int))


def _load(call: Call) -> SourceRows:
    from sklearn import datasets

    x, y = getattr(datasets, call.name)(return_X_y=True, **call.arguments)
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
