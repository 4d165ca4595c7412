"""Splits, scalers and the two sources of images."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler


def test_148_of_2000_validation_images_are_phone_images_when_both_sources_are_shuffled():
    web, phone, validation = 100_000, 8_000, 2_000
    assert round(validation * phone / (web + phone)) == 148
    drawn = np.random.default_rng(0).hypergeometric(phone, web, validation, size=1000)
    assert drawn.mean() == pytest.approx(148, abs=2)


def test_one_of_seventy_test_rows_is_one_point_four_points():
    """The gain of L2 that the slides show, from 0.914 to 0.943, is two rows."""
    points = [round(right / 70, 3) for right in range(71)]
    assert points.index(0.943) - points.index(0.914) == 2


def test_a_scaler_fitted_before_the_split_knows_the_test_rows():
    train, test = np.array([[0.0], [1.0]]), np.array([[3.0]])
    leaking = MinMaxScaler().fit(np.concatenate([train, test]))
    honest = MinMaxScaler().fit(train)
    assert leaking.transform(train).max() == pytest.approx(1 / 3)
    assert honest.transform(test)[0, 0] == pytest.approx(3)


def test_a_scaler_wants_a_column_for_the_target():
    """The slide hands it a flat array."""
    target = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="2D array"):
        StandardScaler().fit(target)
    assert StandardScaler().fit_transform(target.reshape(-1, 1)).std() == pytest.approx(1)
