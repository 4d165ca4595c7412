"""Splits, scalers and the two sources of images."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler


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


def test_ten_thousand_rows_measure_an_accuracy_to_half_a_point():
    """The standard error is largest at 50 %."""
    right = np.random.default_rng(0).binomial(10_000, 0.5, size=2000) / 10_000
    assert right.std() == pytest.approx(np.sqrt(0.25 / 10_000), rel=0.05)
    assert right.std() < 0.0055


def test_early_stopping_holds_out_one_part_and_cross_validation_every_row():
    rows = np.arange(10)
    _, held_out = train_test_split(rows, test_size=0.2, random_state=0)
    validated = np.concatenate([validation for _, validation in KFold(5).split(rows)])
    assert len(held_out) == 2
    assert sorted(validated) == list(rows)


def test_a_nominal_input_has_a_column_for_each_label_and_an_ordinal_one_its_ranks():
    """The labels red, green and blue have no order; as integers they do, and green cannot be told from its sides."""
    colours = np.array([["red"], ["green"], ["blue"]] * 20)
    is_green = colours[:, 0] == "green"
    as_integers = OrdinalEncoder(categories=[["red", "green", "blue"]]).fit_transform(colours)
    assert LogisticRegression().fit(as_integers, is_green).score(as_integers, is_green) < 0.7
    columns = OneHotEncoder().fit_transform(colours)
    assert LogisticRegression().fit(columns, is_green).score(columns, is_green) == 1

    sizes = np.array([["small"], ["medium"], ["large"]] * 20)
    is_large = sizes[:, 0] == "large"
    ranks = OrdinalEncoder(categories=[["small", "medium", "large"]]).fit_transform(sizes)
    assert LogisticRegression(C=100).fit(ranks, is_large).score(ranks, is_large) == 1
