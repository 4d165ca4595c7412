"""The committed table of signatures, and what kind of value an argument takes: known without Keras or scikit-learn."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from experiments.language.allowed import own_words

_ACTIVATION_LAYERS = ("ELU", "LeakyReLU", "ReLU", "Softmax")  # those without weights can stand in `activation:`
TABLE_FILE = Path(__file__).with_name("signatures.json")


@cache
def _table() -> dict[str, Any]:
    """Return the committed table with the components that are ours added to it."""
    table: dict[str, Any] = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    for kind, own in own_words().items():
        table["components"][kind].update(own)
    return table


def classes(kind: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the components of a kind.

    Args:
        kind: "layers", "optimizers", "sources", … as in the table.

    Returns:
        name → argument → ``{"default": value}`` or ``{"required": True}``; arguments in the constructor's order.
    """
    components: dict[str, dict[str, dict[str, dict[str, Any]]]] = _table()["components"]
    if kind == "activations":
        return {name: components["layers"][name] for name in _ACTIVATION_LAYERS}
    return components.get(kind, {})


def identifiers(kind: str) -> dict[str, str]:
    """Return the string identifiers of a kind, such as ``he_uniform``, with the class of each ("" if none)."""
    found: dict[str, str] = _table()["identifiers"].get(kind, {})
    return found


def first_argument(kind: str, name: str) -> str | None:
    """Return the first argument of a component's constructor, which ``{ClassName: value}`` sets."""
    return next(iter(classes(kind)[name]), None)


Schema = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of value: in words, as a test, and as a fragment of a JSON Schema."""

    words: str
    accepts: Callable[[Any], bool]
    schema: Schema


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(words: str, least: int | None = None, most: int | None = None) -> Kind:
    schema: Schema = {"type": "integer"}
    if least is not None:
        schema["minimum"] = least
    if most is not None:
        schema["maximum"] = most
    low, high = (float("-inf") if least is None else least), (float("inf") if most is None else most)
    return Kind(words, lambda value: _is_integer(value) and low <= value <= high, schema)


def _number(words: str, least: float | None = None, most: float | None = None, *, open_ends: bool = False) -> Kind:
    """Return a kind of number within bounds; with ``open_ends`` the bounds are excluded."""
    low_key, high_key = ("exclusiveMinimum", "exclusiveMaximum") if open_ends else ("minimum", "maximum")
    schema: Schema = {"type": "number"}
    if least is not None:
        schema[low_key] = least
    if most is not None:
        schema[high_key] = most
    low, high = (float("-inf") if least is None else least), (float("inf") if most is None else most)

    def accepts(value: Any) -> bool:
        return _is_number(value) and (low < value < high if open_ends else low <= value <= high)

    return Kind(words, accepts, schema)


def _choice(*names: str) -> Kind:
    words = " or ".join(map(repr, names)) if len(names) <= 2 else "one of " + ", ".join(map(repr, names))
    return Kind(words, lambda value: isinstance(value, str) and value in names, {"enum": list(names)})


def _or_list(kind: Kind, words: str, *, nested: bool = False) -> Kind:
    """Return the kind of one value or a list of values; with ``nested`` also a list of such lists."""
    items: Schema = {"anyOf": [kind.schema, {"type": "array", "items": kind.schema}]} if nested else kind.schema
    inner = _or_list(kind, words) if nested else kind

    def accepts(value: Any) -> bool:
        return bool(value) and all(map(inner.accepts, value)) if isinstance(value, list) else kind.accepts(value)

    return Kind(words, accepts, {"anyOf": [kind.schema, {"type": "array", "items": items, "minItems": 1}]})


def _pair(kind: Kind, words: str) -> Kind:
    def accepts(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and all(map(kind.accepts, value)) and value[0] < value[1]

    return Kind(words, accepts, {"type": "array", "items": kind.schema, "minItems": 2, "maxItems": 2})


def _is_table(value: Any) -> bool:
    rows = isinstance(value, list) and bool(value) and all(isinstance(row, list) and row for row in value)
    return rows and len({len(row) for row in value}) == 1 and all(_is_number(item) for row in value for item in row)


def _is_targets(value: Any) -> bool:
    return _is_table(value) or (isinstance(value, list) and bool(value) and all(map(_is_number, value)))


def _is_checksum(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_plain(value: Any) -> bool:
    """Whether a value is a finite scalar or a list of such values."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, dict) and not (isinstance(value, float) and not math.isfinite(value))


ANYTHING = Kind("a plain value or a list", _is_plain, {"not": {"type": "object"}})
BOOLEAN = Kind("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
TEXT = Kind("text", lambda value: isinstance(value, str), {"type": "string"})
NAMES = _or_list(TEXT, "the name of a column or a list of them")
INTEGER = _integer("an integer")
POSITIVE_INTEGER = _integer("a positive integer", 1)
COUNT = _integer("an integer of at least 0", 0)
NUMBER = _number("a number")
NUMBERS = _or_list(NUMBER, "a number or a list of numbers")
INTEGERS = _or_list(INTEGER, "an integer or a list of integers")
SIZES = _or_list(POSITIVE_INTEGER, "a positive integer or a list of them")
PADDING_SIZES = _or_list(COUNT, "an integer of at least 0 or a list of them", nested=True)
POSITIVE = _number("a number greater than 0", 0, open_ends=True)
NOT_NEGATIVE = _number("a number of at least 0", 0)
SHARE = _number("a number from 0 to 1", 0, 1)
FRACTION = _number("a number between 0 and 1", 0, 1, open_ends=True)
SEED = _integer("an integer from 0 to 4294967295", 0, 2**32 - 1)

_ONE_CHARACTER: Schema = {"type": "string", "minLength": 1, "maxLength": 1}

_RULES: dict[str, Kind] = {
    **dict.fromkeys(
        ("units", "filters", "n", "groups", "height", "width", "input_dim", "output_dim", "depth_multiplier"),
        POSITIVE_INTEGER,
    ),
    **dict.fromkeys(("n_features", "n_classes", "n_targets", "n_clusters_per_class", "epochs"), POSITIVE_INTEGER),
    **dict.fromkeys(("decay_steps", "first_decay_steps", "num_classes", "k", "n_quantiles"), POSITIVE_INTEGER),
    **dict.fromkeys(("patience", "cooldown", "start_from_epoch", "warmup_steps", "n_labels"), COUNT),
    **dict.fromkeys(("n_informative", "n_redundant", "n_repeated", "class_id", "top_k"), COUNT),
    **dict.fromkeys(("kernel_size", "strides", "pool_size", "dilation_rate", "size", "output_size"), SIZES),
    **dict.fromkeys(("n_samples", "dims"), SIZES),
    "centers": _or_list(NUMBER, "a number of centres or a list of points", nested=True),
    **dict.fromkeys(("cropping", "layers.padding"), PADDING_SIZES),
    **dict.fromkeys(("rate", "dropout", "recurrent_dropout", "label_smoothing", "flip_y", "momentum"), SHARE),
    **dict.fromkeys(("rho", "ema_momentum", "precision", "recall", "sensitivity", "specificity"), SHARE),
    **dict.fromkeys(("beta_1", "beta_2", "renorm_momentum", "GaussianNoise.stddev"), SHARE),
    **dict.fromkeys(("l1", "l2", "noise", "min_delta", "weight_decay", "stddev", "negative_slope"), NOT_NEGATIVE),
    **dict.fromkeys(("min_value", "min_lr", "initial_accumulator_value", "callbacks.threshold"), NOT_NEGATIVE),
    **dict.fromkeys(("end_learning_rate", "warmup_target", "label_noise"), NOT_NEGATIVE),
    **dict.fromkeys(("learning_rate", "initial_learning_rate", "clipnorm", "clipvalue", "global_clipnorm"), POSITIVE),
    **dict.fromkeys(("epsilon", "max_value", "delta", "class_sep", "decay_rate", "VarianceScaling.scale"), POSITIVE),
    **dict.fromkeys(("factor", "x_factor", "y_factor", "addition_factor", "threshold_factor", "sigma"), NUMBERS),
    **dict.fromkeys(("cluster_std", "thresholds", "RandomErasing.scale", "RandomPerspective.scale"), NUMBERS),
    **dict.fromkeys(("adam_lr_ratio", "num_regressors", "bias", "ReLU.threshold"), NUMBER),
    **dict.fromkeys(("feature_range", "quantile_range"), _pair(NUMBER, "two numbers, the smaller first")),
    "GroupNormalization.groups": INTEGER,
    "axis": INTEGERS,
    "target_shape": INTEGERS,
    "random_state": SEED,
    "n_class": _integer("an integer from 1 to 10", 1, 10),
    "gradient_accumulation_steps": _integer("an integer of at least 2", 2),
    "callbacks.factor": FRACTION,
    "average": _choice("macro", "micro", "weighted"),
    "class_aggregation": _choice("uniform_average", "variance_weighted_average"),
    "callbacks.mode": _choice("auto", "min", "max"),
    "VarianceScaling.mode": _choice("fan_in", "fan_out", "fan_avg"),
    "distribution": _choice("truncated_normal", "untruncated_normal", "normal", "uniform"),
    "norm": _choice("l1", "l2", "max"),
    **dict.fromkeys(("table.target", "table.inputs", "table.without", "table.categorical"), NAMES),
    **dict.fromkeys(("table.file", "table.group", "table.order", "table.encoding"), TEXT),
    "table.separator": Kind("one character", lambda value: isinstance(value, str) and len(value) == 1, _ONE_CHARACTER),
    "table.decimal": _choice(".", ","),
    "table.task": _choice("regression", "classes"),
    "table.sha256": Kind("64 hexadecimal digits", _is_checksum, {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    "strategy": _choice("mean", "median", "most_frequent", "constant"),
    "SimpleImputer.fill_value": NUMBER,
    "OneHotEncoder.drop": _choice("first", "if_binary"),
    "max_categories": _integer("an integer of at least 2", 2),
    "min_frequency": POSITIVE,
    "table.x": Kind("rows of numbers, all of one length", _is_table, {"type": "array"}),
    "table.y": Kind("a number for each row", _is_targets, {"type": "array"}),
}
"""Kinds by argument, most telling name first: ``Class.argument``, ``kind.argument``, ``argument``."""

_BY_TYPE = {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: TEXT, list: NUMBERS}
_SLOT_ENDINGS = {
    "_initializer": "initializers",
    "_regularizer": "regularizers",
    "_constraint": "constraints",
    "activation": "activations",
}
_SLOTS = {"learning_rate": "schedules", "encoder": "encoders", "imputer": "imputers"}


@cache
def slot_of(argument: str) -> str | None:
    """Return the kind of component that an argument takes, None if it takes a plain value."""
    if argument in _SLOTS:
        return _SLOTS[argument]
    return next((kind for ending, kind in _SLOT_ENDINGS.items() if argument.endswith(ending)), None)


def kind_of(kind: str, name: str, argument: str, default: Any = None) -> Kind:
    """Return the kind of value that an argument takes.

    Args:
        kind: The component's kind, such as "layers".
        name: The component's class.
        argument: The argument.
        default: The argument's default; None where it is required.

    Returns:
        The kind by a rule for this name, or else what the default suggests.
    """
    named_padding = argument == "padding" and isinstance(default, str)
    if named_padding:
        return _choice("valid", "same", "causal") if name.startswith("Conv1D") else _choice("valid", "same")
    for key in (f"{name}.{argument}", f"{kind}.{argument}", argument):
        if key in _RULES:
            return _RULES[key]
    return _BY_TYPE.get(type(default), ANYTHING)
