"""The operations of a training step, with TensorFlow's own profiler as the oracle."""

import keras
import pytest
import tensorflow as tf

from experiments.language import parse_study
from experiments.run.arithmetic import count_operations, step_operations

L = keras.layers
NETWORKS = {
    "dense": ((8,), [L.Dense(30, activation="relu"), L.Dropout(0.5), L.BatchNormalization(), L.Dense(3)]),
    "dense on a sequence": ((5, 8), [L.Dense(30), L.Flatten(), L.Dense(3)]),
    "convolution": ((12, 12, 3), [L.Conv2D(4, 3, strides=2), L.Conv2D(6, 3, padding="same"), L.Flatten(), L.Dense(2)]),
    "embedding": ((7,), [L.Embedding(100, 8), L.Flatten(), L.Dense(5)]),
}


def network(shape, layers):
    model = keras.Sequential([keras.Input(shape), *layers])
    return keras.Model(model.inputs, model.outputs)


def profiled(model, rows):
    """Return the operations of matrix products and convolutions in a forward pass, as TensorFlow counts them."""
    inputs = tf.TensorSpec((rows, *model.input_shape[1:]), tf.float32)
    graph = tf.function(lambda x: model(x, training=False)).get_concrete_function(inputs).graph
    options = (
        tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
        .with_accounted_types(["MatMul", "Conv2D", "BatchMatMulV2"])
        .with_empty_output()
        .build()
    )
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_has_three_times_the_products_of_the_forward_pass(name):
    model = network(*NETWORKS[name])
    assert step_operations(model, 16) == pytest.approx(3 * profiled(model, 16))


def test_a_recurrent_layer_uses_its_kernels_at_each_step_of_the_sequence():
    model = network((9, 4), [L.LSTM(6), L.Dense(2)])
    assert step_operations(model, 10) == 2 * 3 * 10 * (9 * (4 + 6) * 4 * 6 + 6 * 2)


TEXT = """
title: Sizes
question: Which step is the largest?
data:
  points: {make_blobs: {n_samples: 100, centers: 2, n_features: 4, random_state: 3}}
  split: {train: 60, test: 40}
model:
  hidden: {Dense: {units: 50, activation: relu}}
  output: {Dense: {units: 1, activation: sigmoid}}
training: {optimizer: SGD, loss: binary_crossentropy, epochs: 1, batch_size: 20}
variants:
  plain: {}
  all_rows: {training.batch_size: all}
  larger_batch_than_rows: {training.batch_size: 1000}
  transferred: {pretrain: {training.batch_size: 40}}
  not_to_be_built: {model.hidden: {Reshape: {target_shape: [3]}}}
"""


def test_rows_of_a_batch_and_pretraining_count_and_what_keras_refuses_has_none():
    study = parse_study(TEXT.encode(), name="sizes", file="sizes.yaml")
    counted = {run.variant: operations for run, operations in count_operations(study.runs(repeats=1))}
    row = 2 * 3 * (4 * 50 + 50)
    assert counted == {
        "plain": 20 * row,
        "all_rows": 60 * row,
        "larger_batch_than_rows": 60 * row,
        "transferred": 40 * row,
        "not_to_be_built": 0,
    }
