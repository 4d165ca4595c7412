"""Data sources by name: scikit-learn's generators and embedded sets, Keras' digits, and small tables.

To add a source of this project, write its function here and list it in ``GENERATORS`` or ``FIXED``; its arguments, and
its number of rows if that is fixed, belong into ``language/allowed.py``. The name of a generator starts with ``make_``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from experiments.data.fresh import (
    GeneratorCall,
    SourceRows,
    one_long_call,
    same_centres,
    same_coefficients,
    same_distributions,
    separate_call,
)
from experiments.errors import ExperimentsError, config_error, first_paragraph
from experiments.language.allowed import EMBEDDED_ROWS
from experiments.language.calls import Call, call_of
from experiments.language.components import Component
from experiments.seeds import derive_seed


@dataclass(frozen=True)
class Generator:
    """A source that draws its rows from the argument ``random_state``.

    Attributes:
        further: Draws the study's rows and 10,000 further rows of the same distribution.
        function: Returns inputs and targets of ``n_samples`` rows; None for scikit-learn's function of that name.
    """

    further: Callable[[GeneratorCall], SourceRows]
    function: Callable[..., tuple[np.ndarray, np.ndarray]] | None = None


def _hastie(**arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    """Draw make_hastie_10_2 with classes 0 and 1, as in all other sources, instead of targets -1.0 and 1.0."""
    from sklearn import datasets

    x, y = datasets.make_hastie_10_2(**arguments)
    return x, (y > 0).astype(int)


def _load(name: str, **arguments: Any) -> SourceRows:
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


GENERATORS: dict[str, Generator] = {
    "make_blobs": Generator(same_centres),
    "make_circles": Generator(separate_call),
    "make_classification": Generator(one_long_call),
    "make_friedman1": Generator(separate_call),
    "make_friedman2": Generator(separate_call),
    "make_friedman3": Generator(separate_call),
    "make_gaussian_quantiles": Generator(separate_call),
    "make_hastie_10_2": Generator(separate_call, _hastie),
    "make_moons": Generator(separate_call),
    "make_multilabel_classification": Generator(same_distributions),
    "make_regression": Generator(same_coefficients),
    "make_s_curve": Generator(separate_call),
    "make_sparse_uncorrelated": Generator(separate_call),
    "make_swiss_roll": Generator(separate_call),
}
FIXED: dict[str, Callable[..., SourceRows]] = {
    **{name: partial(_load, name) for name in EMBEDDED_ROWS},
    "mnist": partial(_keras_digits, "mnist"),
    "fashion_mnist": partial(_keras_digits, "fashion_mnist"),
    "table": _table,
}
"""Sources with the same rows in every repeat."""


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
    as_configured = protocol != "fresh" or call.name not in GENERATORS
    return _rows(call, fresh_seed(slot, call.name, protocol, seed), as_configured)


def source_call(slot: str, source: Component, protocol: str, seed: int) -> Call:
    """Return the call that draws or loads the rows of a source, with the seed of the rows of one repeat."""
    call = call_of("sources", source)
    if call.name not in GENERATORS:
        return call
    if protocol == "fresh":
        return call.with_arguments(random_state=derive_seed(seed, slot, "data"))
    # One data set for all repeats, even where the study names no seed.
    return call if call.arguments.get("random_state") is not None else call.with_arguments(random_state=0)


def fresh_seed(slot: str, name: str, protocol: str, seed: int) -> int:
    """Derive the seed of a source's 10,000 further rows."""
    own_rows = protocol == "fresh" and name in GENERATORS
    return derive_seed(seed if own_rows else 0, slot, "fresh")


@lru_cache(maxsize=40)
def _rows(call: Call, further_seed: int, as_configured: bool) -> SourceRows:
    """Draw once per process what is the same in every repeat, or in every variant of one repeat."""
    if call.name in GENERATORS:
        return _located(call, lambda: _generate(call, further_seed, as_configured))
    if call.name in FIXED:
        return _located(call, lambda: FIXED[call.name](**call.arguments))
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

    generator = GENERATORS[call.name]
    function = generator.function or getattr(datasets, call.name)
    return generator.further(GeneratorCall(function, call.arguments, further_seed, as_configured))
