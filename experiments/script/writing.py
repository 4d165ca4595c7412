"""Small pieces of Python source: calls and values, broken into lines as formatters do."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import experiments

WIDTH = 116
"""Longest line before a function's body is indented once: 120 in the end."""

_IGNORES = re.compile(r"\s*# (type: ignore|noqa).*")


class Raw(str):
    """Source that stands as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """A call to be written: ``function(*positional, **named)``."""

    function: str
    positional: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)


def call(function: str, *positional: Any, **named: Any) -> Call:
    """Describe a call."""
    return Call(function, positional, named)


def statement(before: str, value: Any, after: str = "", *, width: int = WIDTH) -> str:
    """Write one statement, its value broken into a line for each part where it is too long for one.

    Args:
        before: What stands before the value, such as "x = ".
        value: A ``Call``, ``Raw``, or a number, text, list, tuple or dict.
        after: What stands after it, on its last line.
        width: Longest line.
    """
    return before + _broken(value, 0, len(before), len(after), width) + after


def _broken(value: Any, indent: int, column: int, after: int, width: int) -> str:
    flat = one_line(value)
    opening, parts, closing = _parts(value)
    if not parts or column + len(flat) + after <= width:
        return flat
    inner = indent + 4
    lines = [
        " " * inner + label + _broken(part, inner, inner + len(label), len(","), width) + "," for label, part in parts
    ]
    return "\n".join([opening, *lines, " " * indent + closing])


def one_line(value: Any) -> str:
    """Write a value in one line."""
    opening, parts, closing = _parts(value)
    if not parts:
        return opening + closing
    written = [label + one_line(part) for label, part in parts]
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return opening + ", ".join(written) + comma + closing


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Take a value apart: opening, parts with their labels, closing."""
    if isinstance(value, Call):
        named = [(f"{name}=", part) for name, part in value.named.items()]
        return f"{value.function}(", [("", part) for part in value.positional] + named, ")"
    if isinstance(value, dict):
        return "{", [(f"{one_line(key)}: ", part) for key, part in value.items()], "}"
    if isinstance(value, list | tuple):
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        return opening, [("", part) for part in value], closing
    return _scalar(value), [], ""


def _scalar(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, Raw):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, Raw) else repr(value)


def borrowed(module: str, names: Iterable[str]) -> str:
    """Give the source of top-level definitions of this package, as they stand there.

    Args:
        module: Path of the module inside the package, such as "training/triggers.py". It is not imported.
        names: Classes, functions and constants, in the order they shall stand in.
    """
    source = (Path(experiments.__file__).parent / module).read_text(encoding="utf-8")
    found = {name: node for node in ast.parse(source).body for name in _defined(node)}
    texts = [_source_of(found[name], source) for name in names]
    return "\n\n\n".join(texts)


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _source_of(node: ast.stmt, source: str) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(_IGNORES.sub("", line) for line in lines)


def indented(source: str, by: str = "    ") -> str:
    """Indent the lines of a source that are not empty."""
    # Not splitlines, which also splits at characters that a text in the source may hold, such as U+2028.
    return "\n".join(by + line if line else line for line in source.removesuffix("\n").split("\n"))
