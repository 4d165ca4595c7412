"""Names and units of what figures show."""

from __future__ import annotations

from dataclasses import dataclass

_METRICS = {
    "accuracy": "accuracy (share of rows)",
    "crossentropy": "cross-entropy (nats)",
    "mse": "mean squared error (units trained in)",
    "mse_original": "mean squared error (original units)",
    "mae": "mean absolute error (units trained in)",
    "loss": "loss with penalties",
    "accuracy_gap": "train minus test accuracy",
    "epochs_run": "epochs run",
    "best_watched_accuracy": "best watched accuracy",
    "best_watched_mse": "best watched MSE",
    "best_epoch": "epoch of the best weights",
    "weight_norm": "weight norm (all kernels)",
}
_SETS = {"train": "train", "validation": "validation", "test": "test", "fresh_test": "10,000 fresh rows"}
_PROTOCOLS = {
    "published": "the slides' one data set, runs differ in the training seed",
    "fresh": "every run draws its own data",
}


@dataclass(frozen=True)
class Probe:
    """How a recorded quantity is drawn: title, axis label, and whether on a log scale."""

    title: str
    label: str
    log: bool


PROBES = {
    "weight_norm": Probe("Norm of the weights", "L2 norm of the kernel", log=True),
    "gradient_norm": Probe("Norm of the gradients", "L2 norm of the gradient", log=True),
    "unit_norm_mean": Probe("Norm of a unit's incoming weights", "L2 norm, mean of the units", log=False),
    "zero_weights": Probe("Weights that are exactly zero", "share of the kernel", log=False),
    "near_zero_weights": Probe("Weights within 0.01 of zero", "share of the kernel", log=False),
    "activation_std": Probe("Spread of the activations", "standard deviation", log=True),
    "activation_mean": Probe("Mean of the activations", "mean output", log=False),
    "dead_units": Probe("Dead units", "share that outputs 0 on every training row", log=False),
    "active_units": Probe("Active units", "share of positive outputs", log=False),
}


def metric_label(metric: str) -> str:
    """Name a metric with its unit, such as "mean squared error (original units)"."""
    name, _, layer = metric.partition(".")
    words = _METRICS.get(name, name.replace("_", " ")).removesuffix(" (all kernels)" if layer else "")
    return f"{words} of {layer}" if layer else words


def set_label(name: str) -> str:
    """Name a set of rows."""
    return _SETS.get(name, name)


def protocol_label(protocol: str) -> str:
    """Say in half a sentence what a protocol is."""
    return f"{protocol}: {_PROTOCOLS[protocol]}"


def split_column(column: str) -> tuple[str, str]:
    """Take a column such as ``best_fresh_test_mse`` apart into set and metric ("fresh_test", "mse")."""
    if column in _METRICS:
        return "", column
    rest = column.removeprefix("best_").removeprefix("member_")
    for name in ("fresh_test", "train", "validation", "test"):
        if rest.startswith(f"{name}_"):
            return name, rest.removeprefix(f"{name}_")
    return "", rest
