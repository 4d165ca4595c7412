"""Whatever a file holds, it is read or refused with a message."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.language import parse_study
from experiments.language.table_study import study_of_table
from experiments.tabular import TableError, locate
from experiments.tabular.first_look import look_at

NAMES = ["a", "price", "x y", "no", "null", "1", "a: b", "#c", "'q'", '"d,e"', "", "{x}", "- z", "~"]
CELLS = [
    "",
    "NA",
    "1",
    "2.5",
    "1e5",
    "1,5",
    "x",
    "true",
    "=A1",
    "#REF!",
    "inf",
    "2024-01-02",
    "1.234,5",
    '"q, r"',
    "ü",
    '"',
]


@st.composite
def tables(draw):
    """Draw a CSV file whose columns are mostly of one kind, and the name of a column."""
    rows, separator = draw(st.integers(0, 30)), draw(st.sampled_from(",;\t|"))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    columns = []
    for _ in names:
        pool = draw(
            st.one_of(st.just(["0", "1", "2"]), st.just(["red", "green"]), st.lists(st.sampled_from(CELLS), min_size=1))
        )
        columns.append(draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows)))
    lines = [names, *zip(*columns, strict=True)]
    text = "\n".join(separator.join(line) for line in lines)
    encoded = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])), "replace")
    return encoded, draw(st.sampled_from(names)).strip('"')


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables() | st.tuples(st.binary(max_size=200), st.sampled_from(["a", ""])))
def test_any_file_becomes_a_study_or_a_message(tmp_path, drawn):
    content, target = drawn
    (tmp_path / "table.csv").write_bytes(content)
    try:
        look = look_at(locate(tmp_path, "table.csv"), [target])
    except TableError as error:
        assert str(error)
        return
    study = parse_study(study_of_table(look, "table.csv", "mine"), name="mine", file="mine.yaml", folder=str(tmp_path))
    assert study.base.data.sources["rows"].get("target") == target


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00\x01\x02", b"\xef\xbb\xbf", b'"', b"PAR1" + b"\x00" * 40])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_what_is_no_table_is_refused(content, suffix, tmp_path):
    (tmp_path / f"table{suffix}").write_bytes(content)
    with pytest.raises(TableError):
        look_at(locate(tmp_path, f"table{suffix}"), ["a"])
