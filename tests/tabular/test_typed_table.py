"""Kinds of columns, tasks, and how cells are written, against what pandas makes of the same table."""

import numpy as np
import pandas as pd
import pytest

from experiments.tabular import TableOptions, read_table
from tests.tabular.tables import houses, written


def read(tmp_path, columns, name="houses.csv", separator=",", encoding="utf-8", **options):
    file = tmp_path / name
    file.write_text(written(columns, separator), encoding=encoding)
    return read_table(file, TableOptions(options.pop("target", ("price",)), **options))


def test_columns_have_their_kinds_and_targets_their_task(tmp_path):
    table = read(tmp_path, houses())
    assert table.kinds == {"area": "number", "rooms": "number", "garden": "boolean", "town": "category"}
    assert table.categories == {"town": ["Bonn", "Jena", "Ulm"]}
    assert table.inputs["garden"].tolist() == [float(cell == "true") for cell in houses()["garden"]]
    np.testing.assert_array_equal(table.targets.values, np.array(houses()["price"], dtype=float))
    assert table.description() == "40 rows, 2 numbers, 1 boolean, 1 category; price: regression"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separator_and_encoding_are_found_out(separator, encoding, tmp_path):
    columns = houses(town=["Köln", "Łódź"] * 20)
    table = read(tmp_path, columns, separator=separator, encoding=encoding)
    assert table.written.separator == separator
    assert table.categories == {"town": ["Köln", "Łódź"]}


def test_the_decimal_sign_is_found_out(tmp_path):
    comma = houses(area=[f"{cell},5" for cell in houses()["area"]], price=[f"{row},25" for row in range(40)])
    table = read(tmp_path, comma, separator=";")
    assert table.inputs["area"].tolist() == [cell + 0.5 for cell in houses()["area"]]
    assert table.targets.values[3] == 3.25
    assert read(tmp_path, houses(), name="other.csv", separator=";").written.decimal == "."


def test_what_the_study_says_overrides_what_is_found_out(tmp_path):
    columns = {"a,b": range(40), "price": [row % 7 + 0.5 for row in range(40)]}
    table = read(tmp_path, columns, separator="|")
    assert list(table.kinds) == ["a,b"]
    numbers = read(tmp_path, houses(zip=[10115 + row % 3 for row in range(40)]), name="zip.csv", categorical=("zip",))
    assert numbers.categories["zip"] == ["10115", "10116", "10117"]


@pytest.mark.parametrize(
    ("target", "options", "task", "classes"),
    [
        (["a", "b"] * 20, {}, "binary", ("a", "b")),
        (["true", "false"] * 20, {}, "binary", ("False", "True")),
        ([0, 1, 2, 5] * 10, {}, "multiclass", ("0", "1", "2", "5")),
        ([0, 1, 2, 5] * 10, {"task": "regression"}, "regression", ()),
        (list(range(40)), {}, "regression", ()),
        ([1.5, 2.5] * 20, {}, "regression", ()),
        ([1.5, 2.5] * 20, {"task": "classes"}, "binary", ("1.5", "2.5")),
    ],
)
def test_the_task_follows_from_the_target_unless_the_study_says_it(target, options, task, classes, tmp_path):
    table = read(tmp_path, houses(price=target), **options)
    assert (table.targets.task, table.targets.classes) == (task, classes)
    if classes:
        assert [classes[number] for number in table.targets.values[:2]] == [
            str(cell).capitalize() if cell in ("true", "false") else str(cell) for cell in target[:2]
        ]


def test_several_targets_are_real_numbers_or_labels(tmp_path):
    real = read(tmp_path, houses(), target=("price", "rooms"))
    assert (real.targets.task, real.targets.values.shape) == ("regression", (40, 2))
    labels = houses(hot=[row % 2 for row in range(40)], wet=[row % 3 // 2 for row in range(40)])
    assert read(tmp_path, labels, name="labels.csv", target=("hot", "wet")).targets.task == "multilabel"


def test_inputs_without_and_row_labels_leave_columns_out(tmp_path):
    assert list(read(tmp_path, houses(), inputs=("town", "area")).kinds) == ["area", "town"]
    assert list(read(tmp_path, houses(), without=("town", "area")).kinds) == ["rooms", "garden"]
    labelled = {"": range(40), **houses()}
    assert list(read(tmp_path, labelled, name="labelled.csv").kinds) == ["area", "rooms", "garden", "town"]


def test_empty_cells_are_nan_or_a_category_of_their_own(tmp_path):
    columns = houses(rooms=["", *houses()["rooms"][1:]], town=["", *houses()["town"][1:]])
    table = read(tmp_path, columns, fills_missing=True)
    assert np.isnan(table.inputs["rooms"][0])
    assert table.categories["town"] == ["Bonn", "Jena", "Ulm", "missing"]
    assert table.empty_cells == 2


def test_the_rows_are_sorted_by_time_and_keep_together(tmp_path):
    days = [f"2024-{row * 7 % 12 + 1:02}-{row * 5 % 28 + 1:02}" for row in range(40)]
    table = read(tmp_path, houses(day=days), order="day", group="town")
    expected = pd.DataFrame(houses(day=days)).sort_values("day", kind="stable")
    assert table.inputs["area"].tolist() == expected["area"].tolist()
    assert table.targets.values.tolist() == expected["price"].tolist()
    assert table.groups.tolist() == pd.factorize(expected["town"], sort=True)[0].tolist()


def test_a_parquet_file_is_read_as_the_csv_file_is(tmp_path):
    pytest.importorskip("pyarrow")
    csv = read(tmp_path, houses())
    pd.read_csv(tmp_path / "houses.csv").to_parquet(tmp_path / "houses.parquet")
    parquet = read_table(tmp_path / "houses.parquet", TableOptions(("price",)))
    pd.testing.assert_frame_equal(parquet.inputs, csv.inputs)
    assert parquet.description() == csv.description()


def test_a_changed_file_is_read_again(tmp_path):
    before = read(tmp_path, houses())
    assert read_table(tmp_path / "houses.csv", TableOptions(("price",))) is before
    assert len(read(tmp_path, houses(30)).inputs) == 30
