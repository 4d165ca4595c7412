"""JSON Schema for editors, from the sections' models and the signatures: ``python -m experiments.language.schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from experiments.columns import PLAIN_WORDS
from experiments.language.allowed import KERAS_NAMESPACES, SINGULAR, own_words
from experiments.language.checks import LARGEST_REPEAT
from experiments.language.configuration_sections import (
    COMPONENT,
    GRADIENT_WORDS,
    Ablation,
    DisturbedInputs,
    EpochsUntil,
)
from experiments.language.sections import NAME_PATTERN, StudyFile
from experiments.language.signatures import POSITIVE, classes, identifiers, kind_of, slot_of

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "configs" / "schema.json"

Schema = dict[str, Any]

_MODULES = {
    **KERAS_NAMESPACES,
    "activations": "keras.layers",
    "callbacks": "keras.callbacks",
    "scalers": "sklearn.preprocessing",
    "encoders": "sklearn.preprocessing",
    "imputers": "sklearn.impute",
    "sources": "sklearn.datasets",
}
_GRADIENT_HELP = {
    "clipnorm": "Scale each weight tensor's gradient down to this norm, as Keras' clipnorm does.",
    "clipvalue": "Clip each number of the gradients to ± this value.",
    "global_clipnorm": "Scale all gradients together down to this norm.",
    "noise": "Add Gaussian noise of this standard deviation to the gradients.",
}


def make_schema() -> Schema:
    """Generate the schema (draft-07) of a study file.

    Returns:
        Plain data; every key has a description, components have their arguments with kinds and defaults.
    """
    schema = StudyFile.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    definitions.update({kind: _component(kind) for kind in SINGULAR})
    definitions["layers"] = _layer(definitions["layers"])
    definitions["gradients"] = _gradient_step()
    definitions["record_word"] = _record_word()
    named = {"propertyNames": {"pattern": NAME_PATTERN}}
    schema["properties"]["model"].update(named)
    schema["properties"]["variants"].update(named)
    definitions["DataSection"]["additionalProperties"] = {"$ref": "#/definitions/sources"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_for_draft_07(schema),
        "definitions": {name: _for_draft_07(definitions[name]) for name in sorted(definitions)},
    }


def _for_draft_07(node: Any) -> Any:
    """Wrap references that have neighbours (draft-07 ignores those) and drop titles that repeat the key."""
    if isinstance(node, list):
        return [_for_draft_07(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _for_draft_07(value) for key, value in node.items() if key != "title" or isinstance(value, dict)}
    if COMPONENT in result:
        result["$ref"] = f"#/definitions/{result.pop(COMPONENT)}"
    if "$ref" in result and len(result) > 1:
        reference = result.pop("$ref")
        result["allOf"] = [{"$ref": reference}]
    return result


def _component(kind: str) -> Schema:
    described = {name: _class(kind, name) for name in classes(kind)}
    names = [*identifiers(kind), *described]
    whole = {
        "type": "object",
        "properties": described,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    forms = [{"enum": names}, *([whole] if described else [])]
    return {"description": f"{SINGULAR[kind].capitalize()}: a name, or {{ClassName: arguments}}.", "anyOf": forms}


def _class(kind: str, name: str) -> Schema:
    signature = classes(kind)[name]
    arguments: Schema = {
        "type": "object",
        "properties": {argument: _argument(kind, name, argument) for argument in signature},
        "additionalProperties": False,
    }
    required = [argument for argument, about in signature.items() if "required" in about]
    forms: list[Schema] = [{**arguments, "required": required} if required else arguments]
    if signature:
        forms.append(_argument(kind, name, next(iter(signature))))
    if not required:
        forms.append({"type": "null"})
    return {"description": _call(kind, name), "anyOf": forms}


def _call(kind: str, name: str) -> str:
    parts = [
        argument if "required" in about else f"{argument}={json.dumps(about['default'])}"
        for argument, about in classes(kind)[name].items()
    ]
    is_own = name in own_words().get(kind, {})
    module = "keras.datasets." if name.endswith("mnist") else "" if is_own else f"{_MODULES[kind]}."
    return f"{module}{name}({', '.join(parts)})"


def _argument(kind: str, name: str, argument: str) -> Schema:
    about = classes(kind)[name][argument]
    wanted = kind_of(kind, name, argument, about.get("default"))
    nested = slot_of(argument)
    forms: list[Schema] = [{"$ref": f"#/definitions/{nested}"}] if nested else []
    if nested in (None, "schedules"):
        forms.append(dict(wanted.schema))
    if "default" in about and about["default"] is None:
        forms.append({"type": "null"})
    words = SINGULAR[nested] if nested and nested != "schedules" else wanted.words
    schema: Schema = {"description": f"{words[0].upper()}{words[1:]}."}
    schema.update(forms[0] if len(forms) == 1 and "$ref" not in forms[0] else {"anyOf": forms})
    if "default" in about:
        schema["default"] = about["default"]
    return schema


def _layer(component: Schema) -> Schema:
    """Add our own keys to a layer: where it goes and how often, and blocks."""
    name_only, whole = component["anyOf"]
    own = {
        "repeat": {
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_REPEAT,
            "description": "How many copies, called name_1, name_2, …",
        },
        "after": {"type": "string", "description": "The layer this one comes after."},
        "before": {"type": "string", "description": "The layer, or layer.activation, this one comes before."},
    }
    block = {
        "type": "object",
        "required": ["layers"],
        "properties": {
            "layers": {
                "type": "object",
                "description": "Named layers of the block, in order.",
                "minProperties": 1,
                "additionalProperties": {"$ref": "#/definitions/layers"},
            },
            "skip": {
                "enum": ["add", "none"],
                "default": "none",
                "description": "`add`: the block's input is added to its output.",
            },
            **own,
        },
        "additionalProperties": False,
    }
    layer = {**whole, "properties": {**whole["properties"], **own}, "maxProperties": 3}
    return {"description": "A layer, or a block of layers.", "anyOf": [name_only, layer, block]}


def _gradient_step() -> Schema:
    steps = {word: {**POSITIVE.schema, "description": _GRADIENT_HELP[word]} for word in GRADIENT_WORDS}
    return {
        "description": "One step on the gradients.",
        "type": "object",
        "properties": steps,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _record_word() -> Schema:
    valued = [section.model_json_schema() for section in (EpochsUntil, Ablation, DisturbedInputs)]
    return {"anyOf": [{"enum": list(PLAIN_WORDS)}, *valued]}


def as_text(schema: Schema) -> str:
    """Format the schema as it is committed."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(as_text(make_schema()), encoding="utf-8")
