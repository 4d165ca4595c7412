"""Keras' backend and settings for studies, which do not depend on the user's own: they decide about results."""

from __future__ import annotations

from experiments.errors import ExperimentsError

PRECISION = "float32"
_EPSILON = 1e-7
_ADVICE = "set KERAS_BACKEND=tensorflow before Keras is imported"


def require_tensorflow() -> None:
    """Raise an ExperimentsError unless Keras runs on TensorFlow; imports Keras."""
    try:
        import keras
    except (ImportError, ValueError) as error:
        raise ExperimentsError(
            f"Keras cannot be imported ({error}); {_ADVICE}, and look at ~/.keras/keras.json"
        ) from error
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ExperimentsError(f"expected Keras' backend tensorflow, found {backend!r}; {_ADVICE}")


def use_study_settings() -> None:
    """Override the settings of ``keras.json`` and of Keras' environment variables; imports Keras.

    The backend cannot be set here: ``KERAS_BACKEND`` selects it before the import.
    """
    import keras

    keras.config.set_floatx(PRECISION)
    keras.config.set_dtype_policy(PRECISION)
    keras.config.set_epsilon(_EPSILON)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
