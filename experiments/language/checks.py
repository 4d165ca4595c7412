"""Check an expanded configuration: sections by their models, components by their signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from experiments.columns import PLAIN_WORDS, RECORD, VALUED_WORDS
from experiments.errors import Place
from experiments.language.allowed import REFUSED, SINGULAR, WITHHELD_ARGUMENTS
from experiments.language.changes import SINGLE, apply_single
from experiments.language.configuration_sections import (
    BLOCK_KEYS,
    GRADIENT_WORDS,
    KEYS,
    LAYER_KEYS,
    ConfigurationSection,
)
from experiments.language.located import LocatedDict, LocatedList, place_in
from experiments.language.names import check_names
from experiments.language.problems import Problems, expected, is_number, join, nearest
from experiments.language.section_check import check_section
from experiments.language.signatures import FRACTION, NUMBER, POSITIVE, classes, identifiers, kind_of, slot_of
from experiments.language.table_sources import check_table_arguments

LARGEST_REPEAT = 1000


class Checked:
    """Cache of sections without a problem: variants share the sections that they do not change."""

    def __init__(self) -> None:
        self._sections: dict[int, Any] = {}  # the section is kept, so that its id stays its own

    def once(self, section: Any, check: Callable[[Any, Problems], None], problems: Problems) -> None:
        """Check a section unless this object was checked before without a problem."""
        if id(section) in self._sections:
            return
        own = Problems()
        check(section, own)
        problems.include(own)
        if not own:
            self._sections[id(section)] = section


def check_configuration(tree: LocatedDict, problems: Problems, checked: Checked) -> None:
    """Check one configuration, apart from what only the unfolded model shows.

    Args:
        tree: The expanded configuration.
        problems: Collects what is wrong.
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
    """Whether a value names a source, correctly or not, rather than the value of a misspelt key."""
    names = list(value) if isinstance(value, LocatedDict) else [value]
    return any(isinstance(name, str) and name.startswith(("make_", "load_")) for name in names)


def _check_source(sources: LocatedDict, slot: str, problems: Problems) -> None:
    check_component("sources", sources[slot], join("data", slot), sources.place_of(slot), problems)
    table = sources[slot].get("table") if isinstance(sources[slot], LocatedDict) else None
    if isinstance(table, LocatedDict):
        check_table_arguments(table, f"data.{slot}", problems)
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


_ASCENDING = (("min_value", "max_value"), ("minval", "maxval"))


def check_component(kind: str, value: Any, path: str, place: Place | None, problems: Problems) -> None:
    """Check one component and those inside its arguments.

    Args:
        kind: What is expected: "layers", "optimizers", …
        value: The component in full form, or a string identifier.
        path: Its dotted path.
        place: Where it was written.
        problems: Collects what is wrong.
    """
    _Checker(problems).check(kind, value, path, place)


class _Checker:
    """Check of a component and of the components inside it."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def check(self, kind: str, value: Any, path: str, place: Place | None) -> None:
        if kind == "gradients":
            self._gradient_step(value, path, place)
        elif isinstance(value, str):
            self._name(kind, value, path, place)
        elif isinstance(value, LocatedDict) and value:
            self._mapping(kind, value, path, place)
        else:
            self._problems.add(place, path, expected(f"{SINGULAR[kind]} such as {_example(kind)}", value))

    def _name(self, kind: str, name: str, path: str, place: Place | None) -> None:
        if name in identifiers(kind) or name in classes(kind):
            return
        if name in REFUSED.get(kind, {}):
            self._problems.add(place, path, f"{name} cannot be used in a study: {REFUSED[kind][name]}")
            return
        known = [*identifiers(kind), *classes(kind)]
        self._problems.add(place, path, f"{name!r} is not {SINGULAR[kind]}{nearest(name, known)}")

    def _mapping(self, kind: str, value: LocatedDict, path: str, place: Place | None) -> None:
        names = [key for key in value if kind != "layers" or key not in LAYER_KEYS]
        known = classes(kind)
        for name in names:
            if name not in known:
                self._unknown_class(kind, name, names, value, path)
        if len(names) != 1:
            listed = f"found {', '.join(names)}" if names else "found none"
            self._problems.add(place, path, f"expected one class name with its arguments, {listed}")
        elif names[0] in known:
            self._arguments(kind, names[0], value, path, place)

    def _unknown_class(self, kind: str, name: str, names: list[str], value: LocatedDict, path: str) -> None:
        place = value.key_place_of(name)
        if name in REFUSED.get(kind, {}):
            message = f"{name} cannot be used in a study: {REFUSED[kind][name]}"
        elif name in identifiers(kind):
            class_name = identifiers(kind)[name]
            hint = f"{class_name!r}" if class_name else "the class of that name"
            message = f"{name!r} takes no arguments; for arguments write {hint}"
        else:
            message = f"{name!r} is not {SINGULAR[kind]}{self._hint(kind, name, names)}"
        self._problems.add(place, path, message)

    def _hint(self, kind: str, name: str, names: list[str]) -> str:
        beside = next((other for other in names if name in classes(kind).get(other, ())), None)
        if beside:
            return f" but an argument of {beside}; write {{{beside}: {{{name}: …}}}}"
        known = [*classes(kind), *(LAYER_KEYS if kind == "layers" and len(names) > 1 else ())]
        return nearest(name, known) or f"; expected a class name, such as {_example(kind)}"

    def _arguments(self, kind: str, name: str, value: LocatedDict, path: str, place: Place | None) -> None:
        given, signature = value[name], classes(kind)[name]
        if not isinstance(given, LocatedDict):
            self._problems.add(
                value.place_of(name), path, expected(f"the arguments of {name}, which takes none", given)
            )
            return
        for argument in given:
            if argument in signature:
                self._value(kind, name, argument, given, path)
            elif argument in WITHHELD_ARGUMENTS:
                message = f"cannot be set: {WITHHELD_ARGUMENTS[argument]}"
                self._problems.add(given.key_place_of(argument), join(path, argument), message)
            else:
                message = f"not an argument of {name}{nearest(argument, signature)}"
                self._problems.add(given.key_place_of(argument), join(path, argument), message)
        self._order(given, signature, path)
        missing = [argument for argument, about in signature.items() if "required" in about and argument not in given]
        if missing:
            named = value.key_place_of(name) or place
            self._problems.add(named, path, f"{name} needs {', '.join(map(repr, missing))}")

    def _order(self, given: LocatedDict, signature: Mapping[str, Any], path: str) -> None:
        for low, high in _ASCENDING:
            if low in given or high in given:
                bounds = [given.get(name, signature.get(name, {}).get("default")) for name in (low, high)]
                if all(isinstance(bound, int | float) for bound in bounds) and bounds[0] > bounds[1]:
                    name = high if high in given else low
                    message = f"expected {low} of at most {high}, found {bounds[0]} and {bounds[1]}"
                    self._problems.add(given.place_of(name), join(path, name), message)

    def _value(self, kind: str, name: str, argument: str, given: LocatedDict, path: str) -> None:
        value, about = given[argument], classes(kind)[name][argument]
        place, below = given.place_of(argument), join(path, argument)
        nullable = "default" in about and about["default"] is None and argument != "random_state"
        if value is None and nullable:
            return
        nested = slot_of(argument)
        a_name = isinstance(value, dict) or (isinstance(value, str) and not is_number(value))
        if nested and (nested != "schedules" or a_name):
            self.check(nested, value, below, place)
            return
        wanted = kind_of(kind, name, argument, about.get("default"))
        if not wanted.accepts(value):
            words = wanted.words + (", or a schedule" if nested == "schedules" else "")
            self._problems.add(place, below, expected(words, value))

    def _gradient_step(self, value: Any, path: str, place: Place | None) -> None:
        if not isinstance(value, LocatedDict) or len(value) != 1:
            self._problems.add(place, path, expected("one step such as {clipnorm: 1.0}", value))
            return
        word = next(iter(value))
        if word not in GRADIENT_WORDS:
            self._problems.add(
                value.key_place_of(word), path, f"{word!r} is not a gradient step{nearest(word, GRADIENT_WORDS)}"
            )
        elif not POSITIVE.accepts(value[word]):
            self._problems.add(value.place_of(word), join(path, word), expected(POSITIVE.words, value[word]))


def _example(kind: str) -> str:
    examples = {
        "layers": "{Dense: {units: 5}}",
        "sources": "{make_moons: {n_samples: 100}}",
        "metrics": "accuracy",
        "losses": "binary_crossentropy",
        "activations": "relu",
        "initializers": "he_uniform",
    }
    return examples.get(kind) or next(iter(classes(kind)))


_VALUED_FORMS = {
    "epochs_until": "{epochs_until: {metric: value}}",
    "ablation": "{ablation: [0.5]}",
    "disturbed_inputs": "{disturbed_inputs: [0.1]}",
}


def check_record(words: list[Any], problems: Problems) -> None:
    """Check the list of recorded quantities."""
    for index, word in enumerate(words):
        place = place_in(words, index)
        if isinstance(word, str):
            if word in VALUED_WORDS:
                problems.add(place, f"record.{index}", f"{word!r} is written as {_VALUED_FORMS[word]}")
            elif word not in PLAIN_WORDS:
                known = [recordable.name for recordable in RECORD]
                problems.add(place, f"record.{index}", f"{word!r} cannot be recorded{nearest(word, known)}")
        elif not (isinstance(word, LocatedDict) and len(word) == 1 and set(word) <= VALUED_WORDS.keys()):
            forms = ", ".join(_VALUED_FORMS.values())
            problems.add(place, f"record.{index}", expected(f"a word or one of {forms}", word))
        elif "epochs_until" in word:
            _check_targets(word, f"record.{index}.epochs_until", problems)
        else:
            _check_sizes(word, f"record.{index}", problems)


def _check_sizes(word: LocatedDict, path: str, problems: Problems) -> None:
    """Check the numbers behind ``ablation`` and ``disturbed_inputs``."""
    ((name, sizes),) = word.items()
    wanted = FRACTION if VALUED_WORDS[name] == "shares" else POSITIVE
    if not isinstance(sizes, list) or not sizes:
        problems.add(word.place_of(name), f"{path}.{name}", expected(f"a list such as {_VALUED_FORMS[name]}", sizes))
        return
    for index, size in enumerate(sizes):
        if not wanted.accepts(size):
            problems.add(place_in(sizes, index), f"{path}.{name}.{index}", expected(wanted.words, size))


def _check_targets(word: LocatedDict, path: str, problems: Problems) -> None:
    targets = word["epochs_until"]
    if not isinstance(targets, LocatedDict) or not targets:
        problems.add(word.place_of("epochs_until"), path, expected("{metric: value to reach}", targets))
        return
    for metric, value in targets.items():
        if not NUMBER.accepts(value):
            problems.add(targets.place_of(metric), join(path, metric), expected(NUMBER.words, value))
