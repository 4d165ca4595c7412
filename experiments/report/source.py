"""The YAML of a study with its colours, and each variant's changes against the base."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.language.configuration import look_up
from experiments.language.located import plain

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

_COMMENT = re.compile(r"(?:^|\s)#.*$")
# The lookbehind makes it linear: a long word is tried at its beginning only.
_KEYS = re.compile(r"(?<![\w.*\[\]=<>-])([\w.*\[\]=<>-]+)(:(?=\s|$))")

Piece = tuple[str, str]


@dataclass(frozen=True)
class ChangedValue:
    """One dotted path of a variant: what the base has there and what the variant makes of it."""

    path: str
    was: str
    now: str


@dataclass(frozen=True)
class VariantChanges:
    """All changes of a variant, and the lines of the YAML that they are written in and that they replace."""

    name: str
    about: str
    rows: tuple[ChangedValue, ...]
    changed: tuple[int, ...]
    replaced: tuple[int, ...]


def source_rows(text: str) -> list[list[Piece]]:
    """Cut a YAML text into lines of (css class, text) pieces; joined, the pieces are the text."""
    return [_pieces(line) for line in text.splitlines()]


def changes_of(variant: Variant, study: Study) -> VariantChanges:
    """Return the changes of a variant.

    Args:
        variant: A variant or one point of a grid.
        study: Its study.

    Returns:
        The changes in the order of the YAML, with the lines to mark.
    """
    plain_base = study.base.to_plain()
    rows = [
        ChangedValue(path, _short(look_up(plain_base, path)), _short(value)) for path, value in variant.changes.items()
    ]
    base = next((other for other in study.variants if not other.changes), None)
    changed, replaced = set(), set()
    for path in variant.changes:
        if place := variant.place(path):
            changed.add(place.line)
        if base and (place := base.place(path)):
            replaced.add(place.line)
    return VariantChanges(
        variant.name, variant.about, tuple(rows), tuple(sorted(changed)), tuple(sorted(replaced - changed))
    )


def _short(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def _pieces(line: str) -> list[Piece]:
    found = _COMMENT.search(line)
    code, comment = (line[: found.start()], line[found.start() :]) if found else (line, "")
    pieces: list[Piece] = []
    end = 0
    for match in _KEYS.finditer(code):
        pieces += [("", code[end : match.start()]), ("key", match[1]), ("", match[2])]
        end = match.end()
    pieces += [("", code[end:]), ("comment", comment)]
    return [piece for piece in pieces if piece[1]]
