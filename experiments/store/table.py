"""The table runs.csv as rows of text, read and written without pandas and without loss."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from experiments.columns import ENDING, GRID, IDENTITY
from experiments.errors import ExperimentsError
from experiments.store.result import Row

_FIRST = tuple(column.name for column in IDENTITY if "<" not in column.name)
_LAST = tuple(column.name for column in ENDING)
_ENTRY = ("variant", "protocol", "repeat", "hash", "engine", "error")
_LONGEST_CELL = 2**31 - 1


class Key(NamedTuple):
    """What identifies a row."""

    variant: str
    protocol: str
    repeat: int


class Entry(NamedTuple):
    """A row of runs.csv without its results."""

    key: Key
    hash: str
    engine: str
    failed: bool


def entry_of(row: Mapping[str, str]) -> Entry:
    """Return the entry of a row."""
    return Entry(key_of(row), row["hash"], row["engine"], "error" in row)


def key_of(row: Mapping[str, str]) -> Key:
    """Return the key of a row."""
    return Key(row["variant"], row["protocol"], int(row["repeat"]))


def read_rows(path: Path) -> list[Row]:
    """Read runs.csv; a missing file has no rows.

    Args:
        path: The file.

    Returns:
        One mapping for each run, without its empty columns.

    Raises:
        ExperimentsError: The file is no table of runs, or ends inside a row.
    """
    if not path.is_file():
        return []
    with _table(path) as (header, lines):
        return [{column: text for column, text in zip(header, line, strict=True) if text} for line in lines]


@contextmanager
def _table(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            csv.field_size_limit(_LONGEST_CELL)  # of the whole process; 131,072 characters by default
            lines = csv.reader(file)
            header = next(lines, [])
            missing = [column for column in _ENTRY if column not in header]
            if missing:
                raise ValueError(f"it has no column {missing[0]!r}")
            yield header, lines
    except (ValueError, IndexError, csv.Error) as error:
        advice = "bring back a copy of it, or move it away to train its runs again"
        raise ExperimentsError(f"{path} is damaged: {advice} ({error})") from error


def table_text(rows: Iterable[Row]) -> str:
    """Return the text of runs.csv.

    Args:
        rows: In the order of the file.

    Returns:
        CSV whose columns do not depend on the order of the rows: identity, grid axes, metrics by name, ending.
    """
    rows = list(rows)
    present = {column for row in rows for column in row}
    axes = sorted(column for column in present if column.startswith(GRID))
    metrics = sorted(present - {*_FIRST, *_LAST, *axes})
    header = [*_FIRST, *axes, *metrics, *_LAST]
    text = io.StringIO()
    # Readers end a line at a lone carriage return, but Python quotes it only from 3.13 on.
    with_return = any("\r" in cell for row in rows for cell in row.values())
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if with_return else csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([row.get(column, "") for column in header] for row in rows)
    return text.getvalue()


def read_index(path: Path) -> list[Entry]:
    """Read the entries of runs.csv without its results, to find out quickly what is done.

    Args:
        path: The file; a missing one has no runs.

    Raises:
        ExperimentsError: The file is no table of runs, or ends inside a row.
    """
    if not path.is_file():
        return []
    with _table(path) as (header, lines):
        pick = itemgetter(*map(header.index, _ENTRY))
        return [
            Entry(Key(variant, protocol, int(repeat)), content, engine, bool(error))
            for variant, protocol, repeat, content, engine, error in map(pick, lines)
        ]


def finished(index: Iterable[Entry]) -> dict[Key, str]:
    """Return the runs that are done: in the table, and without an error.

    Args:
        index: The entries of runs.csv.

    Returns:
        Key to content hash.
    """
    return {entry.key: entry.hash for entry in index if not entry.failed}
