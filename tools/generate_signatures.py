"""Write the table of signatures from the installed Keras and scikit-learn.

Run ``python -m tools.generate_signatures`` after an update of either.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from experiments.language.allowed import (
    EMBEDDED_ROWS,
    KERAS_CALLBACKS,
    KERAS_NAMESPACES,
    REFUSED,
    SKLEARN_ENCODERS,
    SKLEARN_IMPUTERS,
    SKLEARN_SCALERS,
    WITHHELD_ARGUMENTS,
)
from experiments.language.signatures import TABLE_FILE

Arguments = dict[str, dict[str, Any]]

_IDENTIFIER_KINDS = ("activations", "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics")


def generate() -> dict[str, Any]:
    """Return every allowed component's signature in the installed libraries.

    Returns:
        ``{"components": kind → name → argument → default or required, "identifiers": kind → text → class or ""}``.
    """
    components = {kind: dict(_keras_classes(kind)) for kind in KERAS_NAMESPACES if kind != "activations"}
    components["callbacks"] = _signatures("keras.callbacks", KERAS_CALLBACKS)
    components["scalers"] = _signatures("sklearn.preprocessing", SKLEARN_SCALERS)
    components["encoders"] = _signatures("sklearn.preprocessing", SKLEARN_ENCODERS)
    components["imputers"] = _signatures("sklearn.impute", SKLEARN_IMPUTERS)
    components["sources"] = _sources()
    identifiers = {kind: _identifiers(kind, components.get(kind, {})) for kind in _IDENTIFIER_KINDS}
    identifiers["metrics"].update(accuracy="", acc="")  # which accuracy, Keras decides by the shapes
    return {"components": components, "identifiers": identifiers}


def _keras_classes(kind: str) -> Iterator[tuple[str, Arguments]]:
    namespace = import_module(KERAS_NAMESPACES[kind])
    for name in sorted(dir(namespace)):
        found = getattr(namespace, name)
        if inspect.isclass(found) and name[0].isupper() and name not in REFUSED[kind]:
            yield name, _arguments(found.__init__, keep_name=kind == "metrics")


def _signatures(module: str, names: tuple[str, ...]) -> dict[str, Arguments]:
    namespace = import_module(module)
    return {name: _arguments(getattr(namespace, name).__init__) for name in names}


def _sources() -> dict[str, Arguments]:
    datasets = import_module("sklearn.datasets")
    generators = [name for name in dir(datasets) if name.startswith("make_") and name not in REFUSED["sources"]]
    return {name: _arguments(getattr(datasets, name)) for name in sorted([*generators, *EMBEDDED_ROWS])}


def _arguments(function: Callable[..., Any], *, keep_name: bool = False) -> Arguments:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        parameter.name: _default(parameter)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in named
        and parameter.name != "self"
        and (parameter.name not in WITHHELD_ARGUMENTS or (keep_name and parameter.name == "name"))
    }


def _default(parameter: inspect.Parameter) -> dict[str, Any]:
    if parameter.default is inspect.Parameter.empty:
        return {"required": True}
    default = parameter.default
    return {"default": list(default) if isinstance(default, tuple) else default}


def _identifiers(kind: str, classes: Mapping[str, Arguments]) -> dict[str, str]:
    """Return the texts that ``keras.<kind>.get`` accepts, each with the class that it means, if any."""
    objects = import_module(f"keras.src.{kind}").ALL_OBJECTS_DICT
    found = {}
    for text, thing in sorted(objects.items()):
        name = thing.__name__
        if text in classes or text in REFUSED[kind] or name in REFUSED[kind]:
            continue
        if inspect.isclass(thing):
            if name in classes:
                found[text] = name
        else:
            found[text] = ""
    return found


def as_text(table: Mapping[str, Any]) -> str:
    """Format the table as it is committed."""
    return json.dumps(table, indent=1, sort_keys=False) + "\n"


if __name__ == "__main__":
    TABLE_FILE.write_text(as_text(generate()), encoding="utf-8")
