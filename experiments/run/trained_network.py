"""Measurements of a trained network beside its scores: moved weights, removed units, disturbed inputs, linearity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from experiments.column_types import TESTED
from experiments.language.metrics import in_column
from experiments.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from experiments.language.configuration import Recording

Kernels = dict[str, np.ndarray]
"""Name of a layer to its kernel."""
Rows = dict[str, tuple[np.ndarray, np.ndarray]]
"""Set of rows to inputs and targets."""

_DRAWS = 10
"""Random choices of units, and draws of noise, that a score is the mean of."""


def kernels_of(model: keras.Model) -> Kernels:
    """Return copies of the kernels of a model, by layer."""
    from experiments.training.probes import kernel_layers

    return {layer.name: layer.kernel.numpy() for layer in kernel_layers(model)}


def measure_trained(model: keras.Model, record: Recording, before: Kernels, rows: Rows, seed: int) -> dict[str, float]:
    """Measure a trained network as ``record`` asks.

    Args:
        model: The network; its weights are the same afterwards.
        record: What is measured; words that are measured elsewhere are ignored.
        before: The kernels before training, for ``weight_change``.
        rows: The rows of each set, "train" among them.
        seed: Seed of the run, for the choices of units and the noise.

    Returns:
        Column name to value.
    """
    tested = {name: rows[name] for name in TESTED if name in rows}
    columns: dict[str, float] = {}
    if "weight_change" in record:
        columns |= _weight_changes(before, kernels_of(model))
    if "linear_share" in record:
        columns["linear_share"] = _linear_share(model, rows["train"][0])
    if record.ablation:
        columns["top_tenth_weight"] = _top_tenth_weight(model)
    for share in record.ablation:
        columns |= _named(_without_units(model, share, tested, seed), f"without_{in_column(share)}")
    for deviation in record.disturbed_inputs:
        columns |= _named(_disturbed(model, deviation, tested, seed), f"disturbed_{in_column(deviation)}")
    return columns


def _weight_changes(before: Kernels, after: Kernels) -> dict[str, float]:
    squares = [(np.sum(np.square(after[name] - kernel)), np.sum(np.square(kernel))) for name, kernel in before.items()]
    changes = {f"weight_change.{name}": _root_ratio(*sums) for name, sums in zip(before, squares, strict=True)}
    return changes | {"weight_change": _root_ratio(*np.sum(squares, axis=0))}


def _root_ratio(moved: float, start: float) -> float:
    """Return the ratio of two norms from their squares; weights that start at 0 have moved infinitely far or not."""
    if start == 0:
        return np.inf if moved else 0.0
    return float(np.sqrt(moved / start))


def _linear_share(model: keras.Model, x: np.ndarray) -> float:
    """Return R² of the best linear function of the inputs for the weighted sums of the last layer."""
    from experiments.training.probes import last_weighted_sums

    sums = np.asarray(last_weighted_sums(model, x), float).reshape(len(x), -1)
    inputs = np.column_stack([np.asarray(x, float).reshape(len(x), -1), np.ones(len(x))])
    total = np.sum(np.square(sums - sums.mean(axis=0)))
    if not np.isfinite(total) or total == 0:
        return np.nan
    fitted = inputs @ np.linalg.lstsq(inputs, sums, rcond=None)[0]
    return float(1 - np.sum(np.square(sums - fitted)) / total)


def _top_tenth_weight(model: keras.Model) -> float:
    """Return the share of the last layer's absolute weights that its most heavily weighted tenth of inputs has."""
    kernel = np.abs(list(kernels_of(model).values())[-1])
    by_unit = np.sort(kernel.sum(axis=1))[::-1]
    total = by_unit.sum()
    return float(by_unit[: _count(0.1, len(by_unit))].sum() / total) if total else np.nan


def _without_units(model: keras.Model, share: float, rows: Rows, seed: int) -> Iterator[dict[str, float]]:
    """Yield the scores for each random choice of inputs of the last layer whose weights are 0."""
    from experiments.training.probes import kernel_layers

    kernel = kernel_layers(model)[-1].kernel
    trained = kernel.numpy()
    for draw in range(_DRAWS):
        units = np.random.default_rng(derive_seed(seed, "ablation", draw)).permutation(len(trained))
        left = trained.copy()
        left[units[: _count(share, len(trained))]] = 0
        kernel.assign(left)
        yield _scores(model, rows)
    kernel.assign(trained)


def _disturbed(model: keras.Model, deviation: float, rows: Rows, seed: int) -> Iterator[dict[str, float]]:
    """Yield the scores for each draw of noise on the inputs."""
    for draw in range(_DRAWS):
        disturbed: Rows = {}
        for name, (x, y) in rows.items():
            noise = np.random.default_rng(derive_seed(seed, "disturbed_inputs", name, draw)).normal(size=x.shape)
            disturbed[name] = (np.asarray(x + deviation * noise, x.dtype), y)
        yield _scores(model, disturbed)


def _count(share: float, units: int) -> int:
    """Return the number of units that is nearest to a share of them, at least one."""
    return max(1, round(share * units))


def _scores(model: keras.Model, rows: Rows) -> dict[str, float]:
    from experiments.training import evaluate

    return {
        f"{name}_{metric}": value for name, (x, y) in rows.items() for metric, value in evaluate(model, x, y).items()
    }


def _named(draws: Iterator[dict[str, float]], ending: str) -> dict[str, float]:
    """Return the mean over the draws of each score, under its name with an ending."""
    scores = list(draws)
    return {f"{name}_{ending}": float(np.mean([values[name] for values in scores])) for name in scores[0]}
