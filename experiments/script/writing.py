"""Small pieces of Python source: calls and values, broken into lines as formatters do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from experiments.language.calls import Call, signature_of

WIDTH = 116
"""Longest line before a function's body is indented once: 120 in the end."""

_IMPORTS = {
    "keras.": "import keras",
    "np.": "import numpy as np",
    "pd.": "import pandas as pd",
    "tf.": "import tensorflow as tf",
    "keras_draws.": "from keras.src.backend.tensorflow import random as keras_draws",
    "MonitorCallback": "from keras.src.callbacks.monitor_callback import MonitorCallback",
    "draw_seed": "from keras.src.random.seed_generator import draw_seed",
}
_STANDARD = {
    "math.ceil": "import math",
    "deque": "from collections import deque",
    "Mapping": "from collections.abc import Mapping",
    "pairwise": "from itertools import pairwise",
    "Any": "from typing import Any",
}

_ONE_NUMBER = ("keras.regularizers.", "keras.constraints.")


class Raw(str):
    """Source that stands as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Invocation:
    """A call to be written: ``function(*positional, **named)``."""

    function: str
    positional: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)


def printed(call: Call) -> Invocation:
    """Write a component's call as in a textbook: required arguments by position, the others by name.

    >>> printed(Call("keras.layers.Dense", {"units": 5, "activation": "relu"}))
    Invocation(function='keras.layers.Dense', positional=(5,), named={'activation': 'relu'})
    """
    values = {key: _value(call, value) for key, value in call.arguments.items()}
    signature = signature_of(call)
    single = len(values) == 1 and call.callee.startswith(_ONE_NUMBER)
    positional = list(takewhile(lambda key: key in values and (single or "required" in signature[key]), signature))
    named = {key: value for key, value in values.items() if key not in positional}
    function = call.name if call.callee.startswith("sklearn.") else call.callee
    return Invocation(function, tuple(values[key] for key in positional), named)


def explicit(call: Call) -> Invocation:
    """Write a component's call with all arguments by name."""
    named = {key: explicit(value) if isinstance(value, Call) else value for key, value in call.arguments.items()}
    return Invocation(call.callee, (), named)


def _value(call: Call, value: Any) -> Any:
    if isinstance(value, Call):
        return printed(value)
    return tuple(value) if isinstance(value, list) and call.callee.startswith("keras.layers.") else value


def call(function: str, *positional: Any, **named: Any) -> Invocation:
    """Describe a call."""
    return Invocation(function, positional, named)


def statement(before: str, value: Any, after: str = "", *, width: int = WIDTH) -> str:
    """Write one statement, its value broken into a line for each part where it is too long for one.

    Args:
        before: What stands before the value, such as "x = ".
        value: A ``Invocation``, ``Raw``, or a number, text, list, tuple or dict.
        after: What stands after it, on its last line.
        width: Longest line.
    """
    return before + _broken(value, 0, len(before), len(after), width) + after


def _broken(value: Any, indent: int, column: int, after: int, width: int) -> str:
    flat = one_line(value)
    opening, parts, closing = _parts(value)
    if not parts or column + len(flat) + after <= width:
        return flat
    inner = indent + 4
    # Formatters put no comma after a list that is the only argument.
    comma = "" if isinstance(value, Invocation) and len(parts) == 1 and isinstance(parts[0][1], list) else ","
    lines = [
        " " * inner + label + _broken(part, inner, inner + len(label), len(comma), width) + comma
        for label, part in parts
    ]
    return "\n".join([opening, *lines, " " * indent + closing])


def one_line(value: Any) -> str:
    """Write a value in one line."""
    opening, parts, closing = _parts(value)
    if not parts:
        return opening + closing
    written = [label + one_line(part) for label, part in parts]
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return opening + ", ".join(written) + comma + closing


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Take a value apart: opening, parts with their labels, closing."""
    if isinstance(value, Invocation):
        named = [(f"{name}=", part) for name, part in value.named.items()]
        return f"{value.function}(", [("", part) for part in value.positional] + named, ")"
    if isinstance(value, dict):
        return "{", [(f"{one_line(key)}: ", part) for key, part in value.items()], "}"
    if isinstance(value, list | tuple):
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        return opening, [("", part) for part in value], closing
    return _scalar(value), [], ""


def _scalar(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, Raw):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, Raw) else repr(value)


def assembled(
    head: str, definitions: Sequence[str], sections: Sequence[str], imports: Sequence[Mapping[str, Iterable[str]]]
) -> str:
    """Put a script together.

    Args:
        head: Text of its docstring.
        definitions: Classes, functions and constants.
        sections: The statements after them.
        imports: Module → names, beside the modules that the text mentions.
    """
    body = "\n\n\n".join([*dict.fromkeys(definitions), "\n\n".join(sections)])
    modules = dict.fromkeys(module for names in imports for module in names)
    named = {module: sorted({name for names in imports for name in names.get(module, ())}) for module in modules}
    third = [line for sign, line in _IMPORTS.items() if sign in body]
    third += [f"from {module} import {', '.join(names)}" for module, names in named.items() if names]
    standard = [line for sign, line in _STANDARD.items() if sign in body]
    blocks = "\n\n".join("\n".join(block) for block in (standard, third) if block)
    between = "\n\n\n" if definitions else "\n\n"
    return f'"""{head}\n"""\n\n{blocks}{between}{body}\n'


def harmless(name: str) -> str:
    """Escape a name for a docstring: replace unprintable characters, backslashes and quotes."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown.replace("\\", "/").replace('"', "'")


def indented(source: str, by: str = "    ") -> str:
    """Indent the lines of a source that are not empty."""
    # Not splitlines, which also splits at characters that a text in the source may hold, such as U+2028.
    # Two empty lines stand between definitions at the top of a file only.
    inner = source.removesuffix("\n").replace("\n\n\n", "\n\n")
    return "\n".join(by + line if line else line for line in inner.split("\n"))
