from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.report.figures.curve_summary import MOST_RUNS, summarise_curve, wants_log


def test_the_band_is_the_t_interval_of_the_mean():
    values = np.random.default_rng(0).normal(1, 0.1, (30, 5))
    curve = summarise_curve(values)
    for epoch in range(5):
        expected = stats.t.interval(0.95, 29, values[:, epoch].mean(), stats.sem(values[:, epoch]))
        assert (curve.low[epoch], curve.high[epoch]) == pytest.approx(expected)
    assert curve.mean == pytest.approx(values.mean(axis=0))
    assert list(curve.epochs) == [1, 2, 3, 4, 5]


def test_one_run_has_a_line_and_no_band():
    curve = summarise_curve(np.array([[0.5, 0.6, 0.7]]))
    assert list(curve.mean) == list(curve.low) == list(curve.high) == [0.5, 0.6, 0.7]


def test_on_a_log_scale_the_mean_is_geometric():
    curve = summarise_curve(np.array([[1.0, 10.0], [100.0, 10.0]]), log=True)
    assert curve.mean == pytest.approx([10, 10])
    assert curve.low[1] == pytest.approx(10)


def test_zeros_on_a_log_scale_count_as_the_smallest_positive_value():
    curve = summarise_curve(np.array([[1.0, 0.0], [1.0, 0.01]]), log=True)
    assert curve.mean == pytest.approx([1, 0.01])


def test_the_mean_says_where_runs_have_ended_and_stops_below_half_of_them():
    values = np.ones((4, 10))
    values[0, 3:] = np.nan
    values[1, 6:] = np.nan
    values[2, 8:] = np.nan
    curve = summarise_curve(values)
    assert curve.epochs[-1] == 8
    assert list(curve.complete) == [True] * 3 + [False] * 5


def test_validation_every_few_epochs_gives_only_those_epochs():
    values = np.full((2, 9), np.nan)
    values[:, 2::3] = 0.5
    curve = summarise_curve(values)
    assert list(curve.epochs) == [3, 6, 9]
    assert curve.complete.all()


def test_diverged_runs_end_at_their_last_finite_value():
    values = np.array([[1.0, 2.0, np.inf], [np.nan, np.nan, np.nan], [1.0, 1.0, 1.0]])
    curve = summarise_curve(values, diverged=np.array([True, True, False]))
    assert curve.ends[0].tolist() == [2, 2]
    assert curve.ends[1, 0] == 1
    assert np.isnan(curve.ends[1, 1])


def test_long_curves_are_thinned_out_but_keep_their_ends():
    values = np.arange(4000.0)[None].repeat(3, axis=0)
    curve = summarise_curve(values)
    assert len(curve.epochs) <= 400
    assert (curve.epochs[0], curve.epochs[-1]) == (1, 4000)
    assert curve.runs[0][-1].tolist() == [4000, 3999]


def test_nothing_finite_gives_an_empty_curve():
    curve = summarise_curve(np.full((3, 4), np.nan), diverged=np.ones(3, bool))
    assert curve.epochs.size == 0
    assert len(curve.ends) == 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.geomspace(1, 1e-4, 50)[None], True),
        (np.linspace(0.7, 0.3, 50)[None], False),
        (np.linspace(-1, 1, 50)[None], False),
        (np.full((2, 5), np.nan), False),
    ],
)
def test_the_log_scale_is_asked_for_by_the_range(values, expected):
    assert wants_log([values]) is expected


def test_at_most_100_single_runs_are_drawn_and_all_of_them_count():
    values = np.arange(250.0)[:, None] + np.zeros((250, 3))
    curve = summarise_curve(values)
    assert len(curve.runs) == MOST_RUNS == 100
    assert curve.count == 250
    assert curve.mean == pytest.approx([124.5] * 3)
