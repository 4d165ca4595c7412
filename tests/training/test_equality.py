"""The compiled engine against model.fit: curves, weights, optimizer slots and random states."""

import keras
import pytest
from allpairspy import AllPairs

from experiments.training import CompiledTrainer, KerasTrainer
from tests.training.nets import assert_same_training, network, rows

EPOCHS = 5

OPTIMIZERS = {
    "sgd": lambda **clip: keras.optimizers.SGD(0.1, **clip),
    "momentum": lambda **clip: keras.optimizers.SGD(0.05, momentum=0.9, **clip),
    "nesterov": lambda **clip: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, **clip),
    "adam": lambda **clip: keras.optimizers.Adam(0.01, **clip),
    "adamw": lambda **clip: keras.optimizers.AdamW(0.01, weight_decay=0.1, **clip),
    "rmsprop": lambda **clip: keras.optimizers.RMSprop(0.01, **clip),
    "adagrad": lambda **clip: keras.optimizers.Adagrad(0.1, **clip),
    "nadam": lambda **clip: keras.optimizers.Nadam(0.01, **clip),
    "adamax": lambda **clip: keras.optimizers.Adamax(0.01, **clip),
    "ftrl": lambda **clip: keras.optimizers.Ftrl(0.05, **clip),
    "adam with moving averages": lambda **clip: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8, **clip),
    "accumulating": lambda **clip: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2, **clip),
    "scheduled": lambda **clip: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 6), **clip),
}
CLIPPINGS = {
    "not clipped": {},
    "clipnorm": {"clipnorm": 0.05},
    "clipvalue": {"clipvalue": 0.02},
    "global_clipnorm": {"global_clipnorm": 0.05},
}
REGULARIZERS = {
    "not regularized": dict,
    "l1": lambda: {"kernel_regularizer": keras.regularizers.L1(0.01)},
    "l2": lambda: {"kernel_regularizer": keras.regularizers.L2(0.01), "bias_regularizer": keras.regularizers.L2(0.01)},
    "l1l2": lambda: {"kernel_regularizer": keras.regularizers.L1L2(0.01, 0.01)},
    "activity": lambda: {"activity_regularizer": keras.regularizers.L2(0.01)},
}
CONSTRAINTS = {
    "free": dict,
    "max norm": lambda: {"kernel_constraint": keras.constraints.MaxNorm(0.8)},
    "unit norm": lambda: {"kernel_constraint": keras.constraints.UnitNorm()},
    "not negative": lambda: {"kernel_constraint": keras.constraints.NonNeg()},
}
MIDDLES = {
    "nothing between": list,
    "dropout": lambda: [keras.layers.Dropout(0.3, seed=3)],
    "noise": lambda: [keras.layers.GaussianNoise(0.2, seed=3)],
    "batch normalization": lambda: [keras.layers.BatchNormalization(momentum=0.7)],
    "dropout and normalization": lambda: [
        keras.layers.BatchNormalization(momentum=0.7), keras.layers.Dropout(0.3, seed=4), keras.layers.PReLU()
    ],
}  # fmt: skip
BATCHES = {"one batch": 64, "two full": 25, "one partial": 20, "single rows": 1}
VALIDATIONS = {"not validated": None, "every epoch": 1, "every other epoch": 2}

PARAMETERS = (OPTIMIZERS, CLIPPINGS, REGULARIZERS, CONSTRAINTS, MIDDLES, BATCHES, VALIDATIONS)
PAIRWISE = [tuple(case) for case in AllPairs([list(parameter) for parameter in PARAMETERS])]
FEW = [
    ("adam", "clipnorm", "l1l2", "max norm", "dropout and normalization", "one partial", "every other epoch"),
    ("nesterov", "global_clipnorm", "activity", "unit norm", "noise", "two full", "every epoch"),
]  # fmt: skip


def each_value_once(cases):
    """Return some of the cases, in which every value of every parameter occurs."""
    met, chosen = set(), []
    for case in cases:
        if not met.issuperset(enumerate(case)):
            met.update(enumerate(case))
            chosen.append(case)
    return chosen


EACH_VALUE = each_value_once(PAIRWISE)


def train(engine, case):
    optimizer, clipping, regularizer, constraint, middle, batch, validation = case
    model = network(
        optimizer=OPTIMIZERS[optimizer](**CLIPPINGS[clipping]),
        middle=MIDDLES[middle](),
        **REGULARIZERS[regularizer](),
        **CONSTRAINTS[constraint](),
    )
    every = VALIDATIONS[validation]
    trainer = engine(model, batch_size=BATCHES[batch], validation_freq=every or 1)
    record = trainer.train(*rows(50), validation_data=rows(33, seed=1) if every else None, epochs=EPOCHS, seed=7)
    return model, record


@pytest.fixture
def double_precision():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # Keras keeps the policy that the first layer of the process got
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def check(case, tolerance):
    ours, theirs = train(CompiledTrainer, case), train(KerasTrainer, case)
    assert ours[1].tier == "xla"
    assert_same_training(ours, theirs, tolerance)


@pytest.mark.parametrize("case", [pytest.param(FEW[0], marks=pytest.mark.slow), FEW[1]])
def test_equals_fit(case):
    check(case, 1e-5)


def test_the_sets_of_cases_are_large_enough():
    assert len(PAIRWISE) >= 60
    assert {pair for case in EACH_VALUE for pair in enumerate(case)} == {
        pair for position, values in enumerate(PARAMETERS) for pair in ((position, value) for value in values)
    }


@pytest.mark.slow
@pytest.mark.parametrize("case", EACH_VALUE, ids=", ".join)
def test_equals_fit_with_each_value(case):
    check(case, 1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("case", PAIRWISE, ids=", ".join)
def test_equals_fit_in_double_precision(case):
    check(case, 1e-10)
