"""Changes: a dotted path and a value, applied to an expanded configuration without touching the original.

>>> import yaml
>>> from experiments.language.located import located, plain
>>> before = '''
... model: {hidden: {Dense: {units: 5}}, drop: {Dropout: 0.4}}
... '''
>>> tree = expand("configuration", located(yaml.safe_load(before)))
>>> change = Change("model.hidden.units", 50)
>>> print(yaml.safe_dump(plain(apply_change(tree, change)["model"])), end="")
drop:
  Dropout:
    rate: 0.4
hidden:
  Dense:
    units: 50
>>> plain(apply_change(tree, Change("model.drop", None))["model"])
{'hidden': {'Dense': {'units': 5}}}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from experiments.errors import Place
from experiments.language.configuration_sections import KEYS, LAYER_KEYS, NAMED_SLOTS, VALUE, is_section, role_below
from experiments.language.expand import class_of, expand, fill_defaults
from experiments.language.located import LocatedDict
from experiments.language.problems import found, nearest
from experiments.language.signatures import classes, slot_of

SINGLE = "single layers"
"""Key of a repeated layer under which the changes of single ones wait for the unfolding."""

_NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>[1-9][0-9]*)")


class PatchError(Exception):
    """A change that cannot be applied; the message names the part of the path that does not exist."""


class BrokenPartError(PatchError):
    """The path leads into a part that is invalid and already reported."""


@dataclass(frozen=True, eq=False)
class Change:
    """A dotted path and the value it gets, with the places of both."""

    path: str
    value: Any
    key_place: Place | None = None
    place: Place | None = None
    in_grid: bool = False  # an axis may remove what the base does not have


@dataclass(frozen=True)
class _Step:
    """The remaining segments of a path, and their change."""

    segments: tuple[str, ...]
    change: Change

    def below(self) -> _Step:
        return _Step(self.segments[1:], self.change)

    @property
    def key(self) -> str:
        return self.segments[0]

    @property
    def last(self) -> bool:
        return len(self.segments) == 1


def apply_change(configuration: LocatedDict, change: Change) -> LocatedDict:
    """Apply one change.

    Args:
        configuration: An expanded configuration; it stays as it is.
        change: Path and value; the value None removes what is there.

    Returns:
        The changed configuration, which shares what did not change.

    Raises:
        PatchError: The path does not exist.
    """
    segments = tuple(change.path.split("."))
    if not all(segments):
        raise PatchError("expected names with single dots between them")
    result = _set("configuration", configuration, _Step(segments, change))
    assert isinstance(result, LocatedDict)
    return result


def _set(role: str, node: Any, step: _Step) -> Any:
    if not step.segments:
        _refuse_partial(role, node, step.change)
        return expand(role, step.change.value)
    if role == "layers" and isinstance(node, LocatedDict) and "layers" in node:
        role = "block"
    if role == "pretrain":
        return _set_pretrain(node, step)
    if role == "model" and isinstance(node, LocatedDict):
        return _set_in_model(node, step)
    if is_section(role):
        return _set_in_section(role, node, step)
    plain_value = role in (VALUE, "metric list", "gradients")
    return _set_in_value(role, node, step) if plain_value else _set_in_component(role, node, step)


def _refuse_partial(role: str, node: Any, change: Change) -> None:
    """Raise an error if the value holds only some of the present slots: the others would be removed silently."""
    if role not in NAMED_SLOTS or not isinstance(node, LocatedDict) or not isinstance(change.value, LocatedDict):
        return
    left_out = [name for name in node if name not in change.value and name not in KEYS.get(role, ())]
    if change.value and left_out and all(name in node for name in change.value):
        given = next(iter(change.value))
        raise PatchError(
            f"a section is replaced whole, so {left_out[0]!r} would be gone; write {change.path}.{given} to change a "
            f"part, and {change.path}.{left_out[0]}: null to remove one"
        )


def _set_in_model(model: LocatedDict, step: _Step) -> LocatedDict:
    if step.key == "*":
        return _set_everywhere(model, step.below())
    repeated = None if step.key in model else _repeated(model, step.key)
    return _set_single(model, repeated, step) if repeated else _set_in_section("model", model, step)


def _set_in_section(role: str, node: Any, step: _Step) -> LocatedDict:
    section = node if isinstance(node, LocatedDict) else LocatedDict()
    fixed = KEYS.get(role, ())
    if step.key not in fixed and (role not in NAMED_SLOTS or (step.key not in section and not step.last)):
        known = [*(section if role in NAMED_SLOTS else ()), *(key for key in fixed if key not in section), *section]
        hint = _longer_path(section, step.key) if role == "configuration" else ""
        raise PatchError(f"there is no {step.key!r}{hint or nearest(step.key, known)}")
    if role in NAMED_SLOTS and step.key not in fixed and step.last and step.change.value is None:
        _must_exist(step, section)
    result = _put(section, role_below(role, step.key), step)
    fill_defaults(role, result)  # a removed key falls back to its default
    return result


def _longer_path(configuration: LocatedDict, key: str) -> str:
    """Return a suggestion where a key of a section, or an argument of the optimizer, stands without its path."""
    for section in ("training", "data"):
        if key in KEYS[section]:
            return f"; did you mean '{section}.{key}'?"
    training = configuration.get("training")
    optimizer = training.get("optimizer") if isinstance(training, LocatedDict) else None
    name = component_class(optimizer) if isinstance(optimizer, LocatedDict) else ""
    is_argument = key in classes("optimizers").get(name, ())
    return f"; did you mean 'training.optimizer.{key}'?" if is_argument else ""


def _must_exist(step: _Step, section: LocatedDict) -> None:
    if step.key not in section and not step.change.in_grid:
        raise PatchError(f"there is no {step.key!r} to remove{nearest(step.key, section)}")


def _put(parent: LocatedDict, role: str, step: _Step) -> LocatedDict:
    """Set or remove the entry that the step names in a copy of its parent."""
    if step.last and step.change.value is None:
        return parent.shallow(without=[step.key])
    value = _set(role, parent.get(step.key), step.below())
    result = parent.shallow()
    if step.last:
        result.put(step.key, value, step.change.key_place, step.change.place)
    else:
        result.put(step.key, value, parent.key_places.get(step.key), parent.value_places.get(step.key))
    return result


def _set_pretrain(node: Any, step: _Step) -> LocatedDict:
    """Set one key of ``pretrain``, whose keys are dotted paths themselves."""
    section = node if isinstance(node, LocatedDict) else LocatedDict()
    return _put(section, VALUE, _Step((".".join(step.segments),), step.change))


def _set_in_value(role: str, node: Any, step: _Step) -> Any:
    if role == "metric list" or not (isinstance(node, LocatedDict) or (node is None and role == VALUE)):
        raise PatchError(f"nothing lies below a plain value, so there is no {step.key!r}")
    return _put(node if node is not None else LocatedDict(), VALUE, step)


def _set_in_component(kind: str, node: Any, step: _Step) -> Any:
    if isinstance(node, str):
        node = class_of(kind, node) or node
    if not isinstance(node, LocatedDict):
        described = "nothing is there yet" if node is None else f"{found(node)} has no arguments"
        raise PatchError(f"{described}, so there is no {step.key!r}")
    name = component_class(node)
    if step.key == name:
        raise PatchError(f"a path steps over the class name; leave {name!r} out")
    if kind == "layers" and step.key in LAYER_KEYS:
        return _put(node, VALUE, step)
    if name not in classes(kind) or not isinstance(node[name], LocatedDict):
        raise BrokenPartError(f"the component is not valid, so there is no {step.key!r}")
    if step.key not in classes(kind)[name]:
        raise PatchError(f"not an argument of {name}{nearest(step.key, classes(kind)[name])}")
    result = node.shallow()
    result[name] = _put(node[name], slot_of(step.key) or VALUE, step)
    return _without_overruled(result, step)


def component_class(component: LocatedDict) -> str:
    """Return the class name of an expanded component, ignoring the keys of layers beside it."""
    return next((key for key in component if key not in LAYER_KEYS and key != SINGLE), "")


def _without_overruled(layer: LocatedDict, step: _Step) -> LocatedDict:
    """Drop changes of single layers that a later change of all of them overrules."""
    if SINGLE in layer:
        overruled = step.segments
        kept = [(number, single) for number, single in layer[SINGLE] if single.segments[: len(overruled)] != overruled]
        layer[SINGLE] = kept
        if not kept:
            return layer.shallow(without=[SINGLE])
    return layer


def _repeated(model: LocatedDict, name: str) -> tuple[str, int] | None:
    """Return name and number for ``hidden_3`` if ``hidden`` is repeated, else None."""
    match = _NUMBERED.fullmatch(name)
    if match is None:
        return None
    entry = model.get(match["name"])
    if not isinstance(entry, LocatedDict) or "repeat" not in entry or "layers" in entry:
        return None
    return match["name"], int(match["number"])


def _set_single(model: LocatedDict, repeated: tuple[str, int], step: _Step) -> LocatedDict:
    name, number = repeated
    times = model[name]["repeat"]
    if isinstance(times, int) and number > times:
        raise PatchError(f"there is no {step.key!r}; {name!r} is repeated {times} times")
    if step.last or step.segments[1] in LAYER_KEYS:
        raise PatchError(f"{step.key!r} is one of {times} repeats; only its arguments can be changed")
    layer = model[name].shallow()
    _set("layers", layer, step.below())  # raises if the path does not exist
    layer[SINGLE] = [*layer.get(SINGLE, ()), (number, step.below())]
    result = model.shallow()
    result[name] = layer
    return result


def apply_single(layer: LocatedDict, number: int) -> LocatedDict:
    """Apply the changes of one of a repeated layer's copies.

    Args:
        layer: An expanded layer that is repeated.
        number: Which of its copies, from 1.

    Returns:
        The copy's layer, without the changes of the others.
    """
    result = layer.shallow(without=[SINGLE])
    for wanted, step in layer.get(SINGLE, ()):
        if wanted == number:
            result = _set("layers", result, step)
    return result


def _set_everywhere(model: LocatedDict, step: _Step) -> LocatedDict:
    """Set an argument in every layer that has it, also inside blocks."""
    if not step.segments:
        raise PatchError("expected an argument after 'model.*'")
    result, reached = _everywhere(model, step)
    if not reached:
        raise PatchError(f"no layer has {'.'.join(step.segments)!r}")
    return result


def _everywhere(model: LocatedDict, step: _Step) -> tuple[LocatedDict, bool]:
    result, reached = model.shallow(), False
    for name, layer in model.items():
        if not isinstance(layer, LocatedDict):
            continue
        if isinstance(layer.get("layers"), LocatedDict):
            inner, hit = _everywhere(layer["layers"], step)
            changed = layer.shallow()
            changed["layers"] = inner
        else:
            changed, hit = _one_of_all(layer, step)
        result[name] = changed
        reached = reached or hit
    return result, reached


def _one_of_all(layer: LocatedDict, step: _Step) -> tuple[LocatedDict, bool]:
    if step.key in LAYER_KEYS:
        raise PatchError(f"expected an argument after 'model.*', found {step.key!r}")
    try:
        changed = _set("layers", layer, step)
    except PatchError:
        return layer, False
    assert isinstance(changed, LocatedDict)
    return changed, True
