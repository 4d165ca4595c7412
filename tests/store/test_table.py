import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.errors import ExperimentsError
from experiments.store.result import format_value, row_of
from experiments.store.staging import read_staged, stage, staged_files
from experiments.store.table import Key, StoredTable, read_index, read_rows, table_text
from tests.fakes import make_result, make_study


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_floats_lose_nothing(value):
    read = float(format_value(value))
    assert read == value or (math.isnan(read) and math.isnan(value))


def test_other_values_have_one_form():
    values = [True, 3, np.int64(3), np.float32(0.1), None, {"L2": {"l2": 0.1}}, "none"]
    expected = ["1", "3", "3", repr(float(np.float32(0.1))), "", '{"L2": {"l2": 0.1}}', "none"]
    assert [format_value(value) for value in values] == expected


def test_columns_do_not_depend_on_the_order_of_rows(tmp_path):
    rows = [row_of(make_result(run)) for run in make_study("a", "b[x=1]").runs()]
    header = table_text(rows).splitlines()[0]
    random.Random(0).shuffle(rows)
    assert table_text(rows).splitlines()[0] == header
    assert header.startswith(
        "study,variant,group,protocol,repeat,seed,engine,tier,device,hash,grid.x,test_accuracy,test_loss,"
    )


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["study", "m", "error"]), st.text(st.characters(codec="utf-8"), min_size=1))
    )
)
def test_any_text_comes_back_from_the_table(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    path.write_bytes(table_text(rows).encode())
    assert read_rows(path) == rows


@pytest.mark.parametrize("length", [131_072, 131_073, 1_000_000])
def test_a_cell_of_any_length_comes_back_from_the_table(length, tmp_path):
    path = tmp_path / "runs.csv"
    (run, *_) = make_study("a").runs()
    row = row_of(make_result(run)) | {"grid.x": "x" * length}
    path.write_text(table_text([row]))
    assert read_rows(path) == [row]
    assert read_index(path)


def test_arrays_of_any_type_come_back_from_staging(tmp_path):
    (run, *_) = make_study("a").runs()
    result = make_result(run)
    arrays = {
        "half": np.arange(6, dtype=np.float16).reshape(2, 3),
        "whole": np.array(7, dtype=np.int32),
        "nothing": np.zeros((0, 3), dtype=np.float32),
        "transposed": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    }
    result.arrays.clear()
    result.arrays.update(arrays)
    stage(tmp_path, [result])
    (path,) = staged_files(tmp_path)
    (read,) = read_staged(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array, strict=True)


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-30], lambda _: b"garbage\nmore, of it\n", lambda _: b"\xff\xfe", lambda _: b""],
)
@pytest.mark.parametrize("read", [read_rows, read_index])
def test_a_damaged_table_is_named(read, damage, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(table_text([row_of(make_result(run)) for run in make_study("a").runs()]))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ExperimentsError, match="is damaged: bring back a copy"):
        read(path)


CELLS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8)


def rows_of(draw, keys, columns):
    """Rows with texts of any kind in some of the columns."""
    return {
        key: {"variant": key.variant, "protocol": key.protocol, "repeat": str(key.repeat), "hash": "h", "engine": "e"}
        | {column: draw(CELLS) for column in draw(st.sets(st.sampled_from(columns)))}
        for key in keys
    }


@given(st.data())
def test_a_table_with_new_rows_is_what_it_were_if_all_of_it_was_written_anew(tmp_path_factory, data):
    keys = [Key(variant, "fresh", repeat) for variant in "ab" for repeat in range(3)]
    old = rows_of(data.draw, data.draw(st.lists(st.sampled_from(keys), unique=True, min_size=1)), ["m", "n", "grid.x"])
    new = rows_of(data.draw, data.draw(st.lists(st.sampled_from(keys), unique=True)), ["m", "o"])
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    path.write_text(table_text(old.values()), encoding="utf-8", newline="")
    kept = data.draw(st.sets(st.sampled_from(sorted(old))))
    order = sorted(kept | new.keys())
    whole = {**old, **new}
    assert StoredTable.read(path).text_with(new, order) == table_text(whole[key] for key in order)
