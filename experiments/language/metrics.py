"""Which columns of runs.csv a variant will have, known from its configuration alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache

from experiments.column_lookup import Features, column_names, column_of
from experiments.column_types import (
    BEST_WEIGHTS,
    BETWEEN_LAYER_AND_ACTIVATION,
    ENSEMBLE,
    OWN_CURVES,
    OWN_ROWS,
    SETS,
    WATCHED,
)
from experiments.language.components import Block, Component, Layer
from experiments.language.configuration import Configuration
from experiments.language.source_facts import is_generator

_CROSSENTROPIES = {"bce", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}
_SQUARED_ERRORS = {"mse", "mean_squared_error"}
_SQUASHING = ("sigmoid", "tanh")
_HAS_KERNEL = re.compile(r"(Einsum)?Dense|(Depthwise)?Conv\dD(Transpose)?")


@cache
def snake_case(name: str) -> str:
    """Return the name that Keras derives from a class name: MeanSquaredError -> mean_squared_error."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def component_name(component: Component) -> str:
    """Return the column name of a loss or metric: its ``name``, or its class or identifier in snake case."""
    return str(component.get("name") or snake_case(component.name))


def loss_column(loss: Component) -> str:
    """Return the column of the loss without penalties: ``crossentropy``, ``mse``, or the name of the loss."""
    name = snake_case(loss.name)
    if name in _CROSSENTROPIES:
        return "crossentropy"
    return "mse" if name in _SQUARED_ERRORS else name


def measured(config: Configuration) -> tuple[str, ...]:
    """List what is measured on every set: the metrics, ``loss``, and the loss without penalties."""
    names = map(component_name, config.training.metrics)
    return tuple(dict.fromkeys([*names, "loss", loss_column(config.training.loss)]))


def watched_metric(config: Configuration) -> str | None:
    """Return the score whose best epoch on the test curve is recorded.

    Args:
        config: A resolved configuration.

    Returns:
        "accuracy", or else "mse"; None where neither is measured or the test set is not watched.
    """
    if config.training.validate_on != "test":
        return None
    return next((name for name in WATCHED if name in measured(config)), None)


def has_fresh_rows(config: Configuration) -> bool:
    """Return whether the sources of the test rows are generators, which can make 10,000 more rows."""
    sources, tested = config.data.sources, config.data.split.test
    names = tested if isinstance(tested, Mapping) else sources
    return bool(names) and all(is_generator(sources[slot].name) for slot in names)


def kernel_layers(config: Configuration) -> tuple[Layer, ...]:
    """Return the layers that have a kernel, in order."""
    return tuple(layer for layer in config.model.layers if _HAS_KERNEL.fullmatch(layer.component.name))


def claim_names(config: Configuration) -> frozenset[str]:
    """List the names that a claim may use: the columns, and the scores on the study's own test rows.

    Args:
        config: A resolved configuration.

    Returns:
        The names of ``metric_names``, and ``own_test_accuracy`` and its like where fresh rows take their place.
    """
    names = metric_names(config)
    return names | {f"{OWN_ROWS}{name}" for name in names if column_of(name).fresh in names}


def metric_names(config: Configuration) -> frozenset[str]:
    """List the numeric columns that runs.csv will have for a run of this configuration.

    Args:
        config: A resolved configuration.

    Returns:
        The names that a claim or a published figure may use. Record words name every layer with a kernel.
    """
    return column_names(_features(config))


def _features(config: Configuration) -> Features:
    watched = watched_metric(config)
    conditions = set(config.record.all_words)
    if _keeps_best(config):
        conditions.add(BEST_WEIGHTS)
    conditions.add(ENSEMBLE if config.ensemble else OWN_CURVES)
    return Features(
        sets=_sets(config),
        metrics=_scores(config),
        watched=(watched,) if watched else (),
        targets=tuple(metric for metric, _ in config.record.epochs_until),
        # Probes measure the layers that have a kernel; what an activation makes of its output belongs to them.
        layers=tuple(layer.name for layer in kernel_layers(config)),
        conditions=frozenset(conditions),
        squashing=tuple(_squashing_layers(config)),
        shares=tuple(map(in_column, config.record.ablation)),
        deviations=tuple(map(in_column, config.record.disturbed_inputs)),
    )


def in_column(number: float) -> str:
    """Write a number as it stands in the name of a column: without an exponent, which a claim could not name.

    >>> in_column(0.5), in_column(1e-05), in_column(2)
    ('0.5', '0.00001', '2')
    """
    return format(Decimal(repr(number)), "f")


def _squashing_layers(config: Configuration) -> Iterator[str]:
    """Yield the layers with a kernel whose activation is sigmoid or tanh, their own or that of a layer after them."""
    for layers in _sequences(config.model.parts):
        waiting = None
        for layer in layers:
            name = layer.component.name
            activation = layer.component.get("activation")
            own = activation.name if isinstance(activation, Component) else "linear"
            if _HAS_KERNEL.fullmatch(name):
                waiting = layer.name if own == "linear" else None
                if own in _SQUASHING:
                    yield layer.name
            elif waiting and name == "Activation":
                if own in _SQUASHING:
                    yield waiting
                waiting = None
            elif name not in BETWEEN_LAYER_AND_ACTIVATION:
                waiting = None


def _sequences(parts: Iterable[Layer | Block]) -> Iterator[list[Layer]]:
    """Yield the layers that follow on each other; an added input begins and ends a sequence."""
    layers: list[Layer] = []
    for part in parts:
        if isinstance(part, Layer):
            layers.append(part)
        elif part.skip == "add":
            yield layers
            yield list(part.layers)
            layers = []
        else:
            layers.extend(part.layers)
    yield layers


def _sets(config: Configuration) -> tuple[str, ...]:
    there = {"validation": bool(config.data.split.validation), "fresh_test": has_fresh_rows(config)}
    return tuple(name for name in SETS if there.get(name, True))


def _scores(config: Configuration) -> tuple[str, ...]:
    names = measured(config)
    # Without a scaler the original units are those trained in, so the name is always there to compare by.
    return (*names, "mse_original") if _SQUARED_ERRORS.intersection(names) else names


def _keeps_best(config: Configuration) -> bool:
    return any(
        callback.name == "ModelCheckpoint" or callback.get("restore_best_weights")
        for callback in config.training.callbacks.values()
    )
