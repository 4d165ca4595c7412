"""From an expanded configuration to the resolved one: checked, unfolded, with the source of a pretraining beside it."""

from __future__ import annotations

from typing import Any

from experiments.language.check import Checked, check_configuration
from experiments.language.consistency import check_consistency
from experiments.language.located import LocatedDict, LocatedList, located, place_in
from experiments.language.patches import BrokenPartError, Change, PatchError, apply_change
from experiments.language.problems import Problems, join, nearest
from experiments.language.unfold import Unfolded, unfold_model


def resolve(tree: LocatedDict, problems: Problems, checked: Checked | None = None) -> LocatedDict | None:
    """Resolve a configuration.

    Args:
        tree: An expanded configuration.
        problems: Where everything wrong is added.
        checked: The sections that other variants share and that were found right before.

    Returns:
        The resolved configuration with places, as ``docs/architecture.md`` describes it; None where something is wrong.
    """
    own = Problems()
    check_configuration(tree, own, checked or Checked())
    resolved = None if own else _unfold(tree, own)
    problems.include(own)
    return None if own else resolved


def _unfold(tree: LocatedDict, problems: Problems) -> LocatedDict:
    resolved = tree.shallow(without=["pretrain", "freeze", "ensemble"])
    unfolded = unfold_model(tree["model"], problems)
    resolved["model"] = unfolded.layers
    if not unfolded.layers:
        problems.add(tree.place_of("model"), "model", "no layer is left")
    check_consistency(resolved, problems)
    if tree.get("pretrain") is not None:
        pretrain = _pretrain(tree, problems)
        resolved.put("pretrain", pretrain, tree.key_places.get("pretrain"), tree.value_places.get("pretrain"))
    if tree.get("freeze"):
        frozen = _frozen(tree["freeze"], unfolded, problems)
        resolved.put("freeze", frozen, tree.key_places.get("freeze"), tree.value_places.get("freeze"))
    if tree.get("ensemble") is not None:
        resolved.take(tree, "ensemble")
    return resolved


def _frozen(names: list[Any], unfolded: Unfolded, problems: Problems) -> LocatedList:
    finals = LocatedList()
    for index, name in enumerate(names):
        place = place_in(names, index)
        if name not in unfolded.names:
            message = f"there is no layer {name!r}{nearest(str(name), unfolded.names)}"
            problems.add(place, f"freeze.{index}", message)
        for final in unfolded.names.get(name, ()):
            if final not in finals:
                finals.append(final)
                finals.places += [place] if place else []
    return finals


def _pretrain(tree: LocatedDict, problems: Problems) -> LocatedDict:
    given: LocatedDict = tree["pretrain"]
    source = tree.shallow(without=["pretrain", "freeze", "ensemble"])
    source["record"] = located([])
    for key in given:
        if key == "once":
            continue
        path = "training.epochs" if key == "epochs" else key
        change = Change(path, given[key], given.key_places.get(key), given.value_places.get(key))
        source = changed(source, change, problems, join("pretrain", key))
    resolved = resolve(source, problems)
    result = LocatedDict()
    result.put("once", given.get("once", False), given.key_places.get("once"), given.value_places.get("once"))
    result.put("config", resolved, None, tree.place_of("pretrain"))
    return result


def changed(tree: LocatedDict, change: Change, problems: Problems, path: str | None = None) -> LocatedDict:
    """Make one change, or add the problem and go on without it.

    Args:
        tree: An expanded configuration.
        change: The change.
        problems: Where a path that leads nowhere is added.
        path: The path that the message names, the change's own by default.

    Returns:
        The changed configuration.
    """
    try:
        return apply_change(tree, change)
    except BrokenPartError:
        return tree
    except PatchError as error:
        problems.add(change.key_place, path or change.path, str(error))
        return tree
