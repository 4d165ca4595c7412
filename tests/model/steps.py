"""Training steps without an engine: a model as built, eager or compiled."""

import numpy as np
import tensorflow as tf

from experiments.model.network import build_model
from experiments.model.recipe import recipe_of


def built(config, rows, seed):
    """The compiled model of a configuration."""
    return build_model(recipe_of(config), rows, seed)


def train(model, rows, steps=3, jit=False):
    """Train on all training rows for some steps; gives the losses, each before its step."""

    def step(x, y):
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = model.compute_loss(x, y, predictions)
        gradients = tape.gradient(loss, model.trainable_weights)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))
        return loss

    call = tf.function(step, jit_compile=True) if jit else step
    x, y = tf.constant(rows.x_train), tf.constant(rows.y_train)
    return [float(call(x, y)) for _ in range(steps)]


def everything(model):
    """All numbers that a model carries: weights, optimizer, random layers."""
    found = [*model.weights, *model.optimizer.variables]
    for layer in model._flatten_layers():
        found += [generator.state for generator in layer._seed_generators]
    steps = getattr(model.optimizer, "gradient_steps", ())
    found += [step.generator.state for step in steps if hasattr(step, "generator")]
    return [variable.value.numpy() for variable in found]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)
