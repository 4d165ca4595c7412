"""How this room says that a configuration cannot be built."""

from __future__ import annotations

import re

from experiments.errors import ConfigError, Problem

# What stands around the sentence: Keras prints some messages bold, TensorFlow names its own function and operation.
_AROUND = re.compile(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\}\s*|\s*\[Op:\w+\] name:\s*$")


def config_error(path: str, message: str) -> ConfigError:
    """Make the error for one thing wrong at a dotted path; who knows the file adds the place.

    Args:
        path: Dotted path in the resolved configuration, such as "model.hidden".
        message: What was expected and what was found.
    """
    return ConfigError([Problem(None, path, message)])


def first_paragraph(error: Exception) -> str:
    """Give the sentence of a library's error that says what is wrong, in one line."""
    text = _AROUND.sub("", str(error)).strip()
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    wanted = next((part for part in paragraphs if "Exception encountered" not in part), "")
    return " ".join((wanted or text or type(error).__name__).split())
