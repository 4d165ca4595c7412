"""Attributes of a module or an object, replaced for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, **replacements: Any) -> Iterator[None]:
    """Replace attributes of ``owner`` and put back, or take away, afterwards.

    Args:
        owner: A module, or an object with a ``__dict__``; attributes of its class become visible again afterwards.
        replacements: Attribute name to the value it has inside.
    """
    before = {name: vars(owner)[name] for name in replacements if name in vars(owner)}
    try:
        for name, value in replacements.items():
            setattr(owner, name, value)
        yield
    finally:
        for name in replacements:
            if name in before:
                setattr(owner, name, before[name])
            else:
                delattr(owner, name)
