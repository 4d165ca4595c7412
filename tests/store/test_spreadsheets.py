"""Cells that a spreadsheet shows as text, in every table of the results."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis import analyse, read_runs, write_tables
from experiments.analysis.claim_rows import read_claim_rows
from experiments.language import load_study
from experiments.store.result import RunResult, row_of
from experiments.store.spreadsheets import cell_of, text_of
from tests.language.texts import study_text


@given(st.text(st.sampled_from("'=+-@\t\r1.e a"), max_size=6))
def test_a_text_comes_back_from_its_cell(text):
    assert text_of(cell_of(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_a_formula_becomes_a_text(text):
    assert cell_of(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.5", "+3", "-1e-05", "-inf", "a=b", "'quoted'", "", "1-2"])
def test_a_number_and_any_other_text_stays(text):
    assert cell_of(text) == text


def test_no_table_of_a_study_has_a_formula(tmp_path):
    path = tmp_path / "study.yaml"
    claim = "claims:\n  - {says: '=HYPERLINK(\"x\")', expect: baseline.test_loss < 1, source: '@ours'}\n"
    path.write_text(study_text(claims=claim), encoding="utf-8")
    study = load_study(path)
    failed = RunResult(study.runs()[0], {}, {}, {}, "-2+3: bad")
    assert row_of(failed)["error"] == "'-2+3: bad"
    (tmp_path / "study").mkdir()
    write_tables(analyse(study, read_runs(study.name, tmp_path)), tmp_path)
    for table in tmp_path.rglob("*.csv"):
        with table.open(newline="", encoding="utf-8") as file:
            assert [cell for row in csv.reader(file) for cell in row if cell_of(cell) != cell and cell[0] != "'"] == []
    rows = read_claim_rows(tmp_path / "study" / "claims.csv")
    assert {(row.says, row.source) for row in rows} == {('=HYPERLINK("x")', "@ours")}
