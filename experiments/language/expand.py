"""Write every component in full, ``{ClassName: {argument: value}}``, and fill in defaults.

>>> import yaml
>>> from experiments.language.located import plain
>>> before = '''
... drop: {Dropout: 0.4}
... hidden: {Dense: {units: 5, kernel_regularizer: {L2: 0.01}}}
... '''
>>> print(yaml.safe_dump(plain(expand("model", located(yaml.safe_load(before)))), sort_keys=False), end="")
drop:
  Dropout:
    rate: 0.4
hidden:
  Dense:
    units: 5
    kernel_regularizer:
      L2:
        l2: 0.01
>>> plain(expand("training", located({"optimizer": "Adam", "loss": "mse", "epochs": 9})))["optimizer"]
{'Adam': {}}
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from experiments.language.allowed import OWN_TRIGGERS
from experiments.language.configuration_sections import (
    ConfigurationSection,
    DataSection,
    MultiplySection,
    ScaleSection,
    SplitSection,
    TrainingSection,
    is_section,
    role_below,
)
from experiments.language.located import LocatedDict, LocatedList, located
from experiments.language.signatures import classes, first_argument, identifiers, slot_of

_MODELS: dict[str, type[BaseModel]] = {
    "configuration": ConfigurationSection,
    "data": DataSection,
    "split": SplitSection,
    "multiply": MultiplySection,
    "scale": ScaleSection,
    "training": TrainingSection,
}


def expand(role: str, value: Any) -> Any:
    """Expand a section or a component; invalid parts stay as they are and are reported by the checks.

    Args:
        role: Role of the value: "configuration", "training", "layers", … (see ``sections``).
        value: Located data as written.

    Returns:
        New located data. Expanding twice changes nothing.
    """
    if is_section(role):
        return _section(role, value)
    if role == "metric list":
        return _list("metrics", value)
    if role == "layers" and isinstance(value, LocatedDict) and "layers" in value:
        return _section("block", value)
    return value if role == "value" else _component(role, value)


def _section(role: str, value: Any) -> Any:
    if value is None and role in _MODELS:
        value = LocatedDict()
    if not isinstance(value, LocatedDict):
        return value
    result = LocatedDict()
    for key in value:
        result.put(
            key, expand(role_below(role, key), value[key]), value.key_places.get(key), value.value_places.get(key)
        )
    fill_defaults(role, result)
    return result


def fill_defaults(role: str, section: LocatedDict) -> None:
    """Fill in defaults; omit keys whose default is a no-op."""
    for key, default in _defaults(role):
        if key not in section:
            section.put(key, expand(role_below(role, key), located(default)), None, None)


@cache
def _defaults(role: str) -> tuple[tuple[str, Any], ...]:
    fields = _MODELS[role].model_fields if role in _MODELS else {}
    optional = ((key, field) for key, field in fields.items() if not field.is_required())
    defaults = ((key, field.get_default(call_default_factory=True)) for key, field in optional)
    return tuple((key, default) for key, default in defaults if default is not None)


def _list(kind: str, value: Any) -> Any:
    if not isinstance(value, LocatedList):
        return value
    result = LocatedList()
    result.extend(_component(kind, item) for item in value)
    result.places = value.places
    return result


def _component(kind: str, value: Any) -> Any:
    known = classes(kind)
    if isinstance(value, str) and value in known:
        named = LocatedDict()
        named.put(value, None, None, None)
        value = named
    if not isinstance(value, LocatedDict):
        return value
    result = value.shallow()
    for name in value:
        if name in known:
            result.put(name, _arguments(kind, name, value), value.key_places.get(name), value.value_places.get(name))
    return result


def _arguments(kind: str, name: str, component: LocatedDict) -> Any:
    """Return the value of a class name in the form ``{argument: value}``."""
    given, first = component[name], first_argument(kind, name)
    if given is None:
        arguments = LocatedDict()
    elif isinstance(given, LocatedDict) and not _is_component(first, given):
        arguments = given.shallow()
    elif first is None:
        return given
    else:
        arguments = LocatedDict()
        arguments.take(component, name, rename=first)
    for argument in list(arguments):
        nested = slot_of(argument)
        if nested:
            arguments[argument] = _component(nested, arguments[argument])
    _fill_own_defaults(kind, name, arguments)
    return arguments


def _is_component(first: str | None, given: LocatedDict) -> bool:
    """Whether a mapping is a component as first argument, ``{Activation: {LeakyReLU: 0.1}}``, and no arguments."""
    nested = slot_of(first) if first else None
    return nested is not None and len(given) == 1 and next(iter(given)) in classes(nested)


def _fill_own_defaults(kind: str, name: str, arguments: LocatedDict) -> None:
    signature = classes(kind)[name]
    filled = signature if name in OWN_TRIGGERS else ()
    for argument in filled:
        if argument not in arguments:
            arguments.put(argument, signature[argument]["default"], None, None)
    if "random_state" in signature and "random_state" not in arguments:
        arguments.put("random_state", 0, None, None)  # a run depends on its seed and its configuration alone


def class_of(kind: str, identifier: str) -> LocatedDict | None:
    """Return the component for a string identifier such as ``he_uniform``; None if it names a function."""
    name = identifiers(kind).get(identifier)
    if not name:
        return None
    written = LocatedDict()
    written.put(name, None, None, None)
    expanded = _component(kind, written)
    assert isinstance(expanded, LocatedDict)
    return expanded
