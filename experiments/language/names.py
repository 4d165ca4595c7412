"""Checks of the names in a study, so that each can be a file, a folder, a column or a key."""

from __future__ import annotations

import re
from collections.abc import Iterable

from experiments.language.located import LocatedDict
from experiments.language.problems import Problems, expected, join
from experiments.language.sections import NAME_PATTERN

LONGEST_NAME = 100
LONGEST_LABEL = 200

_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
_NO_FOLDER = re.compile(r"[/\\:\x00-\x1f\x7f]")


def check_names(section: LocatedDict, path: str, what: str, problems: Problems, *, files: bool = False) -> None:
    """Check the keys of a section: a letter first, then letters, digits and underscores.

    Args:
        section: Located data.
        path: Its dotted path.
        what: What its keys are, such as "a layer name".
        problems: Collects the wrong names.
        files: Whether files are called by these names.
    """
    for name in section:
        message = wrong_name(name, what) or (wrong_file_name(name) if files else "")
        if message:
            problems.add(section.key_place_of(name), join(path, name), message)


def wrong_name(name: str, what: str) -> str:
    """Return what is wrong with a plain name, or an empty text."""
    if not re.match(NAME_PATTERN, name) or name.endswith("\n"):
        return f"expected {what} of letters, digits and underscores that starts with a letter, found {name!r}"
    if len(name) > LONGEST_NAME:
        return expected(f"{what} of at most {LONGEST_NAME} characters", name)
    return ""


def wrong_file_name(name: str) -> str:
    """Return why no folder or file can have a study's or a variant's name, or an empty text."""
    if name.startswith(".") or name.endswith((".", " ")) or not name.strip() or _NO_FOLDER.search(name):
        return f"a folder cannot be called {name!r}; expected letters, digits, '_' and '-'"
    if _DEVICES.fullmatch(name):
        return f"{name!r} is the name of a device on Windows, where no file can have it; choose another name"
    if len(name) > LONGEST_NAME:
        return expected(f"a name of at most {LONGEST_NAME} characters", name)
    return ""


def case_twins(names: Iterable[str]) -> list[tuple[str, str]]:
    """Find names that some file systems do not tell apart.

    Args:
        names: All names of a kind.

    Returns:
        Each name that differs from an earlier one in letter case only, after that earlier one.
    """
    first: dict[str, str] = {}
    pairs = [(first.setdefault(name.casefold(), name), name) for name in dict.fromkeys(names)]
    return [(earlier, name) for earlier, name in pairs if earlier != name]


def twins_message(earlier: str, name: str) -> str:
    """Return the message for two names that differ in letter case only."""
    return f"{earlier!r} and {name!r} differ only in letter case, and some file systems take them for one file"
