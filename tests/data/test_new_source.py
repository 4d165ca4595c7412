"""A data source is added in two places: its function in the data package, and its arguments in the language."""

import pytest

from experiments.data.sources import FIXED, GENERATORS
from experiments.language.allowed import FIXED_ROWS
from experiments.language.signatures import classes
from tests.additions import run_with_additions

ADDITIONS = {
    "data/sources.py": {
        "from experiments.seeds import derive_seed\n": """

def _stripes(n_samples: int = 100, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(random_state).random((n_samples, 2))
    return x, (x[:, 0] * 4).astype(int) % 2
""",
        "GENERATORS: dict[str, Generator] = {\n": '    "make_stripes": Generator(separate_call, _stripes),\n',
        "FIXED: dict[str, Callable[..., SourceRows]] = {\n": (
            '    "corners": lambda: SourceRows(np.eye(4), np.arange(4)),\n'
        ),
    },
    "language/allowed.py": {
        '        "sources": {\n': (
            '            "corners": {},\n'
            '            "make_stripes": {"n_samples": {"default": 100}, "random_state": {"default": None}},\n'
        ),
        "FIXED_ROWS: Final = {": '"corners": 4, ',
    },
}

STUDY = """
title: A toy
question: Does a new source work?
source: Nowhere, Unit 0
data:
  points: {make_stripes: {n_samples: 50}}
  split: {train: 30, test: 20}
model:
  output: {Dense: {units: 1, activation: sigmoid}}
training: {optimizer: SGD, loss: mse, epochs: 1}
repeats: 2
variants:
  baseline: {}
  corners:
    data.points: corners
    data.split: {train: 3, test: 1}
    protocols: [published]
  too_many:
    data.split.train: 31
"""

SCRIPT = f"""
from pathlib import Path

from experiments.data import load_data
from experiments.errors import ConfigError
from experiments.language import load_study

Path("toy.yaml").write_text({STUDY!r})
try:
    load_study(Path("toy.yaml"))
except ConfigError as error:
    print(error.problems[0].message)
Path("toy.yaml").write_text({STUDY.partition("  too_many")[0]!r})
study = load_study(Path("toy.yaml"))
for run in study.runs():
    data = load_data(run.config, run.protocol, run.seed)
    fresh = None if data.x_fresh is None else data.x_fresh.shape
    print(run.variant, run.protocol, data.x_train.shape, data.x_test.shape, fresh, round(float(data.x_train.sum()), 3))
"""


@pytest.mark.slow
def test_sources_in_two_places_are_checked_and_drawn(tmp_path):
    problem, *lines = run_with_additions(tmp_path, ADDITIONS, SCRIPT).splitlines()
    assert "the source has 50" in problem
    published, again, first, second, *corners = lines
    assert published == again
    assert published.startswith("baseline published (30, 2) (20, 2) (10000, 2)")
    assert first.startswith("baseline fresh (30, 2) (20, 2) (10000, 2)")
    assert first != second
    assert corners == ["corners published (3, 4) (1, 4) None 3.0"] * 2


def test_both_places_have_the_same_sources():
    assert set(GENERATORS) | set(FIXED) == set(classes("sources"))
    assert set(FIXED) == {*FIXED_ROWS, "table"}


def test_the_rows_of_fixed_sources_are_counted_right():
    counts = {name: len(draw().x) for name, draw in FIXED.items() if name.startswith("load_")}
    assert counts == {name: FIXED_ROWS[name] for name in counts}
