"""The cells of one column: which kind of column they make, and what in them cannot be learned from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from experiments.tabular.table_file import TableError, UnusableInputError

ColumnKind: TypeAlias = Literal["number", "boolean", "category"]
MISSING = "missing"
"""The category of empty cells."""
FEW_TEXTS = 50
"""A column with at most as many different texts may be a category, however few rows there are."""

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}"
    r"|\d{1,2}[-. ]{1,2}[A-Z][a-z]{2,8}[-. ]\d{2,4})([ T]\d{1,2}:\d{2}.*)?"
)
_GROUPED = re.compile(r"[+-]?\d{1,3}([,.' ]\d{3})+([.,]\d+)?")
_SPREADSHEET_ERROR = re.compile(r"#[A-Z]+(/\d|/[A-Z])?[!?]?|#N/?A")


@dataclass(frozen=True)
class ColumnFinder:
    """Finds out the kinds of columns.

    Attributes:
        first_row: Number of the first row of cells, as a spreadsheet counts.
    """

    first_row: int

    def kind_of(self, column: pd.Series, argument: str, *, as_category: bool) -> ColumnKind:
        """Return the kind of a column.

        Args:
            column: Its cells, as pandas read them.
            argument: The argument of ``table`` that errors are about.
            as_category: Whether the study names it among ``categorical``.

        Raises:
            TableError: It holds dates, formulas, infinite numbers, or numbers and text.
        """
        there = column.dropna()
        if there.empty:
            message = f"column {column.name!r} is empty; leave it out with without: [{column.name}]"
            raise UnusableInputError(argument, message, str(column.name))
        if pd.api.types.is_datetime64_any_dtype(column) or isinstance(there.iloc[0], date | pd.Period):
            raise self._date(column, argument, str(there.iloc[0]))
        if as_category:
            return "category"
        if pd.api.types.is_bool_dtype(column) or there.map(lambda cell: isinstance(cell, bool | np.bool_)).all():
            return "boolean"
        if pd.api.types.is_numeric_dtype(column):
            self._refuse(column, argument, column.astype(float).abs() == np.inf, "holds an infinite number")
            return "number"
        kinds = there.map(lambda cell: isinstance(cell, str | int | float | np.number))
        if not kinds.all():  # a Parquet file may hold lists, bytes, decimals, …
            cell = there[~kinds].iloc[0]
            where = f"row {self._row(there[~kinds].index[0])}, column {column.name!r}"
            raise TableError(argument, f"{where} holds a {type(cell).__name__}; expected a number or a text")
        self._check_texts(there.astype(str), argument)
        return "category"

    def _check_texts(self, texts: pd.Series, argument: str) -> None:
        self._refuse(texts, argument, texts.str.startswith("="), "holds a formula; save its value instead")
        self._refuse(texts, argument, texts.map(_matches(_SPREADSHEET_ERROR)), "holds an error of a spreadsheet")
        if texts.map(_matches(_DATE)).all():
            raise self._date(texts, argument, texts.iloc[0])
        if texts.map(_matches(_GROUPED)).all():
            raise TableError(
                argument,
                f"column {texts.name!r} holds numbers with thousands separators, such as {texts.iloc[0]!r}; "
                "save them without",
            )
        numbers = pd.to_numeric(texts, errors="coerce").notna()
        if 0 < numbers.sum() < len(texts):
            odd, usual = (numbers, ~numbers) if numbers.mean() < 0.5 else (~numbers, numbers)
            row, cell = self._row(texts[odd].index[0]), texts[odd].iloc[0]
            raise TableError(
                argument,
                f"column {texts.name!r} mixes numbers and text: row {row} has {cell!r}, row "
                f"{self._row(texts[usual].index[0])} has {texts[usual].iloc[0]!r}; expected one kind, or "
                f"categorical: [{texts.name}]",
            )

    def _date(self, column: pd.Series, argument: str, example: str) -> TableError:
        return UnusableInputError(
            argument,
            f"column {column.name!r} holds dates, such as {example!r}; expected order: {column.name} if the rows are a "
            f"series in time, without: [{column.name}], or a number such as the year instead",
            str(column.name),
        )

    def _refuse(self, column: pd.Series, argument: str, wrong: pd.Series, reason: str) -> None:
        if wrong.any():
            first = wrong[wrong].index[0]
            raise TableError(
                argument, f"row {self._row(first)}, column {column.name!r} {reason} (found {str(column[first])!r})"
            )

    def _row(self, index: Any) -> int:
        return int(index) + self.first_row

    def check_filled(self, column: pd.Series, argument: str, advice: str) -> None:
        """Check that a column has no empty cell.

        Args:
            column: Its cells.
            argument: The argument of ``table`` that the error is about.
            advice: What to do, after "expected".

        Raises:
            TableError: Some cell is empty.
        """
        empty = column.isna()
        if empty.any():
            more = f" (and {int(empty.sum()) - 1} more cells of this column)" if empty.sum() > 1 else ""
            raise TableError(
                argument,
                f"row {self._row(empty[empty].index[0])}, column {column.name!r} is empty{more}; expected {advice}",
            )


def refuse_free_text(column: pd.Series, argument: str, advice: str) -> None:
    """Raise an error for a column of texts of which nearly every row has its own.

    Args:
        column: Its cells.
        argument: The argument of ``table`` that the error is about.
        advice: What to do.

    Raises:
        TableError: More than fifty different texts, and more than one for every two rows.
    """
    different = column.nunique()
    if different > max(FEW_TEXTS, len(column) / 2):
        raise UnusableInputError(
            argument,
            f"column {column.name!r} has {different:,} different texts in {len(column):,} rows, such as "
            f"{column.dropna().iloc[0]!r}, so nearly every row is a category of its own; {advice}",
            str(column.name),
        )


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text.strip()) is not None
