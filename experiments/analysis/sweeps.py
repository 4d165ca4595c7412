"""Sweeps: a metric along an axis of a grid, with the best value and those that do not differ from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.analysis.headline import headline_metrics, sweep_metrics
from experiments.analysis.intervals import Interval, t_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


@dataclass(frozen=True)
class Sweep:
    """One line of a sweep figure.

    Attributes:
        group: Name of the grid.
        axis: Name of the axis.
        others: Values of the grid's other axes on this line, {} where there are none.
        metric: The metric asked for.
        column: The column it was read from (fresh rows under ``fresh``).
        protocol: "published" or "fresh".
        values: The axis in order: numbers, or labels.
        numeric: Whether the values are numbers.
        logarithmic: Whether they are spaced geometrically, but for a 0 before them, so that the axis should be
            logarithmic.
        runs: Repeats (rows) by values (columns); infinite where a run diverged.
        intervals: Of each value, over its finite runs: a mean, of metrics compared as ratios a geometric one.
        diverged: Of each value, the number of runs that are not finite.
        best: The value with the best mean; None where every value has diverged runs.
        as_good: The values that do not differ from the best: the paired interval of the difference contains 0.
    """

    group: str
    axis: str
    others: Mapping[str, Any]
    metric: str
    column: str
    protocol: str
    values: tuple[Any, ...]
    numeric: bool
    logarithmic: bool
    runs: pd.DataFrame
    intervals: tuple[Interval, ...]
    diverged: tuple[int, ...]
    best: Any
    as_good: tuple[Any, ...]

    @property
    def places(self) -> tuple[float, ...]:
        """The place of each value on the axis: the number itself, or its rank where values are labels.

        A logarithmic axis has no 0: its place is one step before the first number, as 0, 0.01, 0.1 at 0.001, 0.01, 0.1.
        """
        if not self.numeric:
            return tuple(float(rank) for rank in range(len(self.values)))
        numbers = [float(value) for value in self.values]
        if self.logarithmic and numbers[0] == 0:
            numbers[0] = numbers[1] ** 2 / numbers[2]
        return tuple(numbers)


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


def sweeps(study: Study, runs: pd.DataFrame, metrics: Sequence[str] | None = None) -> list[Sweep]:
    """Compute the metrics of a study along the axes of its grids.

    Args:
        study: The study.
        runs: Its runs.
        metrics: Names of columns; by default the headline metrics and those of the sweep figures.

    Returns:
        One line for each grid, axis, combination of the other axes, metric and protocol that has runs.
    """
    tables = [RunTable.of(study, runs, protocol) for protocol in study.protocols]
    groups = dict.fromkeys(variant.group for variant in study.variants if variant.grid)
    lines = [
        _sweep(line, axis, others, metric, table)
        for group in groups
        for axis in points_of(study, group)[0].grid
        for others, line in _lines(points_of(study, group), axis)
        for metric in (_shown_metrics(study, group) if metrics is None else metrics)
        for table in tables
    ]
    return [sweep for sweep in lines if not sweep.runs.empty]


def select_sweeps(sweeps: Iterable[Sweep], metrics: Sequence[str]) -> list[Sweep]:
    """Return the sweeps of some metrics.

    Args:
        sweeps: Of one study.
        metrics: Names of columns.

    Returns:
        The sweeps by grid, axis and other axes as in ``sweeps``, those of one line in the order of ``metrics``.
    """
    lines: dict[tuple[str, str, str], list[Sweep]] = {}
    for sweep in sweeps:
        lines.setdefault((sweep.group, sweep.axis, repr(sweep.others)), []).append(sweep)
    return [
        sweep
        for line in lines.values()
        for sweep in sorted(line, key=lambda sweep: _position(sweep.metric, metrics))
        if sweep.metric in metrics
    ]


def _position(metric: str, metrics: Sequence[str]) -> int:
    return metrics.index(metric) if metric in metrics else len(metrics)


def _shown_metrics(study: Study, group: str) -> Iterable[str]:
    return dict.fromkeys([*headline_metrics(study), *sweep_metrics(study, group)])


def is_geometric(values: Sequence[Any]) -> bool:
    """Return whether numbers span a decade or more in steps that are more even as ratios than as differences."""
    if len(values) < 3 or not all(isinstance(value, int | float) and value > 0 for value in values):
        return False
    numbers = np.sort(np.asarray(values, dtype=float))
    return bool(numbers[-1] / numbers[0] >= 10 and _unevenness(np.log(numbers)) < _unevenness(numbers))


def _unevenness(numbers: np.ndarray) -> float:
    steps = np.diff(numbers)
    return float(steps.std() / steps.mean())


def _lines(points: Sequence[Variant], axis: str) -> list[tuple[dict[str, Any], list[Variant]]]:
    """Return the points of a grid, grouped by the values of all axes but one."""
    lines: dict[str, tuple[dict[str, Any], list[Variant]]] = {}
    for point in points:
        others = {name: label(value) for name, value in point.grid.items() if name != axis}
        lines.setdefault(repr(others), (others, []))[1].append(point)
    return list(lines.values())


def _sweep(line: Sequence[Variant], axis: str, others: Mapping[str, Any], metric: str, table: RunTable) -> Sweep:
    by_value = {label(point.grid[axis]): point for point in line}
    values = in_order(list(by_value))
    runs = pd.DataFrame({value: table.values(by_value[value].name, metric) for value in values})
    numeric = all(isinstance(value, int | float) for value in values)
    numbers = _comparable(runs, metric)
    best = _best(numbers, metric)
    overlap = table.overlap(point.name for point in line)
    return Sweep(
        group=line[0].group,
        axis=axis,
        others=others,
        metric=metric,
        column=table.column(line[0].name, metric),
        protocol=table.protocol,
        values=tuple(values),
        numeric=numeric,
        logarithmic=numeric and is_geometric(values[1:] if values[0] == 0 else values),
        runs=runs,
        intervals=tuple(_interval(numbers[value], numbers is not runs, overlap) for value in values),
        diverged=tuple(int(np.isinf(runs[value]).sum()) for value in values),
        best=best,
        as_good=() if best is None else tuple(value for value in values if _as_good(numbers, value, best, overlap)),
    )


def _comparable(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return logarithms where the metric is compared as a ratio and all values have one."""
    logarithmic = column_of(metric).is_ratio and not (runs <= 0).any(axis=None)
    return pd.DataFrame(np.log(runs)) if logarithmic else runs


def _interval(numbers: pd.Series, logarithms: bool, overlap: float) -> Interval:
    interval = t_interval(numbers[np.isfinite(numbers)], overlap)
    return interval.exp() if logarithms and interval.n else interval


def _best(numbers: pd.DataFrame, metric: str) -> Any:
    means = numbers.mean()
    means = means[np.isfinite(means)]
    if means.empty:
        return None
    return means.idxmax() if column_of(metric).higher_is_better else means.idxmin()


def _as_good(numbers: pd.DataFrame, value: Any, best: Any, overlap: float) -> bool:
    """Return whether the difference of a value to the best one may be 0; one with diverged runs is not as good."""
    if value == best:
        return True
    differences = (numbers[value] - numbers[best]).dropna()
    if differences.empty or not np.isfinite(differences).all():
        return False
    interval = t_interval(differences, overlap)
    return math.isnan(interval.low) or interval.low <= 0 <= interval.high
