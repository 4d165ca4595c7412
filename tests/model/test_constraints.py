import keras
import numpy as np
import pytest

from experiments.model.keras_classes import RadialConstraint


def kernel(size):
    """A kernel whose weight at row i and column j is 10·i + j."""
    places = 10 * np.arange(size)[:, None] + np.arange(size)
    return places[:, :, None, None].astype(np.float32)


def constrained(size):
    return np.array(RadialConstraint()(kernel(size)))[:, :, 0, 0]


def test_an_odd_kernel_takes_its_centre_from_before_the_middle_as_keras_2_did():
    np.testing.assert_array_equal(constrained(3), [[11, 11, 11], [11, 0, 11], [11, 11, 11]])


def test_an_even_kernel_skips_one_place_of_its_diagonal_as_keras_2_did():
    ring, centre = 33, 11
    expected = np.full((4, 4), ring)
    expected[1:3, 1:3] = centre
    np.testing.assert_array_equal(constrained(4), expected)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7])
def test_weights_are_equal_at_equal_distance_so_the_kernel_has_all_symmetries(size):
    weights = constrained(size)
    np.testing.assert_array_equal(weights, weights.T)
    np.testing.assert_array_equal(weights, np.rot90(weights))
    assert len(np.unique(weights)) == (size + 1) // 2


def test_channels_and_filters_are_constrained_each_by_itself():
    random = np.random.default_rng(0).normal(size=(5, 5, 3, 2)).astype(np.float32)
    together = np.array(RadialConstraint()(random))
    for channel in range(3):
        for number in range(2):
            alone = RadialConstraint()(random[:, :, channel : channel + 1, number : number + 1])
            np.testing.assert_array_equal(together[:, :, channel, number], np.array(alone)[:, :, 0, 0])


@pytest.mark.parametrize("shape", [(3, 3), (3, 2, 1, 1), (3, 3, 1)])
def test_other_weights_than_square_kernels_are_refused(shape):
    with pytest.raises(ValueError, match="square kernels"):
        RadialConstraint()(np.zeros(shape))


def test_keras_can_save_and_load_it():
    layer = keras.layers.Conv2D(2, 3, kernel_constraint=RadialConstraint())
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(copy.kernel_constraint, RadialConstraint)
