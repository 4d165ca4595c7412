"""The one tree of errors that reach a user as a message instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ExperimentsError(Exception):
    """An error with a message for the user; the command line prints it and exits with code 2."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written: 1-based line and column of a file."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a configuration: where, at which dotted path, and what."""

    place: Place | None
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.place}  " if self.place else ""
        path = f"{self.path}: " if self.path else ""
        return f"{where}{path}{self.message}"


class ConfigError(ExperimentsError):
    """A configuration that cannot run, with all of its problems at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
