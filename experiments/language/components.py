"""Check components against the signatures: names, arguments, required ones, kinds of values, one inside another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.columns import PLAIN_WORDS, RECORD
from experiments.errors import Place
from experiments.language.allowed import REFUSED, SINGULAR, WITHHELD_ARGUMENTS
from experiments.language.kinds import NUMBER, POSITIVE, kind_of, slot_of
from experiments.language.located import LocatedDict, place_in
from experiments.language.problems import Problems, expected, is_number, join, nearest
from experiments.language.sections import EpochsUntil
from experiments.language.signatures import classes, identifiers
from experiments.language.structure import GRADIENT_WORDS, LAYER_KEYS

_ASCENDING = (("min_value", "max_value"), ("minval", "maxval"))


def check_component(kind: str, value: Any, path: str, place: Place | None, problems: Problems) -> None:
    """Check one component and those inside its arguments.

    Args:
        kind: What is expected: "layers", "optimizers", …
        value: The component in full form, or a string identifier.
        path: Its dotted path.
        place: Where it was written.
        problems: Where everything wrong is added.
    """
    _Checker(problems).check(kind, value, path, place)


class _Checker:
    """Walks through a component and those inside it."""

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


def check_record(words: list[Any], problems: Problems) -> None:
    """Check the list of things to record."""
    for index, word in enumerate(words):
        place = place_in(words, index)
        if isinstance(word, str):
            if word not in PLAIN_WORDS:
                known = [recordable.name for recordable in RECORD]
                problems.add(place, f"record.{index}", f"{word!r} cannot be recorded{nearest(word, known)}")
        elif not (isinstance(word, LocatedDict) and list(word) == list(EpochsUntil.model_fields)):
            problems.add(place, f"record.{index}", expected("a word or {epochs_until: {metric: value}}", word))
        else:
            _check_targets(word, f"record.{index}.epochs_until", problems)


def _check_targets(word: LocatedDict, path: str, problems: Problems) -> None:
    targets = word["epochs_until"]
    if not isinstance(targets, LocatedDict) or not targets:
        problems.add(word.place_of("epochs_until"), path, expected("{metric: value to reach}", targets))
        return
    for metric, value in targets.items():
        if not NUMBER.accepts(value):
            problems.add(targets.place_of(metric), join(path, metric), expected(NUMBER.words, value))
