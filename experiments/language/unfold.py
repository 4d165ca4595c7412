"""Unfold a model: repeats, inserts, split activations and blocks become one line of finally named layers.

>>> import yaml
>>> from experiments.language.located import located, plain
>>> before = '''
... hidden: {Dense: {units: 5, activation: relu}, repeat: 2}
... norm: {BatchNormalization: {}, before: hidden.activation}
... '''
>>> after = unfold_model(located(yaml.safe_load(before)), Problems())
>>> print(yaml.safe_dump(plain(after.layers), sort_keys=False, default_flow_style=None), end="")
hidden_1:
  Dense: {units: 5}
norm_1:
  BatchNormalization: {}
hidden_1_activation:
  Activation: {activation: relu}
hidden_2:
  Dense: {units: 5}
norm_2:
  BatchNormalization: {}
hidden_2_activation:
  Activation: {activation: relu}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from experiments.language.changes import apply_single, component_class
from experiments.language.configuration_sections import BLOCK_KEYS, LAYER_KEYS
from experiments.language.located import LocatedDict
from experiments.language.problems import Problems, join, nearest


@dataclass(eq=False)
class _Item:
    """One final layer or block, with what was inserted around it."""

    name: str
    layer: LocatedDict
    entry: str
    inner: list[tuple[str, LocatedDict]] | None = None
    before: list[_Item] = field(default_factory=list)
    between: list[_Item] = field(default_factory=list)
    after: list[_Item] = field(default_factory=list)


@dataclass(eq=False)
class _Group:
    """The items of one entry of the model."""

    items: list[_Item]
    numbered: bool


@dataclass(frozen=True)
class Unfolded:
    """The final layers of a model, and the final names for each name of an entry."""

    layers: LocatedDict
    names: dict[str, tuple[str, ...]]


def unfold_model(model: LocatedDict, problems: Problems, path: str = "model") -> Unfolded:
    """Unfold a checked model.

    Args:
        model: Expanded entries: layers with ``repeat``, ``after``, ``before``, and blocks.
        problems: Collects unknown anchors and duplicate names.
        path: The model's dotted path.

    Returns:
        Final layer name → component in final order (a residual block is ``{"layers": …, "skip": "add"}``), and
        each entry's name with the final names it stands for.
    """
    unfolding = _Unfolding(model, path, problems)
    return unfolding.run()


class _Unfolding:
    def __init__(self, model: LocatedDict, path: str, problems: Problems) -> None:
        self._model, self._path, self._problems = model, path, problems
        self._groups: dict[str, _Group] = {}
        self._roots: list[_Item] = []

    def run(self) -> Unfolded:
        inserts = []
        for name, entry in self._model.items():
            if "after" in entry or "before" in entry:
                inserts.append(name)
            else:
                self._groups[name] = self._repeated(name, entry)
                self._roots += self._groups[name].items
        self._insert_all(inserts)
        layers = LocatedDict()
        names: dict[str, list[str]] = {}
        for root in self._roots:
            for final, entry_names, layer in self._flat(root):
                self._add(layers, final, entry_names[0], layer)
                for name in entry_names:
                    names.setdefault(name, []).extend(_inside(final, layer))
                for inner in _inside(final, layer):
                    names.setdefault(inner, [inner])
        return Unfolded(layers, {name: tuple(finals) for name, finals in names.items()})

    def _add(self, layers: LocatedDict, final: str, entry: str, layer: LocatedDict) -> None:
        if final in layers:
            message = f"two layers are called {final!r}; rename one"
            self._problems.add(self._model.key_place_of(entry), join(self._path, entry), message)
        layers.put(final, layer, self._model.key_place_of(entry), self._model.place_of(entry))

    def _repeated(self, name: str, entry: LocatedDict) -> _Group:
        if "repeat" not in entry:
            return _Group([self._item(name, name, entry, 0)], numbered=False)
        times = entry["repeat"]
        return _Group([self._item(f"{name}_{i}", name, entry, i) for i in range(1, times + 1)], numbered=True)

    def _item(self, final: str, name: str, entry: LocatedDict, number: int) -> _Item:
        if "layers" in entry:
            return self._block(final, name, entry)
        return _Item(final, apply_single(entry, number).shallow(without=LAYER_KEYS), name)

    def _block(self, final: str, name: str, entry: LocatedDict) -> _Item:
        unfolded = unfold_model(entry["layers"], self._problems, f"{self._path}.{name}.layers").layers
        block, layers = entry.shallow(without=BLOCK_KEYS), LocatedDict()
        for inner in unfolded:
            layers.take(unfolded, inner, rename=f"{final}_{inner}")
        block.put("layers", layers, entry.key_places.get("layers"), entry.value_places.get("layers"))
        block.put("skip", entry.get("skip", "none"), entry.key_places.get("skip"), entry.value_places.get("skip"))
        return _Item(final, block, name, inner=list(layers.items()))

    def _insert_all(self, names: list[str]) -> None:
        waiting = names
        while waiting:
            left = [name for name in waiting if not self._insert(name)]
            if len(left) == len(waiting):
                for name in left:
                    self._unknown_anchor(name)
                return
            waiting = left

    def _insert(self, name: str) -> bool:
        """Insert an entry at its anchors; return False if the anchor is not known (yet)."""
        entry = self._model[name]
        side = "after" if "after" in entry else "before"
        anchor, _, part = entry[side].partition(".")
        found = self._anchors(anchor)
        if found is None or part not in ("", "activation"):
            return False
        side = side if not part or side == "after" else "between"
        if found.numbered:
            group = _Group([self._item(f"{name}_{i}", name, entry, i) for i in range(1, len(found.items) + 1)], True)
            self._refuse_repeat(name, entry)
            beside = [[item] for item in group.items]
        else:
            group = self._repeated(name, entry)
            beside = [group.items]
        for item, inserted in zip(found.items, beside, strict=True):
            self._put_beside(item, inserted, side)
        self._groups[name] = group
        return True

    def _refuse_repeat(self, name: str, entry: LocatedDict) -> None:
        if "repeat" in entry:
            message = "cannot have 'repeat' beside a layer that is repeated itself"
            self._problems.add(entry.key_place_of("repeat"), f"{self._path}.{name}.repeat", message)

    def _put_beside(self, item: _Item, inserted: list[_Item], side: str) -> None:
        if side == "between" and not _has_activation(item.layer):
            name = inserted[0].entry
            message = f"{item.entry!r} has no activation to stand before"
            self._problems.add(self._model[name].place_of("before"), f"{self._path}.{name}.before", message)
        {"before": item.before, "between": item.between, "after": item.after}[side].extend(inserted)

    def _anchors(self, anchor: str) -> _Group | None:
        if anchor in self._groups:
            return self._groups[anchor]
        for group in self._groups.values():
            for item in group.items:
                if item.name == anchor:
                    return _Group([item], numbered=False)
        return None

    def _unknown_anchor(self, name: str) -> None:
        entry = self._model[name]
        side = "after" if "after" in entry else "before"
        anchor = entry[side].partition(".")[0]
        if anchor in self._model and anchor not in self._groups:
            message = (
                f"{name!r} and {anchor!r} wait for each other's place" if anchor != name else "stands beside itself"
            )
        elif self._anchors(anchor) is not None:
            message = f"expected a layer or its 'activation', found {entry[side]!r}"
        else:
            finals = [item.name for group in self._groups.values() for item in group.items]
            known = dict.fromkeys([*self._groups, *(finals if len(finals) <= 12 else ())])
            message = f"there is no layer {anchor!r}{nearest(anchor, known)}"
        self._problems.add(entry.place_of(side), join(self._path, f"{name}.{side}"), message)

    def _flat(self, item: _Item) -> Iterator[tuple[str, list[str], LocatedDict]]:
        """Yield the final layers of an item, each with the names that refer to it."""
        for earlier in item.before:
            yield from self._flat(earlier)
        known_as = list(dict.fromkeys([item.entry, item.name]))
        if item.inner is not None and item.layer["skip"] == "none":
            yield from ((name, known_as, layer) for name, layer in item.inner)
        elif item.between:
            linear, activation = _split(item.layer)
            yield item.name, known_as, linear
            for inserted in item.between:
                yield from self._flat(inserted)
            yield f"{item.name}_activation", [item.entry], activation
        else:
            yield item.name, known_as, item.layer
        for later in item.after:
            yield from self._flat(later)


def _inside(final: str, layer: LocatedDict) -> list[str]:
    return list(layer["layers"]) if "layers" in layer else [final]


def _has_activation(layer: LocatedDict) -> bool:
    arguments = layer.get(component_class(layer))
    return isinstance(arguments, LocatedDict) and arguments.get("activation") is not None


def _split(layer: LocatedDict) -> tuple[LocatedDict, LocatedDict]:
    """Split a layer into one without its activation and one of the activation."""
    name = component_class(layer)
    arguments = layer[name]
    if not _has_activation(layer):
        return layer, layer  # reported already
    linear = layer.shallow()
    linear[name] = arguments.shallow(without=["activation"])
    activation = arguments["activation"]
    if isinstance(activation, LocatedDict):
        return linear, activation
    own, inner = LocatedDict(), LocatedDict()
    inner.take(arguments, "activation")
    own.put("Activation", inner, arguments.key_place_of("activation"), arguments.place_of("activation"))
    return linear, own
