"""Which columns of runs.csv a variant will have, known from its configuration alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.columns import BEST_WEIGHTS, ENSEMBLE, OWN_CURVES, SETS, WATCHED, Features, column_names
from experiments.language.structure import sources_of

_CROSSENTROPIES = {"bce", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}
_SQUARED_ERRORS = {"mse", "mean_squared_error"}
_HAS_KERNEL = re.compile(r"(Einsum)?Dense|(Depthwise)?Conv\dD(Transpose)?")


def snake_case(name: str) -> str:
    """Turn a Keras class name into the name Keras gives its objects: MeanSquaredError -> mean_squared_error."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def component_name(component: Any) -> str:
    """Name a loss or metric as its column is called: the string itself, its ``name``, or its class in snake case."""
    if isinstance(component, str):
        return snake_case(component)
    class_name, arguments = next(iter(component.items()))
    return str((arguments or {}).get("name") or snake_case(class_name))


def loss_column(config: Mapping[str, Any]) -> str:
    """Name the column of the loss without penalties: ``crossentropy``, ``mse``, or the loss's own name."""
    loss = config["training"]["loss"]
    name = snake_case(loss if isinstance(loss, str) else next(iter(loss)))
    if name in _CROSSENTROPIES:
        return "crossentropy"
    return "mse" if name in _SQUARED_ERRORS else name


def measured(config: Mapping[str, Any]) -> tuple[str, ...]:
    """List what is measured on every set: the metrics, ``loss``, and the loss without penalties."""
    names = [component_name(metric) for metric in config["training"].get("metrics") or ()]
    return tuple(dict.fromkeys([*names, "loss", loss_column(config)]))


def watched_metric(config: Mapping[str, Any]) -> str | None:
    """Name the score that a reader of the test curve would quote from its best epoch.

    Args:
        config: A resolved configuration.

    Returns:
        "accuracy", or else "mse"; None where neither is measured or the test set is not watched.
    """
    if config["training"].get("validate_on") != "test":
        return None
    return next((name for name in WATCHED if name in measured(config)), None)


def layers(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List the layers of a resolved model with their class names, those inside residual blocks too."""
    yield from _layers(config["model"])


def _layers(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, component in model.items():
        if isinstance(component, Mapping) and "layers" in component:
            yield from _layers(component["layers"])
        else:
            yield name, component if isinstance(component, str) else next(iter(component))


def target_scaler(config: Mapping[str, Any]) -> Any:
    """Return the scaler of the targets, None where they stay in their own units."""
    return (config["data"].get("scale") or {}).get("targets")


def has_fresh_rows(config: Mapping[str, Any]) -> bool:
    """Tell whether the sources of the test rows are generators, which can make 10,000 more rows."""
    sources = list(sources_of(config["data"]).values())
    tested = config["data"]["split"].get("test")
    if isinstance(tested, Mapping):
        sources = [config["data"][slot] for slot in tested]
    return bool(sources) and all(map(_can_be_drawn_anew, sources))


def _can_be_drawn_anew(source: Mapping[str, Any]) -> bool:
    return next(iter(source)).startswith("make_")


def metric_names(config: Mapping[str, Any]) -> frozenset[str]:
    """List the numeric columns that runs.csv will have for a run of this configuration.

    Args:
        config: A resolved configuration.

    Returns:
        The names that a claim or a published figure may use. Record words name every layer with a kernel.
    """
    return column_names(_features(config))


def _features(config: Mapping[str, Any]) -> Features:
    words = config.get("record") or ()
    targets = tuple(metric for word in words if isinstance(word, Mapping) for metric in word["epochs_until"])
    watched = watched_metric(config)
    conditions = {word if isinstance(word, str) else "epochs_until" for word in words}
    if _keeps_best(config):
        conditions.add(BEST_WEIGHTS)
    conditions.add(ENSEMBLE if config.get("ensemble") else OWN_CURVES)
    return Features(
        sets=_sets(config),
        metrics=_scores(config),
        watched=(watched,) if watched else (),
        targets=targets,
        # Probes measure the layers that have a kernel; what an activation makes of its output belongs to them.
        layers=tuple(name for name, class_name in layers(config) if _HAS_KERNEL.fullmatch(class_name)),
        conditions=frozenset(conditions),
    )


def _sets(config: Mapping[str, Any]) -> tuple[str, ...]:
    there = {
        "validation": bool((config["data"].get("split") or {}).get("validation")),
        "fresh_test": has_fresh_rows(config),
    }
    return tuple(name for name in SETS if there.get(name, True))


def _scores(config: Mapping[str, Any]) -> tuple[str, ...]:
    names = measured(config)
    # Without a scaler the original units are those trained in, so the name is always there to compare by.
    return (*names, "mse_original") if _SQUARED_ERRORS.intersection(names) else names


def _keeps_best(config: Mapping[str, Any]) -> bool:
    callbacks = (config["training"].get("callbacks") or {}).values()
    for callback in callbacks:
        name, arguments = next(iter(callback.items()))
        if name == "ModelCheckpoint" or (arguments or {}).get("restore_best_weights"):
            return True
    return False
