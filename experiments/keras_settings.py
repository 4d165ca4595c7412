"""Keras' settings that studies are trained with, whatever the user's own are: they decide about results."""

from __future__ import annotations

PRECISION = "float32"
_EPSILON = 1e-7


def use_study_settings() -> None:
    """Set what ``keras.json`` and Keras' environment variables may have set otherwise; imports Keras.

    The backend is chosen before the import, by ``KERAS_BACKEND``.
    """
    import keras

    keras.config.set_floatx(PRECISION)
    keras.config.set_dtype_policy(PRECISION)
    keras.config.set_epsilon(_EPSILON)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
