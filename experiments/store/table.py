"""The table runs.csv as rows of text: read and written without pandas, numbers in a form that loses nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from experiments.columns import ENDING, GRID, IDENTITY
from experiments.errors import ExperimentsError
from experiments.store.record import RunResult

Row = dict[str, str]

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
    """What a row says about its run, without what the run gave."""

    key: Key
    hash: str
    engine: str
    failed: bool


def entry_of(row: Mapping[str, str]) -> Entry:
    """Shorten a row to what identifies its run."""
    return Entry(key_of(row), row["hash"], row["engine"], "error" in row)


def key_of(row: Mapping[str, str]) -> Key:
    """Name the run that a row is about."""
    return Key(row["variant"], row["protocol"], int(row["repeat"]))


def row_of(result: RunResult) -> Row:
    """Turn a finished run into a row of runs.csv.

    Args:
        result: Of a failed run the row says ``stopped_because: failed`` and the last line of the traceback.

    Returns:
        Column name to text; empty columns are absent.
    """
    run = result.run
    values: dict[str, Any] = {
        "study": run.study,
        "variant": run.variant,
        "group": run.group,
        "protocol": run.protocol,
        "repeat": run.repeat,
        "seed": run.seed,
        "engine": run.engine,
        "hash": run.hash,
        **{GRID + axis: value for axis, value in run.grid.items()},
        **result.scalars,
    }
    if result.failed:
        values |= {"stopped_because": "failed", "error": result.short_error}
    return {column: format_value(value) for column, value in values.items()}


def format_value(value: Any) -> str:
    """Write one value so that reading it gives the same value again.

    Args:
        value: A number (also NumPy's), text, None, or a component of a grid.
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, sort_keys=True)
    return "" if value is None else str(value)


def read_rows(path: Path) -> list[Row]:
    """Read runs.csv; a missing file has no rows.

    Args:
        path: The file.

    Returns:
        One mapping a run, without its empty columns.

    Raises:
        ExperimentsError: The file is no table of runs, or ends in the middle of a row.
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
    """Write rows as the text of runs.csv.

    Args:
        rows: In the order wanted.

    Returns:
        CSV whose columns do not depend on the order of the rows: identity, grid axes, metrics by name, the ending.
    """
    rows = list(rows)
    present = {column for row in rows for column in row}
    axes = sorted(column for column in present if column.startswith(GRID))
    metrics = sorted(present - {*_FIRST, *_LAST, *axes})
    header = [*_FIRST, *axes, *metrics, *_LAST]
    text = io.StringIO()
    # Readers take a lone carriage return for the end of a line, but Python quotes it only from 3.13 on.
    with_return = any("\r" in cell for row in rows for cell in row.values())
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if with_return else csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([row.get(column, "") for column in header] for row in rows)
    return text.getvalue()


def read_index(path: Path) -> list[Entry]:
    """Read of runs.csv only which runs it has: the question that a call with nothing to do asks of every study.

    Args:
        path: The file; a missing one has no runs.

    Raises:
        ExperimentsError: The file is no table of runs, or ends in the middle of a row.
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
    """Tell which runs are done: in the table, and without an error.

    Args:
        index: Of runs.csv.

    Returns:
        Each done run's content hash.
    """
    return {entry.key: entry.hash for entry in index if not entry.failed}
