"""Noise on the weights while a step is computed."""

import keras
import numpy as np
import pytest

from experiments.training import CompiledTrainer, KerasTrainer
from tests.training.nets import assert_same_training, network, rows


def train(engine, weight_noise, *, rate=0.1, seed=1, **settings):
    model = network(optimizer=keras.optimizers.SGD(rate))
    trainer = engine(model, batch_size=32, weight_noise=weight_noise, **settings)
    return model, trainer.train(*rows(), validation_data=rows(33, seed=1), epochs=4, seed=seed)


@pytest.mark.slow
def test_weight_noise_is_the_same_in_both_engines():
    ours, theirs = (train(engine, 0.2, probes=("gradient_norm",)) for engine in (CompiledTrainer, KerasTrainer))
    assert_same_training(ours, theirs, 1e-5)


def test_weight_noise_is_taken_off_again():
    start = network().get_weights()
    _, record = train(CompiledTrainer, 0.5, rate=0.0)
    for weight, first in zip(record.weights, start, strict=True):
        np.testing.assert_array_equal(weight, first)
    assert len(set(record.history["loss"])) == 4, "each step draws anew"
    assert len(set(record.history["val_loss"])) == 1, "validation sees the weights without noise"


@pytest.mark.slow
def test_weight_noise_comes_from_the_seed():
    model = network(optimizer=keras.optimizers.SGD(0.0))
    trainer = CompiledTrainer(model, batch_size=32, weight_noise=0.5)
    first, again, other = (trainer.train(*rows(), epochs=4, seed=seed).history["loss"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.slow
def test_model_fit_is_as_before_after_the_keras_engine():
    model, _ = train(KerasTrainer, 0.5, rate=0.0)
    weights = model.get_weights()
    history = model.fit(*rows(), epochs=2, verbose=0, shuffle=False, batch_size=64)
    assert history.history["loss"][0] == pytest.approx(history.history["loss"][1])
    np.testing.assert_array_equal(weights[0], model.get_weights()[0])
