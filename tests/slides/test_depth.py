"""What layers save: functions that one layer represents with many parts and several layers with few."""

import itertools

import keras
import numpy as np


def test_parity_of_eight_bits_takes_129_gates_in_two_levels_and_21_in_six():
    """A circuit of AND and OR gates, whose inputs may be negated."""
    rows = np.array(list(itertools.product([False, True], repeat=8)))
    odd = rows.sum(axis=1) % 2 == 1
    # An AND gate without one of the bits covers two neighbours, one of which is even: in two levels each odd row has an
    # AND gate of its own, and one OR gate unites them.
    for bit in range(8):
        neighbours = rows ^ (np.arange(8) == bit)
        assert ((neighbours.sum(axis=1) % 2 == 1) != odd).all()
    assert np.count_nonzero(odd) + 1 == 129

    gates, level = 0, list(rows.T)
    while len(level) > 1:
        level = [(a & ~b) | (~a & b) for a, b in zip(level[::2], level[1::2], strict=True)]
        gates += 3 * len(level)
    np.testing.assert_array_equal(level[0], odd)
    assert gates == 21


def test_five_layers_of_two_relu_units_are_one_layer_of_32():
    """A zigzag of 32 pieces. A single layer needs a unit for each, since one relu unit bends a line once."""
    layers = [keras.layers.Dense(2, activation="relu") for _ in range(5)]
    deep = keras.Sequential([keras.layers.Input((1,)), *layers, keras.layers.Dense(1, use_bias=False)])
    into, out = np.array([[1.0, 1.0]]), np.array([[2.0], [-4.0]])  # 2 relu(x) - 4 relu(x - 1/2), a tent over 0 to 1
    bias = np.array([0, -0.5])
    deep.set_weights([into, bias, *[out @ into, bias] * 4, out])

    bends = np.arange(32) / 32
    shallow = keras.Sequential(
        [keras.layers.Input((1,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, use_bias=False)]
    )
    turns = np.where(np.arange(32) % 2, -64.0, 64.0)
    turns[0] = 32
    shallow.set_weights([np.ones((1, 32)), -bends, turns.reshape(-1, 1)])

    x = np.linspace(0, 1, 1025, dtype=np.float32).reshape(-1, 1)
    zigzag = np.asarray(deep(x))
    np.testing.assert_allclose(zigzag, np.asarray(shallow(x)), atol=1e-4)
    assert np.count_nonzero(np.abs(np.diff(zigzag[:, 0], 2)) > 1e-3) == 31
