"""Check a section by its pydantic model; translate pydantic's errors into messages with places."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from experiments.errors import Place
from experiments.language.located import LocatedDict, place_in
from experiments.language.problems import Problems, alternatives, expected, found, join, nearest

_TYPES = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "finite_number": "a finite number",
    "too_short": "at least one entry",
    "string_too_short": "some text",
}
_KEY = "[key]"
"""Last part of the location of an error in the key of a mapping."""


def check_section(
    model: type[BaseModel], section: Any, path: str, problems: Problems, *, leave_out: Collection[str] = ()
) -> None:
    """Check a section's keys, types and bounds by its pydantic model.

    Args:
        model: The section's model.
        section: Located data.
        path: The section's dotted path, "" for the top.
        problems: Collects the errors.
        leave_out: Keys at the top that are checked elsewhere.
    """
    try:
        model.model_validate(section)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            location = [part for part in details["loc"] if part != _KEY]
            if location and location[0] in leave_out:
                continue
            where = join(path, ".".join(map(str, location))) if location else path
            place = _place(section, location, missing=details["type"] == "missing")
            if details["type"] == "extra_forbidden" or _KEY in details["loc"]:
                place = _key_place(section, location) or place
            problems.add(place, where, _message(model, location, details))


def _message(model: type[BaseModel], location: list[Any], details: Mapping[str, Any]) -> str:
    if details["type"] == "missing":
        return "missing" + _description(model, location)
    if details["type"] == "extra_forbidden":
        return f"unknown key{nearest(str(location[-1]), _known_keys(model, location))}"
    if details["type"] == "literal_error":
        return _wrong_choice(details)
    return expected(_wanted(details), _empty_as_nothing(details))


def _empty_as_nothing(details: Mapping[str, Any]) -> Any:
    return None if details["type"] in ("too_short", "string_too_short") else details["input"]


def _wrong_choice(details: Mapping[str, Any]) -> str:
    value = details["input"]
    choices = re.findall(r"'([^']*)'", details["ctx"]["expected"])
    near = nearest(value, choices) if isinstance(value, str) else ""
    return expected(alternatives(choices), value) + (near if "did you mean" in near else "")


def _wanted(details: Mapping[str, Any]) -> str:
    """Return what was expected, from an error of pydantic."""
    kind, context = details["type"], details.get("ctx", {})
    match kind:
        case "kind":
            return str(context["words"])
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "greater_than":
            return f"a number above {context['gt']:g}"
        case "less_than_equal":
            return f"at most {context['le']}"
    return _TYPES.get(kind, str(details["msg"]))


def _fields_at(model: type[BaseModel], location: list[Any]) -> Any:
    """Return the innermost model on the way to a location."""
    for part in location:
        fields = getattr(model, "model_fields", {})
        field = next((field for name, field in fields.items() if part in (name, field.alias)), None)
        inner = None if field is None else _inner_model(field.annotation)
        if inner is not None:
            model = inner
    return model


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((inner for argument in arguments if (inner := _inner_model(argument)) is not None), None)


def _known_keys(model: type[BaseModel], location: list[Any]) -> list[str]:
    fields = _fields_at(model, location[:-1]).model_fields
    return [field.alias or name for name, field in fields.items()]


def _description(model: type[BaseModel], location: list[Any]) -> str:
    fields = _fields_at(model, location[:-1]).model_fields
    field = fields.get(str(location[-1]))
    if field is None or not field.description:
        return ""
    example = f" Example: {found(field.examples[0]).strip(chr(39))}" if field.examples else ""
    return f"; {field.description}{example}"


def _place(section: Any, location: list[Any], *, missing: bool) -> Place | None:
    """Return the place of a location; for a missing key, the place of its section."""
    place, node = None, section
    for part in location[:-1] if missing else location:
        place = place_in(node, part) or place
        node = _child(node, part)
    if missing and len(location) > 1:
        parent = _node(section, location[:-2])
        place = (parent.key_place_of(str(location[-2])) if isinstance(parent, LocatedDict) else None) or place
    if place is None and isinstance(section, LocatedDict):
        place = next(iter(section.key_places.values()), None)
    return place


def _key_place(section: Any, location: list[Any]) -> Place | None:
    parent = _node(section, location[:-1])
    return parent.key_place_of(str(location[-1])) if isinstance(parent, LocatedDict) else None


def _node(node: Any, location: list[Any]) -> Any:
    for part in location:
        node = _child(node, part)
    return node


def _child(node: Any, part: Any) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None
