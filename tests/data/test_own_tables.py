"""Rows of tables from files: sets by scikit-learn's splitters, encoders and imputers that see training rows only."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from experiments.data import load_data
from experiments.errors import ConfigError
from experiments.language.configuration import DataSettings
from tests.model.cases import configuration
from tests.tabular.tables import houses, written

SHUFFLED = {"train": 0.6, "validation": 0.2, "test": 0.2, "shuffle": True}
ENCODED = {"target": "price", "encoder": {"OneHotEncoder": {}}}
HOLES = {"rooms": ["", "", *houses()["rooms"][2:]], "town": ["", *houses()["town"][1:]]}


def table(tmp_path, columns, split=None, data=None, **arguments):
    (tmp_path / "houses.csv").write_text(written(columns))
    source = {"houses": {"table": {"file": "houses.csv", **(arguments or ENCODED)}}}
    settings = DataSettings.from_plain({**source, "split": split or SHUFFLED, **(data or {})}, str(tmp_path))
    return replace(configuration(), data=settings)


def with_number(columns):
    """Add a column that tells the rows apart."""
    return {**columns, "row": range(len(columns["price"]))}


def rows_of(data, name):
    """Give the row numbers of a set, from the column that holds them."""
    return getattr(data, f"x_{name}")[:, 2].astype(int)


def test_the_inputs_are_numbers_first_and_then_encoded_categories(tmp_path):
    data = load_data(table(tmp_path, houses(), {"train": 30, "test": 10}), "published", 0)
    frame = pd.DataFrame(houses())
    towns = OneHotEncoder(sparse_output=False).fit_transform(frame[["town"]])
    expected = np.column_stack([frame["area"], frame["rooms"], frame["garden"] == "true", towns])
    np.testing.assert_array_equal(np.concatenate([data.x_train, data.x_test]), expected.astype(np.float32))
    assert data.task == "regression"
    assert data.x_fresh is None


def test_imputers_are_fitted_on_the_training_rows_only(tmp_path):
    imputer = {"SimpleImputer": {"strategy": "median", "add_indicator": True}}
    config = table(tmp_path, houses(**HOLES), imputer=imputer, **ENCODED)
    data = load_data(config, "fresh", 3)
    numbers = pd.read_csv(tmp_path / "houses.csv")[["area", "rooms", "garden"]].astype(float)
    train = [
        np.flatnonzero((numbers["area"] == area) & (numbers["garden"] == g))[0] for area, _, g in data.x_train[:, :3]
    ]
    fitted = SimpleImputer(strategy="median").fit(numbers.iloc[train])
    holes = np.flatnonzero(np.concatenate([data.x_train[:, 3], data.x_validation[:, 3], data.x_test[:, 3]]))
    assert len(holes) == 2
    filled = np.concatenate([data.x_train, data.x_validation, data.x_test])[holes, 1]
    np.testing.assert_array_equal(filled, fitted.statistics_[1].astype(np.float32))


def test_every_repeat_has_a_column_for_each_category_even_for_one_that_no_training_row_has(tmp_path):
    columns = houses(town=["Rome", *houses()["town"][1:]])
    config = table(tmp_path, columns)
    widths = {load_data(config, "fresh", seed).x_train.shape[1] for seed in range(8)}
    assert widths == {3 + 4}
    unseen = [load_data(config, "fresh", seed).x_train[:, 5].sum() for seed in range(8)]
    assert 0 in unseen


def test_an_ordinal_encoder_counts_in_the_order_of_the_names(tmp_path):
    data = load_data(table(tmp_path, houses(), target="price", encoder={"OrdinalEncoder": {}}), "published", 0)
    frame = pd.DataFrame(houses())
    codes = dict(
        zip(frame["area"] * 10 + frame["rooms"], OrdinalEncoder().fit_transform(frame[["town"]])[:, 0], strict=True)
    )
    assert all(codes[area * 10 + rooms] == code for area, rooms, _, code in data.x_test)


def test_fresh_is_a_split_for_each_repeat_and_published_one_for_all(tmp_path):
    config = table(tmp_path, with_number(houses(town=None, garden=None)), target="price")
    published = [rows_of(load_data(config, "published", seed), "train").tolist() for seed in (0, 1)]
    fresh = [rows_of(load_data(config, "fresh", seed), "train").tolist() for seed in (0, 1, 0)]
    assert published[0] == published[1]
    assert fresh[0] == fresh[2] != fresh[1]


def sets_of(config, protocol, seed):
    data = load_data(config, protocol, seed)
    return {
        name: rows_of(data, name) for name in ("train", "validation", "test") if getattr(data, f"x_{name}") is not None
    }


@pytest.mark.parametrize("amounts", [{"train": 0.6, "validation": 0.2, "test": 0.2}, {"train": 20, "test": 10}])
def test_stratified_sets_have_the_shares_of_the_table(amounts, tmp_path):
    columns = with_number(houses(town=None, garden=None, price=["yes"] * 10 + ["no"] * 30))
    config = table(tmp_path, columns, {**amounts, "shuffle": True, "stratify": True}, target="price")
    for seed in range(3):
        sets = sets_of(config, "fresh", seed)
        counts = {name: round(amount * 40) if amount < 1 else amount for name, amount in amounts.items()}
        assert {name: len(rows) for name, rows in sets.items()} == counts
        assert len(set(np.concatenate(list(sets.values())))) == sum(counts.values())
        for rows in sets.values():
            assert abs((rows < 10).mean() - 0.25) <= 0.5 / len(rows) + 1e-9


@pytest.mark.parametrize("stratify", [False, True])
def test_no_group_is_split(stratify, tmp_path):
    patients = [row // 4 for row in range(120)]
    columns = with_number(
        houses(120, town=None, garden=None, patient=patients, price=[row // 4 % 2 for row in range(120)])
    )
    split = {**SHUFFLED, **({"stratify": True} if stratify else {})}
    config = table(tmp_path, columns, split, target="price", group="patient", task="classes")
    for seed in range(4):
        sets = sets_of(config, "fresh", seed)
        groups = {name: {patients[row] for row in rows} for name, rows in sets.items()}
        assert not groups["train"] & groups["test"]
        assert not groups["train"] & groups["validation"]
        assert not groups["validation"] & groups["test"]
        assert sum(map(len, sets.values())) == 120
        assert len(sets["train"]) == pytest.approx(72, abs=12)


def test_time_order_trains_on_the_past_and_tests_on_the_future(tmp_path):
    days = [f"2024-{row * 7 % 12 + 1:02}-{row * 5 % 28 + 1:02}" for row in range(40)]
    columns = with_number(houses(town=None, garden=None, day=days))
    sets = sets_of(table(tmp_path, columns, {"train": 0.5, "test": 0.5}, target="price", order="day"), "published", 0)
    assert max(days[row] for row in sets["train"]) <= min(days[row] for row in sets["test"])


def test_factors_scalers_and_noise_apply_to_a_table_as_to_any_source(tmp_path):
    more = {"multiply": {"targets": 0.01}, "scale": {"inputs": {"StandardScaler": {}}}, "label_noise": 0.5}
    plain = load_data(table(tmp_path, houses()), "published", 0)
    changed = load_data(table(tmp_path, houses(), data=more), "published", 0)
    np.testing.assert_allclose(changed.y_test, plain.y_test * 0.01, rtol=1e-6)
    assert not np.allclose(changed.y_train, plain.y_train * 0.01)
    np.testing.assert_allclose(changed.x_train.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("split", "arguments", "reason"),
    [
        ({**SHUFFLED, "stratify": True}, ENCODED, "needs one class for each row"),
        ({**SHUFFLED, "stratify": True}, {"target": "town", "without": ["garden"]}, "least populated class"),
        ({"train": 0.97, "test": 0.03, "shuffle": True, "stratify": True}, {**ENCODED, "target": "garden"}, "classes"),
        ({**SHUFFLED, "train": 0.61, "stratify": True}, {**ENCODED, "group": "rooms", "target": "garden"}, "20 folds"),
        (SHUFFLED, {**ENCODED, "sha256": "0" * 64}, "not the file with this checksum"),
    ],
)
def test_what_cannot_be_split_or_has_changed_is_refused(split, arguments, reason, tmp_path):
    columns = houses(town=["Rome", *houses()["town"][1:]])
    with pytest.raises(ConfigError, match=reason):
        load_data(table(tmp_path, columns, split, **arguments), "published", 0)
