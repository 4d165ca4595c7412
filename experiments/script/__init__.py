"""One run as a Keras script that needs nothing of this project: plain Keras, or equal to the study bit for bit."""

from experiments.script.exact import exact_script
from experiments.script.plain import plain_script

__all__ = ["exact_script", "plain_script"]
