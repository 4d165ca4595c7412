"""Names of what figures show."""

from __future__ import annotations

_SETS = {"train": "train", "validation": "validation", "test": "test", "fresh_test": "10,000 fresh rows"}
_PROTOCOLS = {
    "published": "the slides' one data set, runs differ in the training seed",
    "fresh": "every run draws its own data",
}


def set_label(name: str) -> str:
    """Name a set of rows."""
    return _SETS.get(name, name)


def protocol_label(protocol: str) -> str:
    """Say in half a sentence what a protocol is."""
    return f"{protocol}: {_PROTOCOLS[protocol]}"
