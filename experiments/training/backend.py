"""Keras' backend, checked when the engines are imported: all of them are made of TensorFlow's operations."""

from __future__ import annotations

from experiments.errors import ExperimentsError

_ADVICE = "set KERAS_BACKEND=tensorflow before Keras is imported"


def require_tensorflow() -> None:
    """Raise an ExperimentsError unless Keras runs on TensorFlow."""
    try:
        import keras
    except (ImportError, ValueError) as error:
        raise ExperimentsError(
            f"Keras cannot be imported ({error}); {_ADVICE}, and look at ~/.keras/keras.json"
        ) from error
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ExperimentsError(f"expected Keras' backend tensorflow, found {backend!r}; {_ADVICE}")


require_tensorflow()
