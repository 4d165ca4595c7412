"""What L1 and L2 prefer: peaky or even weights, a few inputs or all."""

import keras
import numpy as np
import pytest
from sklearn.datasets import make_regression
from sklearn.linear_model import Lasso, Ridge

PEAKY, EVEN = (np.array(weights, dtype=np.float32) for weights in ([4, 0, 0, 0], [1, 1, 1, 1]))
"""The same net sum where all inputs are equal."""


def test_l2_penalizes_peaky_weights_and_l1_does_not():
    l1, l2 = keras.regularizers.L1(1.0), keras.regularizers.L2(1.0)
    assert float(l2(PEAKY)) == 4 * float(l2(EVEN))
    assert float(l1(PEAKY)) == float(l1(EVEN))


def test_l2_uses_two_equal_inputs_a_little_and_l1_one_of_them():
    once = np.random.default_rng(0).normal(size=(50, 1))
    twice = np.hstack([once, once])
    shared, chosen = Ridge(1.0).fit(twice, once[:, 0]).coef_, Lasso(0.1).fit(twice, once[:, 0]).coef_
    assert shared[0] == pytest.approx(shared[1])
    assert list(np.abs(chosen) > 1e-6) == [True, False]


def test_l1_chooses_the_three_inputs_that_matter_and_l2_keeps_all_twenty():
    x, y = make_regression(n_samples=100, n_features=20, n_informative=3, noise=10, shuffle=False, random_state=0)
    assert list(np.flatnonzero(Lasso(5.0).fit(x, y).coef_)) == [0, 1, 2]
    assert np.count_nonzero(Ridge(5.0).fit(x, y).coef_) == 20
