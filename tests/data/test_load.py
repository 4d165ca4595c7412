from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons, make_regression
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler

from experiments.data import load_data, mse_original
from experiments.errors import ConfigError
from experiments.language.configuration import DataSettings
from tests.model.cases import MOONS, REGRESSION, configuration, data, with_data

ALL_ROWS = make_moons(n_samples=100, noise=0.2, random_state=1)[0].astype(np.float32)


def rows_of(split, **words):
    return load_data(data(MOONS, split, **words), "published", 0)


def sources(**section):
    return replace(configuration(), data=DataSettings.from_plain(section))


def test_counts_are_taken_in_the_sequence_train_validation_test():
    rows = rows_of({"train": 20, "validation": 10, "test": 50})
    np.testing.assert_array_equal(rows.x_train, ALL_ROWS[:20])
    np.testing.assert_array_equal(rows.x_validation, ALL_ROWS[20:30])
    np.testing.assert_array_equal(rows.x_test, ALL_ROWS[30:80])


def test_fractions_that_add_up_to_one_use_every_row():
    config = data({"make_moons": {"n_samples": 30}}, {"train": 0.5, "validation": 0.25, "test": 0.25})
    rows = load_data(config, "published", 0)
    assert len(rows.x_train) + len(rows.x_validation) + len(rows.x_test) == 30
    assert len(rows.x_train) == 15


def test_without_a_validation_set_there_is_none():
    rows = rows_of({"train": 30, "test": 70})
    assert rows.x_validation is None
    assert rows.y_validation is None


def test_shuffling_keeps_rows_and_targets_together():
    x, y = make_moons(n_samples=100, noise=0.2, random_state=1)
    rows = rows_of({"train": 30, "test": 70, "shuffle": True})
    label_of = {tuple(row): label for row, label in zip(x.astype(np.float32).tolist(), y.tolist(), strict=True)}
    assert not np.array_equal(rows.x_train, ALL_ROWS[:30])
    assert [label_of[tuple(row)] for row in rows.x_train.tolist()] == rows.y_train.tolist()


def two_sources(split):
    shifted = {"make_moons": {"n_samples": 60, "noise": 0.2, "random_state": 2}}
    return sources(web=MOONS, phone=shifted, multiply={"inputs": [1, 10]}, split=split)


def test_sources_are_stacked_in_file_order():
    rows = load_data(two_sources({"train": 100, "test": 60}), "published", 0)
    np.testing.assert_allclose(rows.x_train, ALL_ROWS * [1, 10], rtol=1e-6)


def test_a_set_may_count_rows_by_source_and_no_row_is_used_twice():
    split = {"train": {"web": 90, "phone": 10}, "test": {"phone": 50}}
    rows = load_data(two_sources(split), "published", 0)
    phone = make_moons(n_samples=60, noise=0.2, random_state=2)[0] * [1, 10]
    np.testing.assert_allclose(rows.x_train[90:], phone[:10], rtol=1e-5)
    np.testing.assert_allclose(rows.x_test, phone[10:], rtol=1e-5)


def test_fresh_rows_are_mixed_as_the_test_rows():
    table = {"table": {"x": [[5.0, 5.0]] * 100, "y": [1] * 100}}
    circles = {"make_circles": {"n_samples": 100, "factor": 0.5}}
    blobs = {"make_blobs": {"n_samples": 100, "centers": [[50, 50], [60, 60]], "shuffle": False}}
    config = sources(near=circles, far=blobs, split={"train": 50, "test": {"near": 10, "far": 30}})
    rows = load_data(config, "published", 0)
    far = rows.x_fresh[:, 0] > 10
    assert far.sum() == 7500
    assert rows.y_fresh[far].mean() == pytest.approx(0.5, abs=0.02)
    assert load_data(with_data(config, near=table), "published", 0).x_fresh is None


@pytest.mark.parametrize(
    ("split", "path", "message"),
    [
        ({"train": 80, "test": 70}, "data.split.test", "asks for 70 rows, but only 20 of 100"),
        ({"train": 0.9, "test": 0.2}, "data.split.test", "only 10 of 100"),
        ({"train": 0, "test": 70}, "data.split.train", "without a row"),
        ({"train": {"web": 10}, "test": 50}, "data.split.train.web", "only 0 of 0"),
    ],
)
def test_splits_that_do_not_fit_are_told_with_their_place(split, path, message):
    with pytest.raises(ConfigError, match=message) as error:
        rows_of(split)
    assert error.value.problems[0].path == path


def test_sources_of_different_widths_are_refused():
    config = sources(a=MOONS, b=REGRESSION, split={"train": 30, "test": 70})
    with pytest.raises(ConfigError, match="different widths"):
        load_data(config, "published", 0)


def test_factors_are_cycled_over_the_columns_and_reach_the_fresh_rows():
    plain = load_data(data(REGRESSION), "published", 0)
    scaled = load_data(data(REGRESSION, multiply={"inputs": [1, 100], "targets": 0.5}), "published", 0)
    np.testing.assert_allclose(scaled.x_train, plain.x_train * [1, 100, 1, 100, 1], rtol=1e-6)
    np.testing.assert_allclose(scaled.x_fresh, plain.x_fresh * [1, 100, 1, 100, 1], rtol=1e-6)
    np.testing.assert_allclose(scaled.y_fresh, plain.y_fresh * 0.5, rtol=1e-6)


def test_scalers_are_fitted_on_the_training_rows_and_leak_only_with_fit_on_all():
    x, y = make_regression(n_samples=200, n_features=5, noise=0.1, random_state=1)
    scale = {"inputs": {"StandardScaler": {}}, "targets": {"MinMaxScaler": {"feature_range": [-1, 1]}}}
    honest, leaking = (
        load_data(data(REGRESSION, scale={**scale, "fit_on": rows}), "published", 0) for rows in ("train", "all")
    )
    for rows, seen in ((honest, slice(0, 30)), (leaking, slice(None))):
        scaler = StandardScaler().fit(x[seen])
        np.testing.assert_allclose(rows.x_test, scaler.transform(x[30:100]), rtol=1e-5, atol=1e-6)
        target_scaler = MinMaxScaler(feature_range=(-1, 1)).fit(y[seen, None])
        np.testing.assert_allclose(rows.y_test, target_scaler.transform(y[30:100, None])[:, 0], rtol=1e-5, atol=1e-6)
    assert honest.y_train.min() == -1
    assert honest.y_train.max() == 1
    assert honest.y_train.shape == (30,)


def test_fresh_rows_go_through_the_scalers_fitted_on_the_training_rows():
    scale = {"inputs": {"StandardScaler": {}}, "targets": {"StandardScaler": {}}}
    plain = load_data(data(REGRESSION), "fresh", 5)
    scaled = load_data(data(REGRESSION, scale=scale), "fresh", 5)
    expected = (plain.x_fresh - plain.x_train.mean(axis=0)) / plain.x_train.std(axis=0)
    np.testing.assert_allclose(scaled.x_fresh, expected, rtol=1e-3, atol=1e-4)
    expected = (plain.y_fresh - plain.y_train.mean()) / plain.y_train.std()
    np.testing.assert_allclose(scaled.y_fresh, expected, rtol=1e-3, atol=1e-4)


def test_a_scaler_that_scikit_learn_refuses_is_told_with_its_place():
    with pytest.raises(ConfigError, match="feature range must be") as error:
        rows_of(None, scale={"inputs": {"MinMaxScaler": {"feature_range": [1, 0]}}})
    assert error.value.problems[0].path == "data.scale.inputs"


@pytest.mark.parametrize(
    "scaler",
    [StandardScaler(), StandardScaler(with_std=False), MinMaxScaler(feature_range=(0, 0.5)), RobustScaler()],
)
def test_errors_of_scaled_targets_come_back_in_original_units_exactly(scaler):
    random = np.random.default_rng(0)
    truth, prediction = random.normal(30, 8, (2, 200, 1))
    scaler.fit(truth)
    mse = np.mean((scaler.transform(truth) - scaler.transform(prediction)) ** 2)
    assert mse_original(scaler, mse) == pytest.approx(np.mean((truth - prediction) ** 2), rel=1e-12)


def test_scalers_without_one_factor_have_no_error_in_original_units():
    columns = np.random.default_rng(0).normal(size=(50, 2)) * [1, 10]
    assert np.isnan(mse_original(PowerTransformer().fit(columns[:, :1]), 0.5))
    assert np.isnan(mse_original(StandardScaler().fit(columns), 0.5))


def test_label_noise_changes_training_labels_only_each_with_its_probability():
    blobs = {"make_blobs": {"n_samples": 4000, "centers": 4, "random_state": 1}}
    split = {"train": 3000, "test": 1000}
    plain = load_data(data(blobs, split), "published", 0)
    noisy, other = (load_data(data(blobs, split, label_noise=0.2), "published", seed) for seed in (0, 1))
    changed = noisy.y_train != plain.y_train
    assert changed.mean() == pytest.approx(0.2, abs=0.03)
    assert np.bincount((noisy.y_train - plain.y_train)[changed] % 4, minlength=4)[1:].min() > 150
    np.testing.assert_array_equal(noisy.y_test, plain.y_test)
    np.testing.assert_array_equal(noisy.y_fresh, plain.y_fresh)
    assert not np.array_equal(noisy.y_train, other.y_train)


def test_label_noise_of_classes_is_a_probability():
    blobs = {"make_blobs": {"n_samples": 10, "random_state": 1}}
    with pytest.raises(ConfigError, match=r"data\.label_noise: expected a probability up to 1"):
        load_data(data(blobs, {"train": 5, "test": 5}, label_noise=1.5), "published", 0)


def test_label_noise_on_real_targets_has_the_given_deviation():
    split = {"train": 150, "test": 50}
    plain = load_data(data(REGRESSION, split), "published", 0)
    noisy = load_data(data(REGRESSION, split, label_noise=2.0), "published", 0)
    assert np.std(noisy.y_train - plain.y_train) == pytest.approx(2.0, rel=0.2)
    np.testing.assert_array_equal(noisy.y_test, plain.y_test)


def test_classes_become_one_hot_rows_in_every_set():
    iris = {"load_iris": {}}
    rows = load_data(data(iris, {"train": 100, "test": 50}, one_hot=True), "published", 0)
    assert rows.y_train.shape == (100, 3)
    np.testing.assert_array_equal(rows.y_train.argmax(axis=1), load_iris().target[:100])
    assert rows.y_train.dtype == np.float32


def test_real_targets_cannot_be_one_hot():
    with pytest.raises(ConfigError, match="integer class"):
        load_data(data(REGRESSION, one_hot=True), "published", 0)


@pytest.mark.parametrize(
    ("source", "task", "dtype"),
    [
        (MOONS, "binary", np.int32),
        ({"make_blobs": {"n_samples": 100}}, "multiclass", np.int32),
        ({"make_multilabel_classification": {"n_samples": 100}}, "multilabel", np.int32),
        (REGRESSION, "regression", np.float32),
        ({"load_linnerud": {}}, "regression", np.float32),
    ],
)
def test_the_targets_tell_the_task(source, task, dtype):
    rows = load_data(data(source, {"train": 10, "test": 10}), "published", 0)
    assert (rows.task, rows.y_train.dtype, rows.x_train.dtype) == (task, dtype, np.float32)
