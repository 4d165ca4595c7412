"""Two models of two moons as functions of a seed, and the same as a study in YAML."""

import keras

from experiments import derive_seed
from experiments.language import parse_study

STUDY = """
title: Dropout on two moons
question: Does dropout help?
repeats: {repeats}
protocols: [{protocol}]
data:
  points: {{make_moons: {{n_samples: 100, noise: 0.2, random_state: 1}}}}
  split: {{train: 30, test: 70}}
model:
  hidden: {{Dense: {{units: 20, activation: relu}}}}
  output: {{Dense: {{units: 1, activation: sigmoid}}}}
training:
  optimizer: Adam
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: {epochs}
  validate_on: test
variants:
  plain: {{}}
  dropout:
    model.drop: {{Dropout: 0.4, after: hidden}}
"""


def study(protocol="published", repeats=3, epochs=20):
    return parse_study(STUDY.format(protocol=protocol, repeats=repeats, epochs=epochs), name="moons", file="moons.yaml")


def rows(seed, protocol="fresh"):
    """The rows of the study under a protocol."""
    from experiments.data import load_data

    data = load_data(study().base, protocol, seed)
    return (data.x_train, data.y_train), (data.x_test, data.y_test)


def build(seed, *, rate=0.0):
    """Build a network whose layers have the seeds that a study gives them by their names."""
    drop = [keras.layers.Dropout(rate, seed=derive_seed(seed, "drop", "draws"), name="drop")] if rate else []
    layers = [keras.Input((2,)), dense(20, "relu", "hidden", seed), *drop, dense(1, "sigmoid", "output", seed)]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def dense(units, activation, name, seed):
    kernel = keras.initializers.GlorotUniform(seed=derive_seed(seed, name, "kernel"))
    return keras.layers.Dense(units, activation, kernel_initializer=kernel, name=name)


def build_plain(seed):
    """One hidden layer."""
    return build(seed)


def build_dropout(seed):
    """The same with 40 % of its units dropped."""
    return build(seed, rate=0.4)


MODELS = {"plain": build_plain, "dropout": build_dropout}
