"""Problems of a configuration: a collection of all of them, and uniform messages with the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from experiments.errors import ConfigError, Place, Problem

_LONGEST_FOUND = 60
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_OLD_NAMES = {
    "lr": "learning_rate",
    "nb_epoch": "epochs",
    "init": "kernel_initializer",
    "p": "rate",
    "base": "from",
    "extends": "from",
}
"""Name in an earlier version of Keras or in another tool → name here."""

_MOST_NAMES = 24
_SHORTEST_START = 3
"""Letters from which the beginning of a name suggests the name: ``val`` is for ``validation``."""


class Problems:
    """The problems found so far; equal messages at the same place count once.

    Args:
        start: Place of problems without a place, such as a missing section.
    """

    def __init__(self, start: Place | None = None) -> None:
        self._start = start
        self._found: dict[tuple[Place | None, str], Problem] = {}

    def add(self, place: Place | None, path: str, message: str) -> None:
        """Add a problem unless it is a duplicate."""
        place = place or self._start
        self._found.setdefault((place, message), Problem(place, path, message))

    def include(self, others: Problems, *, at: Place | None = None) -> None:
        """Add the problems of another collection, all at one place if it is given."""
        for problem in others:
            self.add(at or problem.place, problem.path, problem.message)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raise all problems in the order of the file.

        Raises:
            ConfigError: With every problem, where there is at least one.
        """
        if self._found:
            raise ConfigError(sorted(self._found.values(), key=_position))


def _position(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def join(path: str, key: str | int) -> str:
    """Append a key to a dotted path."""
    return f"{path}.{key}" if path else str(key)


def is_number(text: str) -> bool:
    """Return whether a text is a number that stands between quotes."""
    return _NUMBER.fullmatch(text) is not None


def found(value: Any) -> str:
    """Return a short description of an unexpected value."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping" + (f" with {', '.join(map(str, list(value)[:3]))}" if value else " without entries")
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    text = repr(value)
    return text if len(text) <= _LONGEST_FOUND else text[: _LONGEST_FOUND - 1] + "…"


def expected(words: str, value: Any) -> str:
    """Return the message for a wrong value, with a hint for the usual mistakes in YAML."""
    message = f"expected {words}, found {found(value)}"
    if isinstance(value, str) and value.lower() in ("yes", "on", "no", "off", "y", "n") and "true or false" in words:
        message += f"; write {'true' if value.lower() in ('yes', 'on', 'y') else 'false'}"
    if isinstance(value, str) and ("number" in words or "integer" in words) and is_number(value):
        message += f"; write {value} without quotes"
    if value in ("true", "false") and "true or false" in words:
        message += f"; write {value} without quotes"
    if isinstance(value, float) and value.is_integer() and "integer" in words:
        message += f"; write {value:.0f}"
    if words == "a list" and isinstance(value, str):
        message += f"; write [{value}]"
    return message


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a suggestion: the nearest valid name, or all names if they are few.

    Args:
        name: The name that was found.
        names: The names that would do.

    Returns:
        ``"; did you mean 'rate'?"``, ``"; expected one of …"`` or an empty string.
    """
    known = list(dict.fromkeys(names))
    if _OLD_NAMES.get(name) in known and name not in known:
        return f"; did you mean {_OLD_NAMES[name]!r}?"
    lowered = {item.lower(): item for item in reversed(known)}
    near = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    close = get_close_matches(name, known, n=1, cutoff=0.7) or [lowered[item] for item in near]
    if not close and len(name) >= _SHORTEST_START:
        close = [item for item in known if item.lower().startswith(name.lower())]
    if close:
        return f"; did you mean {close[0]!r}?"
    if 0 < len(known) <= _MOST_NAMES:
        return f"; expected {alternatives(known)}"
    return ""


def alternatives(names: Sequence[str]) -> str:
    """Return the text of a choice: ``'a'``, ``'a' or 'b'``, ``one of 'a', 'b', 'c'``."""
    quoted = [repr(name) for name in names]
    return " or ".join(quoted) if len(quoted) <= 2 else "one of " + ", ".join(quoted)
