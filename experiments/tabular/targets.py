"""The targets of a table: real numbers or classes, and inputs that repeat them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.tabular.cells import ColumnFinder, refuse_free_text
from experiments.tabular.table_file import TableError, TaskChoice, UnusableInputError

MOST_CLASSES = 20
"""Whole numbers with at most as many different values, each in ten rows on average, are classes."""
_LARGEST_CLASSES = 1000
_ADVICE = "leave these rows out of the file, since nothing can be learned from them"


@dataclass(frozen=True, eq=False)
class Targets:
    """The targets of all rows.

    Attributes:
        values: Shape (rows,) or (rows, targets); integers are classes, or labels 0 and 1 where there are several.
        classes: Names of the classes, in the order of their integers; () for real numbers and labels.
    """

    values: np.ndarray
    classes: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """What is learned: "regression", "binary", "multiclass" or "multilabel"."""
        if self.values.dtype.kind == "f":
            return "regression"
        if self.values.ndim == 2:
            return "multilabel"
        return "binary" if len(self.classes) <= 2 else "multiclass"


def read_targets(frame: pd.DataFrame, names: Sequence[str], task: TaskChoice | None, finder: ColumnFinder) -> Targets:
    """Return the targets of a table.

    Args:
        frame: The table.
        names: The target columns.
        task: What the study says it is; None to find it out.
        finder: Finds out the kinds of columns.

    Raises:
        TableError: A target is missing, constant, or does not fit the task.
    """
    for name in names:
        finder.check_filled(frame[name], "target", f"a value; {_ADVICE}")
    kinds = [finder.kind_of(frame[name], "target", as_category=False) for name in names]
    for name in names:
        if frame[name].nunique() == 1:
            only = str(frame[name].iloc[0])
            message = f"column {name!r} has the value {only!r} in every row; expected a target that varies"
            raise TableError("target", message)
    if len(names) > 1:
        return _several(frame[list(names)], kinds, task)
    column, kind = frame[names[0]], kinds[0]
    if kind == "category":
        refuse_free_text(column, "target", "expected a target whose values repeat, or numbers")
        if task == "regression":
            raise TableError("task", f"regression needs numbers, but column {column.name!r} holds text")
    whole = kind != "number" or bool((column == column.round()).all())
    few = column.nunique() <= MOST_CLASSES and len(column) >= 10 * column.nunique()
    if task == "classes" or (task is None and (kind != "number" or (whole and few))):
        return _classes(column)
    return Targets(column.to_numpy(dtype=float))


def _several(columns: pd.DataFrame, kinds: Sequence[str], task: TaskChoice | None) -> Targets:
    if "category" in kinds:
        text = columns.columns[list(kinds).index("category")]
        raise TableError("target", f"several targets must be numbers or labels, but column {text!r} holds text")
    values = columns.to_numpy(dtype=float)
    labels = bool(np.isin(values, (0.0, 1.0)).all())
    if task == "classes" and not labels:
        raise TableError("task", "several targets are classes only where each is a label 0 or 1")
    return Targets(values.astype(int) if labels and task != "regression" else values)


def _classes(column: pd.Series) -> Targets:
    names, values = np.unique(column.to_numpy(), return_inverse=True)
    if len(names) > _LARGEST_CLASSES:
        raise TableError("task", f"column {column.name!r} has {len(names):,} values, too many for classes")
    return Targets(values.astype(int), tuple(f"{name:g}" if isinstance(name, float) else str(name) for name in names))


def refuse_copies(inputs: pd.DataFrame, targets: Targets, names: Sequence[str]) -> None:
    """Raise an error for an input that is a copy of the target: equal, rescaled, or the same classes renamed.

    Args:
        inputs: The input columns.
        targets: The targets.
        names: Names of the target columns.

    Raises:
        TableError: An input repeats a target.
    """
    columns = targets.values if targets.values.ndim == 2 else targets.values[:, None]
    for name in inputs.columns:
        for number, target in enumerate(names):
            if _repeats(inputs[name], columns[:, number], bool(targets.classes)):
                raise UnusableInputError(
                    "target",
                    f"column {name!r} repeats the target {target!r} row by row, so there is nothing to learn; "
                    f"leave it out with without: [{name}]",
                    name,
                )


def _repeats(column: pd.Series, target: np.ndarray, are_classes: bool) -> bool:
    if are_classes:
        pairs = pd.DataFrame({"column": column.to_numpy(), "target": target}).drop_duplicates()
        return len(pairs) == pairs["column"].nunique() == pairs["target"].nunique()
    if not pd.api.types.is_numeric_dtype(column) or column.isna().any():
        return False
    x = column.to_numpy(dtype=float)
    x, y = x - x.mean(), target - target.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return size > 0 and 1 - abs(float(x @ y)) / size < 1e-12
