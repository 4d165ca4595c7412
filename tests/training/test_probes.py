"""What is measured while training, against numpy on the weights and outputs themselves."""

import keras
import numpy as np
import pytest

from experiments.training import CompiledTrainer, KerasTrainer
from tests.training.nets import assert_close, network, rows

WORDS = (
    "weight_norm",
    "unit_norm",
    "zero_weights",
    "gradient_norm",
    "activation_stats",
    "dead_units",
    "active_units",
    "input_quantiles",
    "peakiness",
    "preactivation_stats",
    "saturated_units",
)


def relu_network():
    return network(activation="relu", kernel_constraint=keras.constraints.NonNeg())


@pytest.fixture(scope="module")
def measured():
    """The record of one training, and the network as it was and as it is."""
    untrained, model = relu_network(), relu_network()
    return rows()[0], untrained, model, trained(CompiledTrainer, model)


def trained(trainer, model):
    arguments = {"epochs": 3, "seed": 1, "validation_data": rows(33, seed=1)}
    return trainer(model, batch_size=20, probes=WORDS).train(*rows(), **arguments)


def outputs(model, x):
    """The hidden layer's inputs to relu, its outputs, and the last layer's."""
    hidden, output = model.get_layer("hidden"), model.get_layer("output")
    before = x @ hidden.kernel.numpy() + hidden.bias.numpy()
    after = np.maximum(before, 0)
    return before, after, output(after).numpy()


def last(record, key):
    return record.history[key][-1]


@pytest.mark.slow
def test_both_engines_measure_the_same(measured):
    *_, ours = measured
    theirs = trained(KerasTrainer, relu_network())
    assert list(ours.history) == list(theirs.history)
    for key, curve in ours.history.items():
        assert_close(curve, theirs.history[key], 1e-5)
    assert ours.initial.keys() == theirs.initial.keys()


def test_weight_norms(measured):
    _, _, model, record = measured
    kernels = [model.get_layer(name).kernel.numpy() for name in ("hidden", "output")]
    assert last(record, "weight_norm.hidden") == pytest.approx(np.linalg.norm(kernels[0]))
    assert last(record, "weight_norm") == pytest.approx(np.sqrt(sum((kernel**2).sum() for kernel in kernels)))
    units = np.linalg.norm(kernels[0], axis=0)
    for name, value in {"mean": units.mean(), "min": units.min(), "max": units.max()}.items():
        assert last(record, f"unit_norm_{name}.hidden") == pytest.approx(value, abs=1e-7)


def test_shares_of_zero_weights(measured):
    _, _, model, record = measured
    kernel = model.get_layer("hidden").kernel.numpy()
    assert (kernel == 0).any()
    assert last(record, "zero_weights.hidden") == pytest.approx((kernel == 0).mean())
    assert last(record, "near_zero_weights.hidden") == pytest.approx((np.abs(kernel) < 0.01).mean())


def test_outputs_at_the_end_of_an_epoch(measured):
    x, _, model, record = measured
    _, after, output = outputs(model, x)
    assert last(record, "activation_mean.hidden") == pytest.approx(after.mean(), abs=1e-6)
    assert last(record, "activation_std.hidden") == pytest.approx(after.std(), abs=1e-6)
    assert last(record, "activation_mean.output") == pytest.approx(output.mean(), abs=1e-6)
    assert last(record, "dead_units.hidden") == pytest.approx((after == 0).all(axis=0).mean())
    assert last(record, "active_units.hidden") == pytest.approx((after > 0).mean())


def test_peakiness_is_the_mean_over_the_units_that_have_weights(measured):
    _, _, model, record = measured
    kernel = model.get_layer("hidden").kernel.numpy()
    norms = np.linalg.norm(kernel, axis=0)
    peaks = [np.abs(weights).max() / norm for weights, norm in zip(kernel.T, norms, strict=True) if norm]
    assert last(record, "peakiness.hidden") == pytest.approx(np.mean(peaks))


def test_inputs_of_the_activations(measured):
    x, untrained, model, record = measured
    before, _, output = outputs(model, x)
    assert last(record, "preactivation_mean.hidden") == pytest.approx(before.mean(), abs=1e-6)
    assert last(record, "preactivation_std.hidden") == pytest.approx(before.std(), abs=1e-6)
    assert record.initial["preactivation_std.hidden"] == pytest.approx(outputs(untrained, x)[0].std(), abs=1e-6)
    assert last(record, "saturated_units.output") == pytest.approx((4 * output * (1 - output) < 0.05).mean())


@pytest.mark.parametrize("activation", ["sigmoid", pytest.param("tanh", marks=pytest.mark.slow)])
def test_saturated_units_by_the_slope_that_tensorflow_differentiates(activation):
    import tensorflow as tf

    model = network(activation=activation, optimizer=keras.optimizers.SGD(0.0), metrics=())
    model.get_layer("hidden").kernel.assign(10 * model.get_layer("hidden").kernel)
    x, y = rows()
    record = KerasTrainer(model, batch_size=64, probes=("saturated_units",)).train(x, y, epochs=1, seed=1)
    with tf.GradientTape() as tape:
        summed = tf.constant(x @ model.get_layer("hidden").kernel.numpy())
        tape.watch(summed)
        squashed = keras.activations.get(activation)(summed)
    slopes = tape.gradient(squashed, summed).numpy()
    expected = (slopes < 0.05 * (0.25 if activation == "sigmoid" else 1.0)).mean()
    assert 0 < expected < 1
    assert record.history["saturated_units.hidden"][0] == pytest.approx(expected)


def test_quantiles_of_the_first_units_inputs(measured):
    x, _, model, record = measured
    before, *_ = outputs(model, x)
    for share in (15, 50, 85):
        expected = np.quantile(before[:, 0], share / 100)
        assert last(record, f"input_q{share}.hidden") == pytest.approx(expected, abs=1e-6)


def test_what_is_reported_of_the_untrained_network(measured):
    x, untrained, _, record = measured
    _, after, _ = outputs(untrained, x)
    names = ("activation_mean", "activation_std", "active_units", "preactivation_mean", "preactivation_std")
    expected = {f"{name}.{layer}" for name in names for layer in ("hidden", "output")}
    assert set(record.initial) == expected | {"saturated_units.output"}  # hidden has relu
    assert record.initial["activation_std.hidden"] == pytest.approx(after.std(), abs=1e-6)
    assert record.initial["active_units.hidden"] == pytest.approx((after > 0).mean())


def test_gradient_norm_is_the_mean_over_the_steps_of_an_epoch():
    """Two batches; the weights stand still, so the mean is over two gradients at one point."""
    import tensorflow as tf

    model = network(optimizer=keras.optimizers.SGD(0.0, clipnorm=1e-3), kernel_regularizer="l2")
    x, y = rows(40)
    trainer = CompiledTrainer(model, batch_size=20, probes=("gradient_norm",), shuffle=False)
    record = trainer.train(x, y, epochs=2, seed=1)
    norms = []
    for half in (slice(20), slice(20, 40)):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x[half], y[half], model(x[half], training=True))
        norms.append(np.linalg.norm(tape.gradient(loss, model.get_layer("hidden").kernel.value)))
    np.testing.assert_allclose(record.history["gradient_norm.hidden"], np.mean(norms), rtol=1e-5)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([keras.layers.Activation("relu", name="act")], marks=pytest.mark.slow),
        [keras.layers.GaussianNoise(0.1), keras.layers.BatchNormalization(), keras.layers.ReLU(name="act")],
    ],
)
def test_a_layer_without_activation_is_measured_after_the_one_that_follows(after):
    model = network(activation=None, middle=after, metrics=())
    x, y = rows()
    words = ("dead_units", "active_units", "input_quantiles")
    record = KerasTrainer(model, batch_size=64, probes=words).train(x, y, epochs=1, seed=1)
    network_to_act = keras.Model(model.inputs[0], [model.get_layer("act").input, model.get_layer("act").output])
    before, activated = (values.numpy() for values in network_to_act(x))
    assert record.history["active_units.hidden"][0] == pytest.approx((activated > 0).mean())
    assert record.history["input_q50.hidden"][0] == pytest.approx(np.quantile(before[:, 0], 0.5), abs=1e-6)


def test_nothing_is_measured_unasked():
    record = KerasTrainer(network(), batch_size=64).train(*rows(), epochs=1, seed=1)
    assert set(record.history) == {"loss", "accuracy"}
    assert record.initial == {}
