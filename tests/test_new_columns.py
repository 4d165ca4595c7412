"""A new column and a new word of ``record`` are added in the places that experiments/columns.py names."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
COLUMN = {
    "columns.py": (
        "SCORES = (\n",
        'SCORES = (\n    Column("loss_drop", "first minus last training loss", better="higher"),\n',
    ),
    "run/scalars.py": (
        '    scalars["diverged"] =',
        '    scalars["loss_drop"] = float(record.history["loss"][0] - record.history["loss"][-1])\n'
        '    scalars["diverged"] =',
    ),
}
WORD = {
    "columns.py": (
        "RECORD = (\n",
        'RECORD = (\n    RecordWord(\n        "kernel_mean",\n'
        '        (Column("kernel_mean.<layer>", "mean of the kernel"),),\n'
        '        (RecordedCurve("kernel_mean", "Mean of the weights", "mean of the kernel"),),\n    ),\n',
    ),
    "training/probes.py": (
        '    "unit_norm": _unit_norm,\n',
        '    "unit_norm": _unit_norm,\n'
        '    "kernel_mean": lambda kernels: {f"kernel_mean.{k}": tf.reduce_mean(v) for k, v in kernels.items()},\n',
    ),
}
STUDY = """
title: Toy
question: Are new columns known everywhere?
data:
  points: {make_blobs: {n_samples: 40, centers: 2, random_state: 3}}
  split: {train: 20, test: 20}
model: {hidden: {Dense: 4}, output: {Dense: {units: 1, activation: sigmoid}}}
training: {optimizer: {SGD: 0.1}, loss: binary_crossentropy, metrics: [accuracy], epochs: 3, batch_size: all}
record: [kernel_mean]
repeats: 2
protocols: [published]
variants: {one: {}, two: {training.optimizer: {SGD: 0.2}}}
claims:
  - {says: Larger steps reduce the loss more., expect: two.loss_drop > one.loss_drop, source: ours}
  - {says: The weights differ., expect: two.kernel_mean.hidden > one.kernel_mean.hidden, source: ours}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Run the study with a copy of the package in which only the files named above were edited."""
    folder = tmp_path_factory.mktemp("toy")
    shutil.copytree(ROOT / "experiments", folder / "experiments", ignore=shutil.ignore_patterns("__pycache__"))
    for file, (anchor, text) in [*COLUMN.items(), *WORD.items()]:
        path = folder / "experiments" / file
        source = path.read_text(encoding="utf-8")
        assert source.count(anchor) == 1
        path.write_text(source.replace(anchor, text), encoding="utf-8")
    (folder / "toy.yaml").write_text(STUDY, encoding="utf-8")
    command(folder, "-m", "experiments", "run", "toy.yaml", "--device", "cpu", "--jobs", "1", "--out", "results")
    return folder


def command(folder, *arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_their_values_are_in_the_table_and_the_curves(toy):
    with (toy / "results/toy/runs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["loss_drop"]) > 0 for row in rows)
    curves = np.load(toy / "results/toy/history/one.published.npz")["kernel_mean.hidden"]
    assert [float(row["kernel_mean.hidden"]) for row in rows if row["variant"] == "one"] == curves[:, -1].tolist()


@pytest.mark.slow
def test_claims_on_them_are_judged_and_they_are_drawn(toy):
    with (toy / "results/toy/claims.csv").open(encoding="utf-8") as file:
        claims = list(csv.DictReader(file))
    assert len(claims) == 2 and all(claim["sentence"] for claim in claims)
    assert (toy / "results/toy/figures/kernel_mean.published.png").is_file()
    page = (toy / "results/toy/report.html").read_text(encoding="utf-8")
    assert "Mean of the weights (mean of the kernel)" in page


@pytest.mark.slow
def test_editors_and_the_documentation_have_them(toy):
    assert '"kernel_mean"' in command(
        toy, "-c", "from experiments.language.schema import as_text, make_schema; print(as_text(make_schema()))"
    )
    tables = command(
        toy, "-c", "from tools.column_tables import column_table, record_table; print(column_table(), record_table())"
    )
    assert "| `loss_drop` |" in tables and "| `kernel_mean` | `kernel_mean.<layer>` |" in tables
