"""Which columns of runs.csv a variant will have, known from its configuration alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.language.structure import sources_of

_CROSSENTROPIES = {"bce", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}
_SQUARED_ERRORS = {"mse", "mean_squared_error"}
_HAS_KERNEL = re.compile(r"(Einsum)?Dense|(Depthwise)?Conv\dD(Transpose)?")
_RECORDED = {
    "weight_norm": ("weight_norm",),
    "unit_norm": ("unit_norm_mean", "unit_norm_min", "unit_norm_max"),
    "zero_weights": ("zero_weights", "near_zero_weights"),
    "gradient_norm": ("gradient_norm", "initial_gradient_norm"),
    "activation_stats": ("activation_mean", "activation_std", "initial_activation_mean", "initial_activation_std"),
    "dead_units": ("dead_units",),
    "active_units": ("active_units", "initial_active_units"),
    "input_quantiles": ("input_drift",),
}


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
    return next((name for name in ("accuracy", "mse") if name in measured(config)), None)


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
    names = {"epochs_run", "diverged", "diverged_at", "seconds"}
    scores = _scores(config)
    names |= scores
    if _keeps_best(config):
        names |= {f"best_{score}" for score in scores} | {"best_epoch"}
    if config.get("ensemble"):
        names |= {f"member_{score}" for score in scores}
    if "train_accuracy" in scores:
        names |= {"accuracy_gap"} if "test_accuracy" in scores else set()
        names |= {"fresh_accuracy_gap"} if "fresh_test_accuracy" in scores else set()
    if not config.get("ensemble"):  # which has no curves of its own
        names |= _read_off_curves(config)
    words = [word for word in config.get("record") or () if isinstance(word, str)]
    return frozenset(names.union(*(_recorded(word, config) for word in words)))


def _read_off_curves(config: Mapping[str, Any]) -> set[str]:
    words = config.get("record") or ()
    names = {"overshoots"} if "overshoots" in words else set()
    watched = watched_metric(config)
    if watched:
        names.add(f"best_watched_{watched}")
    starts = ("epochs_until", "reached", *(("seconds_until",) if "time_per_epoch" in words else ()))
    waits = [word["epochs_until"] for word in words if isinstance(word, Mapping)]
    return names | {f"{start}_{metric}" for start in starts for wait in waits for metric in wait}


def _scores(config: Mapping[str, Any]) -> set[str]:
    split = config["data"].get("split") or {}
    sets = ["train", "test"] + [name for name in ("validation",) if split.get(name)]
    if has_fresh_rows(config):
        sets.append("fresh_test")
    names = list(measured(config))
    if set(names) & _SQUARED_ERRORS:
        # Without a scaler the original units are those trained in, so the name is always there to compare by.
        names.append("mse_original")
    return {f"{where}_{name}" for where in sets for name in names}


def _keeps_best(config: Mapping[str, Any]) -> bool:
    callbacks = (config["training"].get("callbacks") or {}).values()
    for callback in callbacks:
        name, arguments = next(iter(callback.items()))
        if name == "ModelCheckpoint" or (arguments or {}).get("restore_best_weights"):
            return True
    return False


def _recorded(word: str, config: Mapping[str, Any]) -> set[str]:
    if word == "time_per_epoch":
        return {"seconds_per_epoch"}
    # Probes measure the layers that have a kernel; what an activation or a normalization makes of it belongs to them.
    kernels = [name for name, class_name in layers(config) if _HAS_KERNEL.fullmatch(class_name)]
    names = {f"{column}.{layer}" for column in _RECORDED.get(word, ()) for layer in kernels}
    return names | ({"weight_norm"} if word == "weight_norm" else set())
