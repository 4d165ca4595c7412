"""Plain data with the place of each key and value in its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.errors import Place

_SCALARS = (str, int, float, type(None))


class LocatedDict(dict[str, Any]):
    """A mapping with the place of every key and every value that came from a file."""

    def __init__(self) -> None:
        super().__init__()
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}

    def put(self, key: str, value: Any, key_place: Place | None, value_place: Place | None) -> None:
        """Set a value with its places; a place of None removes the earlier place."""
        self[key] = value
        for places, place in ((self.key_places, key_place), (self.value_places, value_place)):
            if place is None:
                places.pop(key, None)
            else:
                places[key] = place

    def take(self, other: LocatedDict, key: str, *, rename: str | None = None) -> None:
        """Copy one entry of another mapping with its places, under a new name if one is given."""
        name = key if rename is None else rename
        self.put(name, other[key], other.key_places.get(key), other.value_places.get(key))

    def shallow(self, *, without: Iterable[str] = ()) -> LocatedDict:
        """Copy the mapping, not its values: changes to the copy leave the original alone."""
        copy = LocatedDict()
        copy.update(self)
        copy.key_places.update(self.key_places)
        copy.value_places.update(self.value_places)
        for key in without:
            for entries in (copy, copy.key_places, copy.value_places):
                entries.pop(key, None)
        return copy

    def place_of(self, key: str) -> Place | None:
        """Return the place of a value, or of its key if the value has none."""
        return self.value_places.get(key) or self.key_places.get(key)

    def key_place_of(self, key: str) -> Place | None:
        """Return the place of a key, or of its value if the key has none."""
        return self.key_places.get(key) or self.value_places.get(key)


class LocatedList(list[Any]):
    """A list with the place of every item."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = []


def place_in(container: Any, key: str | int) -> Place | None:
    """Return the place of an item of a located mapping or list, None if it has none."""
    if isinstance(container, LocatedDict):
        return container.place_of(str(key))
    if isinstance(container, LocatedList) and isinstance(key, int) and key < len(container.places):
        return container.places[key]
    return None


def plain(value: Any) -> Any:
    """Return a deep copy of a value as dicts, lists and scalars."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.to_plain() if hasattr(value, "to_plain") else value


def located(value: Any) -> Any:
    """Return plain data as located containers without places, so that all later code has one type to read."""
    if isinstance(value, dict):
        mapping = LocatedDict()
        for key, item in value.items():
            mapping.put(key, located(item), None, None)
        return mapping
    if isinstance(value, list):
        items = LocatedList()
        items.extend(located(item) for item in value)
        return items
    return value
