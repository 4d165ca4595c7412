"""Errors that a user sees as a message instead of a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


class ExperimentsError(Exception):
    """An error with a message for the user; the command line prints it and exits with code 2."""


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file: line and column, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One error of a configuration: its place, its dotted path and a message."""

    place: Place | None
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.place}  " if self.place else ""
        path = f"{self.path}: " if self.path else ""
        return f"{where}{path}{self.message}"


class ConfigError(ExperimentsError):
    """A configuration that cannot run, with all of its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


# Text around the sentence: Keras prints some messages bold, TensorFlow adds the names of function and operation.
_AROUND = re.compile(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\}\s*|\s*\[Op:\w+\] name:\s*$")


def config_error(path: str, message: str) -> ConfigError:
    """Return the error for one problem at a dotted path; the caller that reads the file adds the place.

    Args:
        path: Dotted path in the resolved configuration, such as "model.hidden".
        message: The expected and the found value.
    """
    return ConfigError([Problem(None, path, message)])


def first_paragraph(error: Exception) -> str:
    """Return the paragraph of a library's error that names the cause, in one line."""
    text = _AROUND.sub("", str(error)).strip()
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    cause = next((part for part in paragraphs if "Exception encountered" not in part), "")
    return " ".join((cause or text or type(error).__name__).split())
