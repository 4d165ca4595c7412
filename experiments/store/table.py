"""The table runs.csv as rows of text, read and written without pandas and without loss."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from experiments.column_types import GRID
from experiments.columns import ENDING, IDENTITY
from experiments.errors import ExperimentsError
from experiments.store.result import Row

_FIRST = tuple(column.name for column in IDENTITY if "<" not in column.name)
_LAST = tuple(column.name for column in ENDING)
_ENTRY = ("variant", "protocol", "repeat", "hash", "engine", "error")
_LONGEST_CELL = 2**31 - 1


Place = tuple[str, str]
"""Variant and protocol."""


class Key(NamedTuple):
    """What identifies a row."""

    variant: str
    protocol: str
    repeat: int

    @property
    def place(self) -> Place:
        """Variant and protocol."""
        return self.variant, self.protocol


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


def read_rows(path: Path, protocol: str | None = None) -> list[Row]:
    """Read runs.csv; a missing file has no rows.

    Args:
        path: The file.
        protocol: Only the rows of this protocol; None for all.

    Returns:
        One mapping for each run, without its empty columns.

    Raises:
        ExperimentsError: The file is no table of runs, or ends inside a row.
    """
    if not path.is_file():
        return []
    with _table(path) as (header, lines):
        place = header.index("protocol")
        kept = (line for line in lines if protocol is None or line[place] == protocol)
        return [{column: text for column, text in zip(header, line, strict=True) if text} for line in kept]


@dataclass(frozen=True)
class StoredTable:
    """The rows of runs.csv with their lines: rows that stay are written as they are, and never decoded.

    Attributes:
        header: The columns; none where there is no file.
        entries: The rows by key, in the order of the file.
        lines: Key to the text of the row, with its line end.
    """

    header: tuple[str, ...] = ()
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    lines: Mapping[Key, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> StoredTable:
        """Read runs.csv; a missing file has no rows.

        Args:
            path: The file.

        Raises:
            ExperimentsError: The file is no table of runs, or ends inside a row.
        """
        if not path.is_file():
            return cls()
        entries: dict[Key, Entry] = {}
        lines: dict[Key, str] = {}
        with _open_table(path) as (header, file):
            for entry, line in _entries_with_lines(header, file):
                entries[entry.key] = entry
                lines[entry.key] = line
        return cls(tuple(header), entries, lines)

    def text_with(self, new: Mapping[Key, Row], keys: Sequence[Key]) -> str:
        """Return the text of runs.csv with some of these rows and new ones.

        Args:
            new: Rows to add, also in place of some of these.
            keys: The rows of the text, in their order; each is new or one of these.
        """
        columns = {column for row in new.values() for column in row}
        cells = (cell for row in new.values() for cell in row.values())
        returns = "\r" in "".join((*self.lines.values(), *cells))  # they change how all rows are quoted
        # Where a row leaves, its columns may leave with it, so that all lines change.
        leave = not self.entries.keys() <= set(keys)
        narrower = any(not self.row(key).keys() <= new[key].keys() for key in self.entries.keys() & new.keys())
        if returns or leave or narrower or not columns <= set(self.header):
            return table_text(new[key] if key in new else self.row(key) for key in keys)
        written = _lines(self.header, [new[key] for key in keys if key in new])
        added = iter(written)
        return next(added) + "".join(next(added) if key in new else self.lines[key] for key in keys)

    def row(self, key: Key) -> Row:
        """Return a row as a mapping without its empty columns."""
        (cells,) = csv.reader(io.StringIO(self.lines[key], newline=""))
        return {column: cell for column, cell in zip(self.header, cells, strict=True) if cell}


@contextmanager
def _table(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """Yield the header and the rows of a table."""
    with _open_table(path) as (header, file):
        yield header, csv.reader(file)


@contextmanager
def _open_table(path: Path) -> Iterator[tuple[list[str], Iterator[str]]]:
    """Yield the header of a table and the lines after it."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            csv.field_size_limit(_LONGEST_CELL)  # of the whole process; 131,072 characters by default
            header = next(csv.reader(file), [])  # a reader takes no line more than a row has
            missing = [column for column in _ENTRY if column not in header]
            if missing:
                raise ValueError(f"it has no column {missing[0]!r}")
            yield header, file
    except (ValueError, IndexError, csv.Error) as error:
        advice = "bring back a copy of it, or move it away to train its runs again"
        raise ExperimentsError(f"{path} is damaged: {advice} ({error})") from error


def _entries_with_lines(header: Sequence[str], file: Iterator[str]) -> Iterator[tuple[Entry, str]]:
    """Yield the entry of each row with the text of the row.

    A row without quotes is one line. Only the cells at its ends are split: a table may have a hundred columns.
    """
    places = list(map(header.index, _ENTRY))
    pick, first_cells = itemgetter(*places), itemgetter(*places[:-1])
    splits, behind, commas = max(places[:-1]) + 1, len(header) - places[-1], len(header) - 1
    is_usual = places[-1] >= splits  # the error is behind the other cells
    for line in file:
        if is_usual and '"' not in line:
            found, text = line.count(","), line
            variant, protocol, repeat, content, engine = first_cells(line.split(",", splits))
            error = line.rstrip("\r\n").rsplit(",", behind)[1]
        else:
            taken: list[str] = []
            row = next(csv.reader(_noting(chain([line], file), taken)))
            found, text = len(row) - 1, "".join(taken)
            variant, protocol, repeat, content, engine, error = pick(row)
        if found != commas:
            raise ValueError(f"a row has {found + 1} cells, the header {len(header)}")
        yield Entry(Key(variant, protocol, int(repeat)), content, engine, bool(error)), text


def _noting(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    """Yield lines, and append each to a list."""
    for line in lines:
        taken.append(line)
        yield line


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
    # Readers end a line at a lone carriage return, but Python quotes it only from 3.13 on.
    with_return = any("\r" in cell for row in rows for cell in row.values())
    return "".join(_lines([*_FIRST, *axes, *metrics, *_LAST], rows, quote_all=with_return))


def _lines(header: Sequence[str], rows: Iterable[Row], *, quote_all: bool = False) -> list[str]:
    """Return the lines of the header and of rows."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([row.get(column, "") for column in header] for row in rows)
    return lines


class _Lines(list[str]):
    """A list that ``csv.writer`` writes to: one call for each row."""

    write = list.append


def read_index(path: Path) -> list[Entry]:
    """Read the entries of runs.csv without its results, to find out quickly what is done.

    Args:
        path: The file; a missing one has no runs.

    Raises:
        ExperimentsError: The file is no table of runs, or ends inside a row.
    """
    if not path.is_file():
        return []
    with _open_table(path) as (header, file):
        return [entry for entry, _ in _entries_with_lines(header, file)]


def finished(index: Iterable[Entry]) -> dict[Key, str]:
    """Return the runs that are done: in the table, and without an error.

    Args:
        index: The entries of runs.csv.

    Returns:
        Key to content hash.
    """
    return {entry.key: entry.hash for entry in index if not entry.failed}
