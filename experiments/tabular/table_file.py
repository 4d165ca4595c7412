"""The file of a table: where it may be, how large it may be, and the checksum of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from typing import Literal, TypeAlias

from experiments.errors import ExperimentsError

LARGEST_MEGABYTES = 200
SEPARATORS = {".csv": None, ".tsv": "\t", ".parquet": None}
"""Endings of files that are read, each with the separator that it implies."""

TaskChoice: TypeAlias = Literal["regression", "classes"]


class TableError(ExperimentsError):
    """A table that cannot be used.

    Attributes:
        argument: The argument of ``table`` that the message is about, such as "target".
        name: A name that does not exist; "" for other errors.
        known: The names that exist.
    """

    def __init__(self, argument: str, message: str, name: str = "", known: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.argument = argument
        self.name = name
        self.known = tuple(known)

    @classmethod
    def no_column(cls, argument: str, name: str, known: Sequence[str]) -> TableError:
        """Return the error for the name of a column that the table does not have."""
        return cls(argument, f"there is no column {name!r}", name, known)


class UnusableInputError(TableError):
    """An input column that a study leaves out: nothing can be learned from it.

    Attributes:
        column: Its name.
    """

    def __init__(self, argument: str, message: str, column: str) -> None:
        super().__init__(argument, message)
        self.column = column


@dataclass(frozen=True)
class TableOptions:
    """What a study says about its table.

    Attributes:
        target: Names of the target columns.
        inputs: Names of the input columns; empty for all that are nothing else.
        without: Columns that are left out.
        categorical: Columns of numbers that are categories, such as postcodes.
        group: Column whose equal values stay in one set; "" for none.
        order: Column that sorts the rows in time; "" for none.
        separator: Character between cells; "" to find it out.
        decimal: Decimal sign; "" to find it out.
        encoding: Name of the encoding; "" for UTF-8 or what a byte order mark says.
        task: "regression" or "classes"; None to find it out from the target.
        fills_missing: Whether an imputer fills missing values.
    """

    target: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    group: str = ""
    order: str = ""
    separator: str = ""
    decimal: str = ""
    encoding: str = ""
    task: TaskChoice | None = None
    fills_missing: bool = False


def locate(folder: Path, name: str) -> Path:
    """Return the path of a table inside the folder of its study.

    Args:
        folder: The folder of the study's file.
        name: Path relative to it.

    Raises:
        TableError: The path is absolute, leads out of the folder, or names no readable file of a known kind.
    """
    if Path(name).is_absolute() or PureWindowsPath(name).anchor:
        raise TableError("file", f"expected a path relative to the study's folder, found the absolute path {name!r}")
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise TableError("file", f"{name!r} leads out of the study's folder; expected a file inside it")
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise TableError("file", f"{name!r} is a spreadsheet; save its sheet as CSV and name that file")
    if not path.is_file():
        tables = sorted(other.name for other in path.parent.glob("*") if other.suffix.lower() in SEPARATORS)
        raise TableError("file", f"there is no file {name!r}", Path(name).name, tables)
    if path.suffix.lower() not in SEPARATORS:
        raise TableError("file", f"expected a file that ends in {', '.join(SEPARATORS)}, found {name!r}")
    megabytes = path.stat().st_size / 1e6
    if megabytes > LARGEST_MEGABYTES:
        raise TableError("file", f"has {megabytes:,.0f} MB; at most {LARGEST_MEGABYTES} MB are allowed")
    return path


def content_of(path: Path) -> bytes:
    """Read a file.

    Raises:
        TableError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError("file", f"{path.name} cannot be read: {error.strerror}") from error


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, computed again only after the file has changed.

    Raises:
        TableError: The file cannot be read.
    """
    status = path.stat()
    return _checksum(path, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=64)
def _checksum(path: Path, _changed: int, _size: int, _number: int) -> str:
    return hashlib.sha256(content_of(path)).hexdigest()
