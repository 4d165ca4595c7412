"""Encoding, separator and decimal sign of a text file, found out from its first rows, and its header."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from experiments.tabular.table_file import TableError

_SAMPLE_LINES = 200
_SEPARATORS = (",", ";", "\t", "|")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_DECIMAL = {sign: re.compile(rf"[+-]?\d*{re.escape(sign)}\d+([eE][+-]?\d+)?") for sign in ".,"}


@dataclass(frozen=True)
class TextFormat:
    """How the cells of a text file are written.

    Attributes:
        encoding: Name of the encoding.
        separator: Character between cells.
        decimal: Decimal sign.
        spaces: Whether spaces after a separator do not belong to the cell.
        header: Names of the columns; "" for the row labels that some programs write before the first column.
    """

    encoding: str
    separator: str
    decimal: str
    spaces: bool
    header: tuple[str, ...]


def find_format(content: bytes, *, encoding: str, separator: str, decimal: str) -> TextFormat:
    """Find out how a text file is written.

    Args:
        content: The whole file.
        encoding: Its encoding; "" to find it out.
        separator: Its separator; "" to find it out.
        decimal: Its decimal sign; "" to find it out.

    Raises:
        TableError: The file is empty, in another encoding, or its header or rows are not those of a table.
    """
    encoding = encoding or next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    text = StringIO(_decoded(content, encoding), newline=None)
    lines = [line for line in islice(text, _SAMPLE_LINES) if line.strip()]
    if not lines:
        raise TableError("file", "is empty; expected a row of column names and rows of cells below it")
    separator = separator or _separator(lines)
    rows = _cells(lines, separator)
    spaces = any(cell.startswith(" ") for row in rows for cell in row)
    rows = _cells(lines, separator, spaces=spaces)
    _check_header(rows[0])
    _check_widths(rows, separator)
    return TextFormat(encoding, separator, decimal or _decimal(rows[1:], separator), spaces, tuple(rows[0]))


def _decoded(content: bytes, encoding: str) -> str:
    """Return the text of a file.

    Raises:
        TableError: The content is not in this encoding.
    """
    try:
        codec = codecs.lookup(encoding)
        text, _ = codec.decode(content, "strict")
    except LookupError as error:
        raise TableError("encoding", f"there is no encoding {encoding!r}", encoding, ("utf-8", "cp1252")) from error
    except UnicodeDecodeError as error:
        raise TableError("encoding", _wrong_encoding(content, encoding, error)) from error
    if "\0" in text:
        raise TableError("file", "holds zero bytes, so it is no text file of this encoding")
    return str(text)


def _wrong_encoding(content: bytes, encoding: str, error: UnicodeDecodeError) -> str:
    row = content.count(b"\n", 0, error.start) + 1
    start = content.rfind(b"\n", 0, error.start) + 1
    around = content[max(start, error.start - 12) : error.start + 12].split(b"\n")[0]
    shown = around.decode("cp1252", "replace").strip()
    return (
        f"row {row} is not {encoding} (byte {content[error.start]:#04x}); save the file as UTF-8, or name its "
        f"encoding: with encoding: cp1252 the row reads {shown!r}"
    )


def _cells(lines: Sequence[str], separator: str, *, spaces: bool = False) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=separator, skipinitialspace=spaces))
    except csv.Error as error:
        raise TableError("file", f"its first rows cannot be cut into cells: {error}") from error


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that cuts most rows into as many cells as the header has, more than one."""

    def merit(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _cells(lines, separator) if row]
        return (Counter(widths)[widths[0]] / len(widths), widths[0]) if widths and widths[0] > 1 else (0.0, 0)

    return max(_SEPARATORS, key=merit)


def _decimal(rows: Sequence[Sequence[str]], separator: str) -> str:
    """Return "," where cells such as ``1,5`` occur and none such as ``1.5``."""
    cells = [cell for row in rows for cell in row]
    used = {sign for sign, pattern in _DECIMAL.items() if any(map(pattern.fullmatch, cells))}
    return "," if used == {","} and separator != "," else "."


def _check_header(header: Sequence[str]) -> None:
    if header and all(_NUMBER.fullmatch(cell) for cell in header):
        raise TableError("file", f"its first row holds numbers ({header[0]}, …); expected the names of the columns")
    empty = [number for number, name in enumerate(header, 1) if not name and number > 1]
    if empty:
        raise TableError("file", f"column {empty[0]} has no name in the first row")
    for name, count in Counter(header).items():
        if count > 1:
            places = [str(number) for number, other in enumerate(header, 1) if other == name]
            raise TableError("file", f"columns {' and '.join(places)} have the same name {name!r}")


def _check_widths(rows: Sequence[Sequence[str]], separator: str) -> None:
    width = len(rows[0])
    wide = next((number for number, row in enumerate(rows, 1) if len(row) > width), None)
    if wide is not None:
        written = {"\t": "tab"}.get(separator, separator)
        raise TableError(
            "file", f"row {wide} has {len(rows[wide - 1])} cells, the header has {width} (separator {written!r})"
        )
