"""What ``model.fit`` builds before its first batch: weights, metrics, optimizer slots."""

from __future__ import annotations

import keras
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training.arrays import Arrays
from experiments.training.keras_private import build_for_batch


def build_for(model: keras.Model, arrays: Arrays) -> None:
    """Build what is not built yet, by the shapes of the rows.

    Args:
        model: A compiled model.
        arrays: Rows that it is to be trained or evaluated on.

    Raises:
        ExperimentsError: If the model was not compiled.
        ValueError: From Keras, where the rows don't fit the model.
    """
    require_compiled(model)
    with tf.init_scope():
        build_for_batch(model, arrays)
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)


def require_compiled(model: keras.Model) -> None:
    """Raise an ExperimentsError unless the model was compiled."""
    if not model.compiled:
        raise ExperimentsError(f"expected a compiled model; {model.name!r} has no loss yet, call its compile() first")
