"""A first look at a table that no study describes yet: what is left out, filled and encoded so that it can be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.tabular.table_file import TableError, TableOptions, TaskChoice, UnusableInputError
from experiments.tabular.typed_table import TypedTable, read_table

_ROW_NAMES = re.compile(r"(.*[_ .-])?(id|index|idx|nr|no|num|number|row|rownames|obs|serial)", re.IGNORECASE)
_ENCODING = "cp1252"


@dataclass(frozen=True)
class FirstLook:
    """A table with the options that make it usable.

    Attributes:
        options: What a study should say about the table.
        table: The table, read so.
        left_out: Column → why it is left out.
    """

    options: TableOptions
    table: TypedTable
    left_out: dict[str, str]


def look_at(path: Path, target: Sequence[str]) -> FirstLook:
    """Find out how a table can be used.

    Args:
        path: The file, as ``locate`` returns it.
        target: Names of the target columns.

    Returns:
        The options: the encoding if the file is not UTF-8, the task, and the columns left out, such as dates, names of
        rows, and copies of the target.

    Raises:
        TableError: The table cannot be used without a change of the file.
    """
    options, left_out = TableOptions(tuple(target), fills_missing=True), dict[str, str]()
    while True:
        try:
            table = read_table(path, options)
        except UnusableInputError as error:
            if error.column in target:
                raise
            left_out[error.column] = _reason(error)
        except TableError as error:
            if error.argument != "encoding" or options.encoding:
                raise
            options = replace(options, encoding=_ENCODING)
        else:
            found = _uninformative(table)
            if not found or len(found) == len(table.kinds):
                task: TaskChoice = "regression" if table.targets.task == "regression" else "classes"
                return FirstLook(replace(options, task=task), table, left_out)
            left_out |= found
        options = replace(options, without=tuple(left_out))


def _reason(error: UnusableInputError) -> str:
    """Return what is wrong with a column, without its name and what to do about it."""
    reason = str(error).removeprefix(f"column {error.column!r} ").partition(";")[0].partition(", so ")[0]
    in_time = f"; write order: {error.column} if the rows are a series in time"
    return reason + (in_time if reason.startswith("holds dates") else "")


def _uninformative(table: TypedTable) -> dict[str, str]:
    """Return the columns that number the rows, or have one value only, with the reason."""
    found = {}
    for name in table.kinds:
        column = table.inputs[name]
        if column.nunique(dropna=False) == 1:
            found[name] = f"has the value {column.iloc[0]!s} in every row"
        elif table.kinds[name] == "number" and _numbers_rows(column, name):
            found[name] = "numbers the rows"
    return found


def _numbers_rows(column: pd.Series, name: str) -> bool:
    steps = np.diff(column.to_numpy())
    is_counter = bool(len(steps) and (steps == 1).all())
    return is_counter or bool(_ROW_NAMES.fullmatch(name) and column.is_unique and (column == column.round()).all())
