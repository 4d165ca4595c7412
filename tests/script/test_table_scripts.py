"""Scripts of studies with a table: the rows of the run, read with pandas."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from experiments.data import load_data
from experiments.script import exact_script, plain_script
from tests.data.test_own_tables import ENCODED, HOLES, SHUFFLED, table
from tests.marks import cases
from tests.script.cases import run_of
from tests.tabular.tables import houses

DAYS = [f"2024-{row * 7 % 12 + 1:02}-{row * 5 % 28 + 1:02}" for row in range(40)]
IMPUTED = {"target": "price", "encoder": {"OneHotEncoder": {"drop": "first"}}, "imputer": {"SimpleImputer": {}}}
STRATIFIED = {**SHUFFLED, "stratify": True}
CASES = {
    "imputed": (houses(**HOLES), SHUFFLED, IMPUTED, {"scale": {"inputs": {"StandardScaler": {}}}}),
    "in the order of the file": (houses(), {"train": 20, "test": 15}, ENCODED, {"multiply": {"targets": 0.5}}),
    "stratified": (houses(garden=None), STRATIFIED, {"target": "town"}, {"label_noise": 0.2}),
    "stratified, with unused rows": (
        houses(), {"train": 0.5, "test": 0.2, "shuffle": True, "stratify": True}, {**ENCODED, "target": "garden"}, {}
    ),
    "groups": (houses(), SHUFFLED, {**ENCODED, "group": "rooms"}, {}),
    "stratified groups": (houses(), STRATIFIED, {**ENCODED, "target": "garden", "group": "rooms"}, {}),
    "days": (houses(day=DAYS), {"train": 0.5, "test": 0.5}, {**ENCODED, "order": "day"}, {}),
    "numbers as times": (houses(), {"train": 0.5, "test": 0.5}, {**ENCODED, "order": "rooms"}, {}),
    "only categories": (houses(area=None, rooms=None, garden=None), SHUFFLED, ENCODED, {}),
    "several targets": (
        houses(), SHUFFLED, {**ENCODED, "target": ["price", "area"]}, {"scale": {"targets": {"StandardScaler": {}}}}
    ),
    "codes": (houses(), SHUFFLED, {**ENCODED, "categorical": ["rooms"]}, {"one_hot": False}),
    "row labels": ({"": range(40), **houses()}, SHUFFLED, ENCODED, {}),
}  # fmt: skip


def rows_of(script, start, end):
    """Run the part of a script that makes the rows."""
    imports = "\n".join(line for line in script.splitlines() if re.match(r"(from sklearn|import (numpy|pandas))", line))
    names = {}
    exec(imports + "\n" + script[script.index(start) : script.index(end)], names)
    return names


PROTOCOLS = [(name, protocol) for name in CASES for protocol in ("published", "fresh")]


@pytest.mark.parametrize(
    ("name", "protocol"), [pair for pair in PROTOCOLS if pair[1] == "published" or CASES[pair[0]][1].get("shuffle")]
)
def test_the_rows_of_both_scripts_are_those_of_the_run(name, protocol, tmp_path):
    columns, split, arguments, data = CASES[name]
    config = table(tmp_path, columns, split, data, **arguments)
    expected = load_data(config, protocol, 2)
    run = run_of(config, protocol, 2)
    exact = rows_of(exact_script(run), "# The rows", "# The network")["rows"]
    plain = rows_of(plain_script(run), "# Rows", "# Network")
    for set_name in exact:
        x, y = getattr(expected, f"x_{set_name}"), getattr(expected, f"y_{set_name}")
        np.testing.assert_allclose(exact[set_name][0], x, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(exact[set_name][1], y, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(plain[f"x_{set_name}"], x, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(plain[f"y_{set_name}"].reshape(y.shape), y, rtol=1e-5, atol=1e-5)
    assert set(exact) == {name for name in ("train", "validation", "test") if name in split}


def test_the_rows_of_a_parquet_file_are_those_of_the_run(tmp_path):
    pytest.importorskip("pyarrow")
    config = table(tmp_path, houses(**HOLES), **{**IMPUTED, "file": "houses.parquet"})
    frame = pd.read_csv(tmp_path / "houses.csv").astype({"town": "category", "rooms": "Int64"})
    frame.to_parquet(tmp_path / "houses.parquet")
    expected = load_data(config, "fresh", 2)
    written = rows_of(exact_script(run_of(config, "fresh", 2)), "# The rows", "# The network")["rows"]
    np.testing.assert_allclose(written["train"][0], expected.x_train, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("write", [plain_script, exact_script])
@pytest.mark.parametrize("case", cases(CASES, quick=("imputed", "stratified groups")))
def test_a_script_of_a_table_is_formatted(case, write, tmp_path):
    columns, split, arguments, data = case
    file = tmp_path / "script.py"
    file.write_text(write(run_of(table(tmp_path, columns, split, data, **arguments))), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--line-length=120", "--check"], ["check", "--select=F,E7,E9"]):
        assert subprocess.run([*ruff, *command, "--isolated", file], check=False).returncode == 0
