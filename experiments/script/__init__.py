"""One run as a plain Keras script that needs nothing of this project."""

from experiments.script.script import plain_script

__all__ = ["plain_script"]
