import math

import numpy as np
import pytest

from experiments.analysis import sweeps
from experiments.analysis.sweeps import is_geometric
from tests.analysis.examples import noise, runs, study, together, variant


def grid(values, curve, metric="test_accuracy", scale=0.01, axis="rate", **options):
    points = [variant(f"g[{axis}={v}]", grid={axis: v}, **options) for v in values]
    tables = [
        runs(p.name, **{metric: height + noise(i, scale=scale)})
        for i, (p, height) in enumerate(zip(points, curve, strict=True))
    ]
    return study(points), together(*tables)


def test_the_best_value_and_those_as_good():
    example, table = grid([0.1, 0.2, 0.3, 0.4], [0.5, 0.8, 0.8001, 0.6])
    (sweep,) = sweeps(example, table, ["test_accuracy"])
    assert sweep.values == (0.1, 0.2, 0.3, 0.4)
    assert sweep.best in (0.2, 0.3)
    assert sweep.as_good == (0.2, 0.3)
    assert [i.estimate for i in sweep.intervals] == pytest.approx([0.5, 0.8, 0.8, 0.6], abs=0.01)
    assert sweep.runs.shape == (30, 4)


def test_numbers_are_put_in_order_and_labels_left_as_they_are():
    example, table = grid([3, 1, 2], [0.3, 0.1, 0.2])
    assert sweeps(example, table, ["test_accuracy"])[0].values == (1, 2, 3)
    example, table = grid(["tanh", "relu"], [0.3, 0.1])
    (sweep,) = sweeps(example, table, ["test_accuracy"])
    assert sweep.values == ("tanh", "relu") and not sweep.numeric and sweep.best == "tanh"


def test_errors_have_their_best_value_at_the_bottom_and_geometric_means():
    example, table = grid([1, 2], [0.0, 1.0], "log", loss="mean_squared_error", metrics=())
    table["test_mse"] = np.exp(table["log"])
    (sweep,) = sweeps(example, table, ["test_mse"])
    assert sweep.best == 1
    assert sweep.intervals[1].estimate == pytest.approx(math.e, rel=0.01)


def test_a_value_with_diverged_runs_is_neither_best_nor_as_good():
    example, table = grid([1, 2, 3], [0.5, 0.6, 0.5])
    table.loc[(table["variant"] == "g[rate=2]") & (table["repeat"] == 0), "diverged"] = 1
    (sweep,) = sweeps(example, table, ["test_accuracy"])
    assert sweep.diverged == (0, 1, 0)
    assert sweep.best in (1, 3) and 2 not in sweep.as_good
    assert sweep.intervals[1].n == 29
    table["diverged"] = 1
    assert sweeps(example, table, ["test_accuracy"])[0].best is None


def test_a_second_axis_gives_a_line_for_each_of_its_values():
    points = [variant(f"g[norm={n},rate={r}]", grid={"norm": n, "rate": r}) for n in (1, 2) for r in (0.1, 0.2, 0.3)]
    table = together(*(runs(p.name, test_accuracy=noise(i)) for i, p in enumerate(points)))
    found = sweeps(study(points), table, ["test_accuracy"])
    assert [(s.axis, s.others, len(s.values)) for s in found] == [
        ("norm", {"rate": 0.1}, 2),
        ("norm", {"rate": 0.2}, 2),
        ("norm", {"rate": 0.3}, 2),
        ("rate", {"norm": 1}, 3),
        ("rate", {"norm": 2}, 3),
    ]


@pytest.mark.parametrize(
    ("values", "geometric"),
    [
        ([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1], True),
        ([2, 4, 8, 16, 32], True),
        ([50, 100, 200, 500, 1437], True),
        ([0.01, 0.03, 0.1, 0.3, 1.0], True),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], False),
        (list(range(1, 11)), False),
        ([0, 0.1, 1, 10], False),
        ([1, 100], False),
        (["a", "b", "c"], False),
    ],
)
def test_geometric_axes(values, geometric):
    assert is_geometric(values) == geometric


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0, 0.01, 0.1, 1], (0.001, 0.01, 0.1, 1)),
        ([0, 1e-5, 1e-4, 1e-2], (1e-6, 1e-5, 1e-4, 1e-2)),
        ([0.01, 0.1, 1], (0.01, 0.1, 1)),
        ([0, 1, 2, 3], (0, 1, 2, 3)),
        (["a", "b"], (0, 1)),
    ],
    ids=str,
)
def test_a_zero_stands_one_step_before_a_logarithmic_axis(values, places):
    example, table = grid(values, [0.5] * len(values))
    (sweep,) = sweeps(example, table, ["test_accuracy"])
    assert sweep.places == pytest.approx(places)


def test_no_runs_no_line():
    example, _ = grid([1, 2], [0.5, 0.6])
    assert sweeps(example, together(runs("g[rate=1]"))) == []
