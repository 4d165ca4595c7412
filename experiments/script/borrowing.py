"""The definitions of this project that the scripts print, as they are written in their modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from experiments.language.allowed import OWN_TRIGGERS

BORROWED: Final[dict[str, tuple[str, ...]]] = {
    "model/keras_classes.py": ("RadialConstraint",),
    "training/keras_private.py": ("seed_tensor", "smaller_is_better"),
    "training/counter_hash.py": (
        *("KEY_CONSTANTS", "LOG2", "NUMERATOR", "DENOMINATOR", "triple32", "random_bits"),
        *("hashed_uniform", "normal_of_bits", "hashed_normal", "hashed_dropout"),
    ),
    "training/randomness.py": ("row_orders",),
    "training/triggers.py": ("Logs", "Trigger", *OWN_TRIGGERS),
}
"""Module, relative to the package → public definitions, each after those that it needs."""

_PACKAGE = Path(__file__).parent.parent
_IGNORES = re.compile(r"\s*# (type: ignore|noqa).*")


def borrowed(module: str, names: Iterable[str] | None = None) -> str:
    """Return the source of listed definitions, as they are written in their module.

    Args:
        module: A key of ``BORROWED``. It is not imported.
        names: Some of its definitions, in the order of the list; None for all.
    """
    source = (_PACKAGE / module).read_text(encoding="utf-8")
    found = {name: node for node in ast.parse(source).body for name in _defined(node)}
    wanted = BORROWED[module] if names is None else [name for name in BORROWED[module] if name in set(names)]
    return "\n\n\n".join(_source_of(found[name], source) for name in wanted)


def borrowed_triggers(names: Iterable[str]) -> list[str]:
    """Return the source of stopping triggers with what they need; an empty list for none."""
    wanted = set(names)
    if not wanted:
        return []
    return [
        borrowed("training/keras_private.py", ["smaller_is_better"]),
        borrowed("training/triggers.py", ["Logs", "Trigger", *wanted]),
    ]


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
