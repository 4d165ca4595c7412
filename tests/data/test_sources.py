import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from experiments.data import load_data
from experiments.errors import ConfigError, ExperimentsError
from tests.model.cases import MOONS, REGRESSION, data

GENERATORS = {
    "make_blobs": {"n_samples": 100, "centers": 3, "random_state": 2},
    "make_circles": {"n_samples": 100, "noise": 0.1, "random_state": 1},
    "make_classification": {"n_samples": 100, "random_state": 3},
    "make_friedman1": {"n_samples": 100, "random_state": 1},
    "make_gaussian_quantiles": {"n_samples": 100, "random_state": 1},
    "make_moons": {"n_samples": [40, 60], "noise": 0.2, "random_state": 1},
    "make_multilabel_classification": {"n_samples": 100, "random_state": 1},
    "make_regression": {"n_samples": 100, "n_features": 20, "noise": 0.1, "random_state": 1},
    "make_s_curve": {"n_samples": 100, "random_state": 1},
}


def called(name, arguments):
    tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
    return getattr(datasets, name)(**tuples)


@pytest.mark.parametrize("name", GENERATORS)
def test_published_rows_are_those_of_the_configured_call_in_row_order(name):
    x, y = called(name, GENERATORS[name])
    rows = load_data(data({name: GENERATORS[name]}), "published", seed=7)
    np.testing.assert_array_equal(rows.x_train, x[:30].astype(np.float32))
    np.testing.assert_array_equal(rows.y_train, y[:30].astype(rows.y_train.dtype))
    np.testing.assert_array_equal(rows.x_test, x[30:].astype(np.float32))
    np.testing.assert_array_equal(rows.y_test, y[30:].astype(rows.y_test.dtype))


@pytest.mark.parametrize("name", GENERATORS)
def test_fresh_rows_differ_between_repeats_and_are_the_same_for_the_same_repeat(name):
    config = data({name: GENERATORS[name]})
    first, second, again = (load_data(config, "fresh", seed) for seed in (0, 1, 0))
    assert not np.array_equal(first.x_train, second.x_train)
    np.testing.assert_array_equal(first.x_train, again.x_train)
    np.testing.assert_array_equal(first.x_fresh, again.x_fresh)
    assert first.x_fresh.shape == (10_000, first.x_train.shape[1])
    assert len(first.y_fresh) == 10_000
    assert first.y_fresh.dtype == first.y_train.dtype


@pytest.mark.parametrize("name", sorted(set(GENERATORS) - {"make_classification"}))
def test_the_published_protocol_has_ten_thousand_further_rows_too_none_of_them_among_the_study_rows(name):
    rows = load_data(data({name: GENERATORS[name]}), "published", seed=0)
    assert len(rows.x_fresh) == 10_000
    assert not {tuple(row) for row in rows.x_train.tolist()} & {tuple(row) for row in rows.x_fresh.tolist()}


def test_where_the_truth_is_drawn_inside_the_call_the_published_protocol_has_no_further_rows():
    config = data({"make_classification": GENERATORS["make_classification"]})
    assert load_data(config, "published", 0).x_fresh is None
    assert load_data(config, "fresh", 0).x_fresh is not None


@pytest.mark.parametrize("protocol", ["published", "fresh"])
def test_regression_has_the_same_coefficients_in_study_rows_and_further_rows(protocol):
    rows = load_data(data(REGRESSION, {"train": 150, "test": 50}), protocol, seed=3)
    ours, further = (
        np.linalg.lstsq(x, y, rcond=None)[0] for x, y in ((rows.x_train, rows.y_train), (rows.x_fresh, rows.y_fresh))
    )
    np.testing.assert_allclose(ours, further, atol=0.1)
    assert np.abs(ours).max() > 10


@pytest.mark.parametrize("protocol", ["published", "fresh"])
def test_blobs_have_the_same_centres_in_study_rows_and_further_rows(protocol):
    source = {"make_blobs": {"n_samples": 900, "centers": 3, "random_state": 2}}
    rows = load_data(data(source, {"train": 800, "test": 100}), protocol, seed=3)
    for centre in range(3):
        ours = rows.x_train[rows.y_train == centre].mean(axis=0)
        np.testing.assert_allclose(ours, rows.x_fresh[rows.y_fresh == centre].mean(axis=0), atol=0.3)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_longer_call_cut_in_two_has_one_truth_and_all_classes_on_both_sides(shuffle):
    source = {"make_classification": {"n_samples": 2000, "shuffle": shuffle, "flip_y": 0}}
    rows = load_data(data(source, {"train": 1000, "test": 1000}), "fresh", seed=1)
    for label in (0, 1):
        ours = rows.x_train[rows.y_train == label].mean(axis=0)
        np.testing.assert_allclose(ours, rows.x_fresh[rows.y_fresh == label].mean(axis=0), atol=0.25)


@pytest.mark.parametrize("allow_unlabeled", [True, False])
def test_further_multilabel_rows_are_distributed_as_those_of_scikit_learn(allow_unlabeled):
    source = {"make_multilabel_classification": {"n_samples": 6000, "allow_unlabeled": allow_unlabeled}}
    rows = load_data(data(source, {"train": 5000, "test": 1000}), "published", seed=1)
    np.testing.assert_allclose(rows.y_train.mean(axis=0), rows.y_fresh.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(rows.x_train.mean(axis=0), rows.x_fresh.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(np.cov(rows.x_train.T), np.cov(rows.x_fresh.T), atol=0.8)
    assert abs((rows.y_train.sum(axis=1) == 0).mean() - (rows.y_fresh.sum(axis=1) == 0).mean()) < 0.02


def test_rows_counted_by_class_keep_their_proportions_in_the_further_rows():
    rows = load_data(data({"make_moons": {"n_samples": [40, 60]}}), "published", seed=0)
    assert rows.y_fresh.mean() == pytest.approx(0.6)


def test_a_generator_without_a_seed_gives_one_data_set_all_the_same():
    config = data({"make_moons": {"n_samples": 100, "noise": 0.2}})
    np.testing.assert_array_equal(load_data(config, "published", 0).x_train, load_data(config, "published", 1).x_train)


def test_hastie_targets_become_classes():
    rows = load_data(data({"make_hastie_10_2": {"n_samples": 100}}), "fresh", 0)
    assert set(rows.y_fresh.tolist()) == {0, 1}
    assert rows.task == "binary"


def test_embedded_sets_have_no_further_rows_and_a_split_of_their_own_per_repeat_only_if_shuffled():
    digits = {"load_digits": {}}
    rows = load_data(data(digits), "published", 0)
    np.testing.assert_array_equal(rows.x_train, datasets.load_digits().data[:30].astype(np.float32))
    assert rows.x_fresh is None
    np.testing.assert_array_equal(load_data(data(digits), "fresh", 1).x_train, rows.x_train)
    shuffled = data(digits, {"train": 30, "test": 70, "shuffle": True})
    first, second = (load_data(shuffled, "fresh", seed).x_train for seed in (0, 1))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(*(load_data(shuffled, "published", seed).x_train for seed in (0, 1)))


def test_a_table_gives_its_rows():
    table = {"table": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0]}}
    rows = load_data(data(table, {"train": 2, "test": 2}), "fresh", 0)
    np.testing.assert_array_equal(rows.x_test, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(rows.y_test, [1, 0])
    assert rows.task == "binary"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"make_moons": {"n_samples": -3}}, "n_samples"),
        ({"make_moons": {"samples": 3}}, "samples"),
        ({"make_regression": {"n_samples": 100, "noise": "much"}}, "noise"),
        ({"table": {"x": [[0, 0]], "y": [0, 1]}}, "one target for each"),
        ({"table": {"x": [[0, 0]], "y": ["no"]}}, "numbers"),
        ({"load_files": {}}, "not a data source"),
    ],
)
def test_what_scikit_learn_refuses_is_told_with_its_place(source, message):
    with pytest.raises(ConfigError, match=message) as error:
        load_data(data(source), "published", 0)
    assert error.value.problems[0].path == "data.points"


def test_digits_that_cannot_be_downloaded_are_told_with_a_way_out(monkeypatch):
    import keras

    def no_network():
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(ExperimentsError, match="load_digits"):
        load_data(data({"mnist": {}}), "published", 0)


def test_keras_digits_are_flat_rows_training_rows_first(monkeypatch):
    import keras

    def images(rows, start):
        return np.arange(start, start + rows * 784).reshape(rows, 28, 28).astype(np.uint8), np.arange(rows)

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", lambda: (images(6, 0), images(4, 5)))
    rows = load_data(data({"fashion_mnist": {}}, {"train": 6, "test": 4}), "published", 0)
    assert rows.x_train.shape == (6, 784)
    assert rows.x_test[0, 0] == 5
    assert rows.task == "multiclass"


@pytest.mark.slow
def test_arrays_need_no_tensorflow():
    config = data(MOONS, scale={"inputs": {"StandardScaler": {}}})
    code = (
        "import sys; from experiments.data import load_data; from experiments.language.configuration import *; "
        f"config = Configuration.from_plain({config.to_plain()!r}); load_data(config, 'fresh', 0); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
