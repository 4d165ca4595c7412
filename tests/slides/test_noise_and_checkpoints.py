"""Gaussian noise, and which epoch a checkpoint keeps."""

import keras
import numpy as np
import pytest


def test_noise_has_the_deviation_that_is_asked_for():
    """A slide gives Gaussian noise a deviation of one, beside code that asks for 0.1."""
    rows = np.zeros((1000, 100), dtype=np.float32)
    noise = np.asarray(keras.layers.GaussianNoise(0.1, seed=0)(rows, training=True))
    assert noise.std() == pytest.approx(0.1, rel=0.01)
    assert noise.mean() == pytest.approx(0, abs=0.001)
    np.testing.assert_array_equal(keras.layers.GaussianNoise(0.1)(rows, training=False), rows)


def test_a_checkpoint_compares_with_the_best_epoch_not_with_the_one_before(tmp_path):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    file = tmp_path / "best.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(
        file, monitor="val_accuracy", mode="max", save_best_only=True, save_weights_only=True
    )
    checkpoint.set_model(model)
    saved = []
    for epoch, accuracy in enumerate([0.9, 0.7, 0.8]):
        file.unlink(missing_ok=True)
        checkpoint.on_epoch_end(epoch, {"val_accuracy": accuracy})
        saved.append(file.exists())
    assert saved == [True, False, False]  # 0.8 is better than 0.7 and still not kept
