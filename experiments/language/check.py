"""Check an expanded configuration: sections by their models, components by their signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from experiments.errors import Place
from experiments.language.components import check_component, check_record
from experiments.language.located import LocatedDict, LocatedList, place_in
from experiments.language.names import check_names
from experiments.language.patches import SINGLE, apply_single
from experiments.language.problems import Problems, expected, join, nearest
from experiments.language.section_check import check_section
from experiments.language.sections import ConfigurationSection
from experiments.language.structure import BLOCK_KEYS, KEYS

LARGEST_REPEAT = 1000


class Checked:
    """Remembers sections without a problem: variants share what they do not change."""

    def __init__(self) -> None:
        self._sections: dict[int, Any] = {}  # the section is kept, so that its id stays its own

    def once(self, section: Any, check: Callable[[Any, Problems], None], problems: Problems) -> None:
        """Check a section unless this very object was found right before."""
        if id(section) in self._sections:
            return
        own = Problems()
        check(section, own)
        problems.include(own)
        if not own:
            self._sections[id(section)] = section


def check_configuration(tree: LocatedDict, problems: Problems, checked: Checked) -> None:
    """Check everything that can be said of one configuration without unfolding its model.

    Args:
        tree: The expanded configuration.
        problems: Where everything wrong is added.
        checked: Sections that need no second check.
    """
    check_section(ConfigurationSection, tree, "", problems)
    checked.once(tree.get("data"), partial(_check_sources, tree.key_place_of("data")), problems)
    checked.once(tree.get("model"), partial(_check_layers, "model"), problems)
    checked.once(tree.get("training"), _check_training, problems)
    if isinstance(tree.get("record"), list):
        check_record(tree["record"], problems)


def _check_sources(place: Place | None, data: Any, problems: Problems) -> None:
    if not isinstance(data, LocatedDict):
        return
    sources = data.shallow(without=KEYS["data"])
    check_names(sources, "data", "a slot name", problems)
    if not sources:
        problems.add(place, "data", "no source; expected one such as points: {make_moons: {n_samples: 100}}")
    for slot in sources:
        near = "" if _names_a_source(sources[slot]) else nearest(slot, KEYS["data"])
        if "did you mean" in near:
            message = f"neither a source nor a key of data{near}"
            problems.add(sources.key_place_of(slot), join("data", slot), message)
        else:
            _check_source(sources, slot, problems)
    scale = data.get("scale")
    for key in ("inputs", "targets"):
        if isinstance(scale, LocatedDict) and scale.get(key) is not None:
            check_component("scalers", scale[key], f"data.scale.{key}", scale.place_of(key), problems)


def _names_a_source(value: Any) -> bool:
    """Tell a source, a misspelt one too, from what a misspelt key of the section holds."""
    names = list(value) if isinstance(value, LocatedDict) else [value]
    return any(isinstance(name, str) and name.startswith(("make_", "load_")) for name in names)


def _check_source(sources: LocatedDict, slot: str, problems: Problems) -> None:
    check_component("sources", sources[slot], join("data", slot), sources.place_of(slot), problems)
    table = sources[slot].get("table") if isinstance(sources[slot], LocatedDict) else None
    if isinstance(table, LocatedDict) and isinstance(table.get("x"), list) and isinstance(table.get("y"), list):
        rows, targets = len(table["x"]), len(table["y"])
        if rows != targets:
            problems.add(
                table.place_of("y"), f"data.{slot}.y", f"expected {rows} targets for {rows} rows, found {targets}"
            )


def _check_layers(path: str, model: Any, problems: Problems) -> None:
    if not isinstance(model, LocatedDict):
        return
    check_names(model, path, "a layer name", problems)
    for name, layer in model.items():
        below = join(path, name)
        if isinstance(layer, LocatedDict):
            _check_layer_keys(layer, below, problems)
        if isinstance(layer, LocatedDict) and "layers" in layer:
            _check_block(layer, below, problems)
            continue
        single = layer.get(SINGLE, ()) if isinstance(layer, LocatedDict) else ()
        shared = layer.shallow(without=[SINGLE]) if single else layer
        check_component("layers", shared, below, model.place_of(name), problems)
        for number in {number for number, _ in single}:
            check_component("layers", apply_single(layer, number), f"{below}_{number}", model.place_of(name), problems)


def _check_layer_keys(layer: LocatedDict, path: str, problems: Problems) -> None:
    repeat = layer.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= LARGEST_REPEAT:
        message = expected(f"an integer from 1 to {LARGEST_REPEAT}", repeat)
        problems.add(layer.place_of("repeat"), join(path, "repeat"), message)
    for key in ("after", "before"):
        if key in layer and not isinstance(layer[key], str):
            problems.add(layer.place_of(key), join(path, key), expected("the name of a layer", layer[key]))
    if "after" in layer and "before" in layer:
        problems.add(layer.key_place_of("before"), path, "has both 'after' and 'before'; expected one of them")


def _check_block(block: LocatedDict, path: str, problems: Problems) -> None:
    for key in block:
        if key not in BLOCK_KEYS:
            problems.add(block.key_place_of(key), join(path, key), f"unknown key in a block{nearest(key, BLOCK_KEYS)}")
    if block.get("skip", "none") not in ("add", "none"):
        problems.add(block.place_of("skip"), join(path, "skip"), expected("'add' or 'none'", block["skip"]))
    layers = block["layers"]
    if not isinstance(layers, LocatedDict) or not layers:
        problems.add(block.place_of("layers"), join(path, "layers"), expected("named layers", layers))
        return
    for name, layer in layers.items():
        if isinstance(layer, LocatedDict) and "layers" in layer:
            problems.add(layers.key_place_of(name), join(path, f"layers.{name}"), "a block cannot stand inside a block")
    _check_layers(join(path, "layers"), layers, problems)


def _check_training(training: Any, problems: Problems) -> None:
    if not isinstance(training, LocatedDict):
        return
    for path, kind, container, key in _training_slots(training):
        check_component(kind, container[key], path, place_in(container, key), problems)
    for key, what in (("callbacks", "a slot name"), ("gradients", "a slot name")):
        if isinstance(training.get(key), LocatedDict):
            check_names(training[key], f"training.{key}", what, problems)


def _training_slots(training: LocatedDict) -> Iterator[tuple[str, str, Any, Any]]:
    for key, kind in (("optimizer", "optimizers"), ("loss", "losses")):
        if key in training:
            yield f"training.{key}", kind, training, key
    metrics = training.get("metrics")
    if isinstance(metrics, LocatedList):
        yield from ((f"training.metrics.{index}", "metrics", metrics, index) for index in range(len(metrics)))
    for key in ("callbacks", "gradients"):
        slots = training.get(key)
        if isinstance(slots, LocatedDict):
            yield from ((f"training.{key}.{slot}", key, slots, slot) for slot in slots)
