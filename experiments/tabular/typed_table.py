"""A table with the kinds of its columns found out and its targets apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import pandas as pd

from experiments.tabular.cells import MISSING, ColumnFinder, ColumnKind, refuse_free_text
from experiments.tabular.table_file import SEPARATORS, TableError, TableOptions, checksum_of, content_of
from experiments.tabular.targets import Targets, read_targets, refuse_copies
from experiments.tabular.text_format import TextFormat, find_format

FEWEST_ROWS = 10
MOST_INPUTS = 2000
_MISSING_ADVICE = "a value, or imputer: {{SimpleImputer: {{strategy: median}}}}, or without: [{name}]"


@dataclass(frozen=True, eq=False)
class TypedTable:
    """A table as a study uses it. Its arrays are shared between runs and must not be written to.

    Attributes:
        inputs: The input columns: floats, NaN where a cell is empty, and texts, "missing" where a cell is empty.
        kinds: Name of each input column → its kind.
        targets: The targets.
        groups: Shape (rows,): number of each row's group; None without ``group``.
        written: How the cells are written; None for a Parquet file.
        empty_cells: Number of empty cells of the inputs.
        order_is_numeric: Whether the column that sorted the rows in time holds numbers, not dates.
        target_names: Names of the target columns.
    """

    inputs: pd.DataFrame
    kinds: Mapping[str, ColumnKind]
    targets: Targets
    groups: np.ndarray | None
    written: TextFormat | None
    empty_cells: int
    order_is_numeric: bool
    target_names: tuple[str, ...]

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers and booleans."""
        return [name for name, kind in self.kinds.items() if kind != "category"]

    @property
    def categories(self) -> dict[str, list[str]]:
        """The columns of categories, each with all of its categories, sorted."""
        names = (name for name, kind in self.kinds.items() if kind == "category")
        return {name: sorted(self.inputs[name].unique().tolist()) for name in names}

    def description(self) -> str:
        """Return rows, columns and task in one line, such as ``506 rows, 13 numbers; price: regression``."""
        kinds = list(self.kinds.values())
        words = {"number": "numbers", "boolean": "booleans", "category": "categories"}
        counts = [(kinds.count(kind), kind if kinds.count(kind) == 1 else words[kind]) for kind in dict.fromkeys(kinds)]
        parts = [f"{len(self.inputs):,} rows", *(f"{count:,} {word}" for count, word in counts)]
        parts += [f"{self.empty_cells:,} empty cells"] if self.empty_cells else []
        parts += [f"{self.groups.max() + 1:,} groups"] if self.groups is not None else []
        names = self.targets.classes
        listed = ", ".join(shorten(name, 24, placeholder="…") for name in names[:5]) + (", …" if len(names) > 5 else "")
        classes = f" of {len(names)} classes ({listed})" if names else ""
        return f"{', '.join(parts)}; {', '.join(self.target_names)}: {self.targets.task}{classes}"


def read_table(path: Path, options: TableOptions) -> TypedTable:
    """Read a table.

    Args:
        path: A CSV, TSV or Parquet file, as ``locate`` returns it.
        options: What the study says about it.

    Returns:
        The table; the same object again as long as the file stays as it is.

    Raises:
        TableError: It cannot be used, with the row and the column.
    """
    return _read(path, checksum_of(path), options)


@lru_cache(maxsize=4)
def _read(path: Path, _checksum: str, options: TableOptions) -> TypedTable:
    frame, written = _frame(path, options)
    finder = ColumnFinder(1 if written is None else 2)
    if len(frame) < FEWEST_ROWS:
        rows = {0: "no row", 1: "one row"}.get(len(frame), f"{len(frame)} rows")
        raise TableError("file", f"has {rows} below the names of the columns; expected at least {FEWEST_ROWS}")
    if options.order:  # the index stays that of the file, for messages
        frame = frame.iloc[np.argsort(_times(frame[options.order], finder), kind="stable")]
    targets = read_targets(frame, options.target, options.task, finder)
    names = _inputs(options, list(frame.columns))
    kinds = {name: finder.kind_of(frame[name], "file", as_category=name in options.categorical) for name in names}
    if not options.fills_missing:
        for name in kinds:
            finder.check_filled(frame[name], "file", _MISSING_ADVICE.format(name=name))
    inputs = pd.DataFrame({name: _typed(frame[name], kind) for name, kind in kinds.items()}).reset_index(drop=True)
    refuse_copies(inputs, targets, options.target)
    return TypedTable(
        inputs=inputs,
        kinds=kinds,
        targets=targets,
        groups=_groups(frame[options.group], finder) if options.group else None,
        written=written,
        empty_cells=int(frame[names].isna().to_numpy().sum()),
        order_is_numeric=bool(options.order) and pd.api.types.is_numeric_dtype(frame[options.order]),
        target_names=options.target,
    )


def _frame(path: Path, options: TableOptions) -> tuple[pd.DataFrame, TextFormat | None]:
    """Return the cells, and how they are written in a text file."""
    content = content_of(path)
    if path.suffix.lower() == ".parquet":
        return _parquet(content, options), None
    separator = options.separator or SEPARATORS[path.suffix.lower()] or ""
    written = find_format(content, encoding=options.encoding, separator=separator, decimal=options.decimal)
    _check_names(options, written.header)
    try:
        frame = pd.read_csv(BytesIO(content), **reading(written, options))
    except (pd.errors.ParserError, ValueError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise TableError("file", f"cannot be cut into cells: {reason}") from error
    frame.columns = pd.Index(written.header)
    return frame, written


def reading(written: TextFormat, options: TableOptions) -> dict[str, Any]:
    """Return the arguments of ``pandas.read_csv`` that differ from its defaults."""
    arguments = {
        "sep": (written.separator, ","),
        "decimal": (written.decimal, "."),
        "encoding": (written.encoding, "utf-8"),
        "skipinitialspace": (written.spaces, False),
        "dtype": (dict.fromkeys(options.categorical, "str"), {}),
        "low_memory": (False, True),  # else a column of mixed cells has the kind of each chunk
    }
    return {name: value for name, (value, default) in arguments.items() if value != default}


def _parquet(content: bytes, options: TableOptions) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(BytesIO(content))
    except ImportError as error:
        raise TableError(
            "file", "is a Parquet file, which pandas reads with the package pyarrow; or save it as CSV"
        ) from error
    except (ValueError, OSError) as error:
        raise TableError("file", f"is no Parquet file: {error}") from error
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    _check_names(options, list(frame.columns))
    return frame.astype(dict.fromkeys(options.categorical, "str"))


def _check_names(options: TableOptions, header: Sequence[str]) -> None:
    """Check that the columns exist, have one use each, and are not too many, before any cell is read."""
    given = {
        "target": options.target,
        "inputs": options.inputs,
        "without": options.without,
        "categorical": options.categorical,
        "group": (options.group,) if options.group else (),
        "order": (options.order,) if options.order else (),
    }
    for argument, names in given.items():
        for name in names:
            if name not in header or not name:
                raise TableError.no_column(argument, name, [known for known in header if known])
    uses = [(argument, name) for argument in ("target", "inputs", "without") for name in given[argument]]
    for number, (argument, name) in enumerate(uses):
        earlier = next((other for other, same in uses[:number] if same == name), None)
        if earlier is not None:
            raise TableError(argument, f"column {name!r} is named in {earlier} already")
    for argument in ("group", "order"):
        if set(given[argument]) & {*options.target, *options.inputs}:
            raise TableError(argument, f"column {given[argument][0]!r} is a target or an input as well")
    inputs = _inputs(options, header)
    if not inputs:
        raise TableError("file", "has no column left for the inputs")
    if len(inputs) > MOST_INPUTS:
        raise TableError(
            "file",
            f"has {len(inputs):,} input columns; at most {MOST_INPUTS:,} are allowed: name those wanted in inputs",
        )


def _inputs(options: TableOptions, header: Sequence[str]) -> list[str]:
    """Return the names of the input columns, in the order of the file."""
    left_out = {*options.without, *options.target, options.group, options.order, ""}
    return [name for name in header if (name in options.inputs if options.inputs else name not in left_out)]


def _typed(column: pd.Series, kind: ColumnKind) -> pd.Series:
    if kind != "category":
        return column.astype(float)
    refuse_free_text(column, "file", f"leave it out with without: [{column.name}]")
    return column.astype(object).where(column.notna(), MISSING).astype(str)


def _times(column: pd.Series, finder: ColumnFinder) -> np.ndarray:
    """Return the column that sorts the rows in time, as numbers or dates."""
    finder.check_filled(column, "order", "the time of each row")
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
        try:
            column = pd.to_datetime(column, format="ISO8601")
        except ValueError as error:
            found = f"column {column.name!r} has times such as {column.iloc[0]!r}"
            raise TableError("order", f"{found}; expected numbers, or dates like 2024-03-31") from error
    return column.to_numpy()


def _groups(column: pd.Series, finder: ColumnFinder) -> np.ndarray:
    """Return the number of each row's group."""
    finder.check_filled(column, "group", "the group of each row")
    numbers, names = pd.factorize(column, sort=True)
    if len(names) < 3:
        raise TableError(
            "group", f"column {column.name!r} has {len(names)} groups; expected at least three for the sets"
        )
    return numbers
