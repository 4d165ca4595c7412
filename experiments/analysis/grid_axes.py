"""Axes of grids: their points and values in order, and a metric along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.analysis.run_table import RunTable
from experiments.columns import column_of

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


def points_of(study: Study, group: str) -> list[Variant]:
    """Return the points of a grid in file order."""
    return [variant for variant in study.variants if variant.group == group and variant.grid]


def label(value: Any) -> Any:
    """Return a grid value as an axis shows it: a number as itself, anything else as text."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def in_order(values: Sequence[Any]) -> list[Any]:
    """Return the values of an axis in order: numbers by size, anything else as in the file."""
    unique = list(dict.fromkeys(values))
    return sorted(unique) if all(isinstance(value, int | float) for value in unique) else unique


def along_axis(study: Study, group: str, axis: str, metric: str, table: RunTable) -> tuple[pd.DataFrame, bool]:
    """Tabulate a metric over one axis of a grid, the other axes averaged.

    Args:
        study: Gives the points of the grid.
        group: Name of the grid.
        axis: Name of the axis.
        metric: Name of a column.
        table: The runs of one protocol.

    Returns:
        Rows are the repeats that have every point, columns the values of the axis in order; and whether the numbers are
        logarithms, which they are for metrics compared as ratios, unless some value has none.
    """
    points = points_of(study, group)
    wide = pd.concat([table.values(point.name, metric) for point in points], axis=1).dropna()
    logarithmic = column_of(metric).is_ratio and bool((wide > 0).all(axis=None))
    numbers = np.log(wide.to_numpy()) if logarithmic else wide.to_numpy()
    labels = [label(point.grid[axis]) for point in points]
    columns = {value: numbers[:, [known == value for known in labels]].mean(axis=1) for value in in_order(labels)}
    return pd.DataFrame(columns, index=wide.index), logarithmic
