"""Factors and scikit-learn's scalers for inputs and targets, and errors in original units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.errors import config_error, first_paragraph
from experiments.language.calls import call_of
from experiments.language.components import Component


def multiply(rows: np.ndarray, factors: float | list[float] | None) -> np.ndarray:
    """Return rows multiplied by factors; a list is cycled over the columns."""
    if factors is None:
        return rows
    columns = rows.shape[1] if rows.ndim == 2 else 1
    scaled: np.ndarray = rows * np.resize(
        np.asarray(factors, dtype=rows.dtype if rows.dtype.kind == "f" else float), columns
    )
    return scaled


@dataclass(frozen=True)
class FittedScaler:
    """A fitted scikit-learn scaler, or none, for rows of one or two dimensions.

    Attributes:
        scaler: The fitted object, or None for rows that are not scaled.
    """

    scaler: Any

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Return the scaled rows, of the same shape (rows,) or (rows, columns)."""
        if self.scaler is None:
            return rows
        scaled: np.ndarray = self.scaler.transform(_columns(rows)).reshape(rows.shape)
        return scaled


def fit_scaler(component: Component | None, rows: np.ndarray) -> FittedScaler:
    """Return the fitted scaler of a configuration.

    Args:
        component: A class of sklearn.preprocessing, or None.
        rows: The rows to fit on, shape (rows,) or (rows, columns).

    Raises:
        ConfigError: scikit-learn refuses its arguments.
    """
    if component is None:
        return FittedScaler(None)
    from sklearn import preprocessing

    call = call_of("scalers", component)
    try:
        return FittedScaler(getattr(preprocessing, call.name)(**call.arguments).fit(_columns(rows)))
    except (TypeError, ValueError) as error:
        raise config_error(call.path, f"{call.name}: {first_paragraph(error)}") from error


def _columns(rows: np.ndarray) -> np.ndarray:
    return rows if rows.ndim == 2 else rows.reshape(-1, 1)


def mse_original(target_scaler: Any, mse: float) -> float:
    """Return a mean squared error of scaled targets in the original units squared.

    Args:
        target_scaler: A fitted scikit-learn scaler.
        mse: Mean squared error in scaled units, one target column.

    Returns:
        The mean squared error in original units; NaN if there is no such factor: for scalers that are not linear, and
        for several target columns of different scales.
    """
    sizes = _unit_sizes(target_scaler)
    if sizes is None or not np.allclose(sizes, sizes[0], rtol=1e-12):
        return math.nan
    return float(mse * sizes[0] ** 2)


def _unit_sizes(scaler: Any) -> np.ndarray | None:
    """Return one scaled unit in original units, by column; None for a scaler that is not linear."""
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

    if isinstance(scaler, MinMaxScaler):
        return np.asarray(1.0 / scaler.scale_)
    if isinstance(scaler, StandardScaler | RobustScaler | MaxAbsScaler):
        return np.ones(1) if scaler.scale_ is None else np.asarray(scaler.scale_)
    return None
