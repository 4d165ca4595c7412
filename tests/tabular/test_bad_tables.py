"""What no network can learn from is refused with the place in the table and what to do."""

import datetime
import decimal
import re

import numpy as np
import pandas as pd
import pytest

from experiments.tabular import TableError, TableOptions, read_table
from tests.tabular.tables import houses, with_cell, written

PRICE = houses()["price"]
BAD = {
    "empty": ("", "is empty; expected a row of column names"),
    "blank": ("\n \n", "is empty"),
    "header only": ("area,price\n", "has no row below the names"),
    "one row": ("area,price\n10,200\n", "has one row below the names of the columns; expected at least 10"),
    "constant target": (houses(price=[5] * 40), "'price' has the value '5' in every row"),
    "copy of the target": (houses(cost=PRICE), "column 'cost' repeats the target 'price' row by row"),
    "target in other units": (houses(cents=[100 * price + 7 for price in PRICE]), "'cents' repeats the target"),
    "numbers and text": (houses(**with_cell("rooms", 7, "many")), "'rooms' mixes numbers and text: row 7 has 'many'"),
    "numbers and text, the other way": (houses(**with_cell("town", 9, "12")), "'town' mixes numbers and text: row 9"),
    "formula": (houses(**with_cell("area", 5, "=SUM(A1:A4)")), "row 5, column 'area' holds a formula"),
    "formula in text": (houses(**with_cell("town", 5, "=A1")), "row 5, column 'town' holds a formula"),
    "error of a spreadsheet": (houses(**with_cell("rooms", 3, "#DIV/0!")), "row 3, column 'rooms' holds an error of a"),
    "missing number": (
        houses(**with_cell("area", 11, "")),
        "row 11, column 'area' is empty; expected a value, or imput",
    ),
    "missing category": (houses(**with_cell("town", 4, "NA")), "row 4, column 'town' is empty"),
    "missing target": (houses(**with_cell("price", 6, "")), "row 6, column 'price' is empty"),
    "empty column": (houses(note=[""] * 40), "column 'note' is empty; leave it out with without: [note]"),
    "infinite": (houses(**with_cell("area", 8, "inf")), "row 8, column 'area' holds an infinite number"),
    "dates": (
        houses(sold=[f"2024-03-{day % 28 + 1:02}" for day in range(40)]),
        "'sold' holds dates, such as '2024-03-01'",
    ),
    "spoken dates": (houses(sold=[f"Mar {day % 28 + 1} 2024" for day in range(40)]), "'sold' holds dates"),
    "thousands": (houses(area=[f'"1,{row:03}"' for row in range(40)]), "thousands separators, such as '1,000'"),
    "own text in every row": (
        houses(80, name=[f"house {row}" for row in range(80)]),
        "'name' has 80 different texts in 80 rows, such as 'house 0'",
    ),
    "same name twice": ("a,b,a\n1,2,3\n", "columns 1 and 3 have the same name 'a'"),
    "nameless column": ("a,,price\n1,2,3\n", "column 2 has no name"),
    "numbers as names": ("1,2\n3,4\n", "its first row holds numbers (1, …); expected the names of the columns"),
    "wider row": ("area,price\n1,2\n1,2,3\n", "row 3 has 3 cells, the header has 2 (separator ',')"),
    "only a target": (written({"price": PRICE}), "has no column left for the inputs"),
    "zero bytes": ("area,price\n1,\0\n", "holds zero bytes"),
}


def refusal(tmp_path, content, **options):
    file = tmp_path / "houses.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError) as error:
        read_table(file, TableOptions(options.pop("target", ("price",)), **options))
    return error.value


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_refused_with_its_reason(name, tmp_path):
    table, reason = BAD[name]
    content = written(table) if isinstance(table, dict) else table
    assert reason in str(refusal(tmp_path, content))


def test_ten_thousand_columns_are_refused_before_a_cell_is_read(tmp_path):
    header = ",".join(["price", *(f"gene_{number}" for number in range(10_000))])
    error = refusal(tmp_path, header + "\n1\n")
    assert str(error) == "has 10,000 input columns; at most 2,000 are allowed: name those wanted in inputs"


def test_a_wrong_encoding_is_shown_by_the_cell_that_it_breaks(tmp_path):
    table = written(houses(town=["Köln"] * 40)).encode("cp1252")
    error = refusal(tmp_path, table)
    assert "row 2 is not utf-8 (byte 0xf6)" in str(error)
    assert "Köln" in str(error)
    assert error.argument == "encoding"
    read_table(tmp_path / "houses.csv", TableOptions(("price",), encoding="cp1252"))
    assert "there is no encoding 'utf8000'" in str(refusal(tmp_path, table, encoding="utf8000"))


@pytest.mark.parametrize("argument", ["target", "inputs", "without", "categorical", "group", "order"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(argument, tmp_path):
    name = "pric" if argument in ("group", "order") else ("pric",)
    error = refusal(tmp_path, written(houses()), **{argument: name})
    assert (error.argument, error.name, error.known) == (argument, "pric", tuple(houses()))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"without": ("price",)}, "'price' is named in target already"),
        ({"inputs": ("area",), "without": ("area",)}, "'area' is named in inputs already"),
        ({"group": "price"}, "'price' is a target or an input as well"),
        ({"group": "garden"}, "'garden' has 2 groups; expected at least three"),
        ({"order": "town"}, "has times such as"),
        ({"target": ("town",), "task": "regression"}, "regression needs numbers, but column 'town' holds text"),
        ({"target": ("town", "price")}, "several targets must be numbers or labels, but column 'town' holds text"),
        ({"target": ("price", "rooms"), "task": "classes"}, "only where each is a label 0 or 1"),
    ],
)
def test_options_that_do_not_fit_the_table_are_refused(options, reason, tmp_path):
    assert reason in str(refusal(tmp_path, written(houses()), **options))


def test_an_input_that_renames_the_classes_is_a_copy(tmp_path):
    towns = houses()["town"]
    codes = [{"Ulm": "U", "Bonn": "B", "Jena": "J"}[town] for town in towns]
    assert "column 'code' repeats the target 'town'" in str(
        refusal(tmp_path, written(houses(code=codes)), target=("town",))
    )


def test_what_is_no_parquet_is_refused(tmp_path):
    file = tmp_path / "houses.parquet"
    file.write_text(written(houses()))
    with pytest.raises(TableError, match="is no Parquet file"):
        read_table(file, TableOptions(("price",)))
    frame = pd.DataFrame({"price": np.arange(20.0), "sold": pd.date_range("2024-01-01", periods=20)})
    pytest.importorskip("pyarrow")
    frame.to_parquet(file)
    with pytest.raises(TableError, match="column 'sold' holds dates"):
        read_table(file, TableOptions(("price",)))


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ([1, 2], "row 1, column 'more' holds a ndarray; expected a number or a text"),
        ({"a": 1}, "row 1, column 'more' holds a dict"),
        (b"1", "row 1, column 'more' holds a bytes"),
        (decimal.Decimal("1.5"), "row 1, column 'more' holds a Decimal"),
        (datetime.timedelta(hours=1), "row 1, column 'more' holds a Timedelta"),
        (datetime.date(2024, 3, 1), "column 'more' holds dates, such as '2024-03-01'"),
    ],
)
def test_cells_of_a_parquet_file_that_are_no_numbers_or_texts_are_refused(cell, reason, tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"price": np.arange(20.0), "more": [cell] * 20}).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(TableError, match=re.escape(reason)):
        read_table(tmp_path / "table.parquet", TableOptions(("price",)))
