"""Resolve an expanded configuration: check it, unfold its model, resolve the problem of its pretraining."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from experiments.language.changes import BrokenPartError, Change, PatchError, apply_change
from experiments.language.checks import Checked, check_configuration
from experiments.language.configuration import Configuration, Pretraining
from experiments.language.consistency import check_consistency
from experiments.language.located import LocatedDict, LocatedList, located, place_in
from experiments.language.problems import Problems, join, nearest
from experiments.language.table_sources import with_checksums
from experiments.language.unfold import Unfolded, unfold_model


@dataclass(frozen=True)
class Resolved:
    """A resolved configuration, and the same as a tree with places."""

    config: Configuration
    tree: LocatedDict


def resolve(
    tree: LocatedDict, problems: Problems, checked: Checked | None = None, *, folder: str = ""
) -> Resolved | None:
    """Resolve a configuration.

    Args:
        tree: An expanded configuration.
        problems: Collects what is wrong.
        checked: Cache of the sections that other variants share.
        folder: The folder of the study's file, for the file of a table.

    Returns:
        The configuration, as ``docs/architecture.md`` describes it; None if something is wrong.
    """
    own = Problems()
    check_configuration(tree, own, checked or Checked())
    resolved = None if own else _unfold(tree, folder, own)
    problems.include(own)
    return None if own else resolved


def _unfold(tree: LocatedDict, folder: str, problems: Problems) -> Resolved | None:
    resolved = tree.shallow(without=["pretrain", "freeze", "ensemble"])
    unfolded = unfold_model(tree["model"], problems)
    resolved["model"] = unfolded.layers
    if not unfolded.layers:
        problems.add(tree.place_of("model"), "model", "no layer is left")
    resolved["data"] = with_checksums(tree["data"], folder, problems)
    if problems:
        return None
    config = Configuration.from_plain(resolved, folder)
    check_consistency(config, resolved, problems)
    if tree.get("pretrain") is not None:
        source = _source(tree, folder, problems)
        if source is not None:
            config = replace(config, pretrain=Pretraining(source.config, tree["pretrain"].get("once", False)))
            _put_pretrain(resolved, tree, source)
    if tree.get("freeze"):
        frozen = _frozen(tree["freeze"], unfolded, problems)
        config = replace(config, freeze=tuple(frozen))
        resolved.put("freeze", frozen, tree.key_places.get("freeze"), tree.value_places.get("freeze"))
    if tree.get("ensemble") is not None:
        config = replace(config, ensemble=tree["ensemble"])
        resolved.take(tree, "ensemble")
    return Resolved(config, resolved)


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


def _source(tree: LocatedDict, folder: str, problems: Problems) -> Resolved | None:
    """Resolve the problem that the model is trained on first."""
    given: LocatedDict = tree["pretrain"]
    source = tree.shallow(without=["pretrain", "freeze", "ensemble"])
    source["record"] = located([])
    for key in given:
        if key == "once":
            continue
        path = "training.epochs" if key == "epochs" else key
        change = Change(path, given[key], given.key_places.get(key), given.value_places.get(key))
        source = changed(source, change, problems, join("pretrain", key))
    return resolve(source, problems, folder=folder)


def _put_pretrain(resolved: LocatedDict, tree: LocatedDict, source: Resolved) -> None:
    given: LocatedDict = tree["pretrain"]
    pretrain = LocatedDict()
    pretrain.put("once", given.get("once", False), given.key_places.get("once"), given.value_places.get("once"))
    pretrain.put("config", source.tree, None, tree.place_of("pretrain"))
    resolved.put("pretrain", pretrain, tree.key_places.get("pretrain"), tree.value_places.get("pretrain"))


def changed(tree: LocatedDict, change: Change, problems: Problems, path: str | None = None) -> LocatedDict:
    """Apply one change, or add the problem and return the configuration unchanged.

    Args:
        tree: An expanded configuration.
        change: The change.
        problems: Collects paths that do not exist.
        path: The path in the message, by default that of the change.

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
