"""The one tree of errors that reach a user as a message instead of a traceback."""

from __future__ import annotations

import re
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


# What stands around the sentence: Keras prints some messages bold, TensorFlow names its own function and operation.
_AROUND = re.compile(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\}\s*|\s*\[Op:\w+\] name:\s*$")


def config_error(path: str, message: str) -> ConfigError:
    """Make the error for one thing wrong at a dotted path; who knows the file adds the place.

    Args:
        path: Dotted path in the resolved configuration, such as "model.hidden".
        message: What was expected and what was found.
    """
    return ConfigError([Problem(None, path, message)])


def first_paragraph(error: Exception) -> str:
    """Give the sentence of a library's error that says what is wrong, in one line."""
    text = _AROUND.sub("", str(error)).strip()
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    wanted = next((part for part in paragraphs if "Exception encountered" not in part), "")
    return " ".join((wanted or text or type(error).__name__).split())
