from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.analysis.intervals import t_interval
from experiments.analysis.sweeps import Sweep
from experiments.report.figures.style import BLACK, BLUE
from experiments.report.figures.sweep_figures import SweepPanel, draw_best, draw_sweep, sweeps_figure

RANDOM = np.random.default_rng(3)


def sweep(values=(0.001, 0.01, 0.1), level=0.8, **changes):
    runs = pd.DataFrame({value: level + RANDOM.normal(0, 0.01, 5) for value in values})
    numeric = all(isinstance(value, float) for value in values)
    given = {
        "group": "rate", "axis": "rate", "others": {}, "metric": "test_accuracy", "column": "test_accuracy",
        "protocol": "published", "values": tuple(values), "numeric": numeric, "logarithmic": numeric, "runs": runs,
        "intervals": tuple(t_interval(runs[value]) for value in values), "diverged": (0,) * len(values),
        "best": values[1], "as_good": tuple(values[1:]),
    }  # fmt: skip
    return Sweep(**given | changes)


def figure_of(*panels):
    return sweeps_figure(panels, title="T", subtitle="S", columns=2)


def test_mean_band_and_single_runs_over_the_values(ax):
    given = sweep()
    draw_sweep(ax, given, BLUE)
    assert ax.lines[0].get_xdata() == pytest.approx([0.001, 0.01, 0.1])
    assert ax.lines[0].get_ydata() == pytest.approx([i.estimate for i in given.intervals])
    assert len(ax.collections[0].get_segments()) == 5


def test_the_best_value_has_a_star_and_those_as_good_a_line(ax):
    given = sweep()
    draw_best(ax, given)
    star, line, dots = ax.lines
    assert star.get_xdata()[0] == 0.01
    assert line.get_xdata() == pytest.approx([0.01, 0.1])
    assert dots.get_xdata() == pytest.approx([0.01, 0.1])


def test_no_best_without_finite_values(ax):
    draw_best(ax, sweep(best=None, as_good=()))
    assert not ax.lines


def test_geometric_values_get_a_log_axis_with_a_tick_each():
    ax = figure_of(SweepPanel("published", "accuracy", {"test": sweep()})).axes[0]
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.001", "0.01", "0.1"]


def test_labels_stand_at_equal_distances():
    ax = figure_of(SweepPanel("published", "accuracy", {"test": sweep(values=("sgd", "adam", "rmsprop"))})).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["sgd", "adam", "rmsprop"]
    assert list(ax.get_xticks()) == [0, 1, 2]


def test_train_and_test_stand_together_and_the_best_is_judged_on_test_rows():
    panel = SweepPanel("published", "accuracy", {"train": sweep(best=0.1), "test": sweep(best=0.001)})
    ax = figure_of(panel).axes[0]
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert [star.get_xdata()[0] for star in stars] == [0.001]
    assert {line.get_color() for line in ax.lines} >= {BLUE, BLACK}


def test_panels_of_one_metric_share_their_scale():
    given = (("published", "accuracy", 0.5), ("fresh", "accuracy", 0.9), ("published", "loss", 3.0))
    axes = figure_of(*(SweepPanel(title, label, {"test": sweep(level=level)}) for title, label, level in given)).axes
    assert axes[0].get_ylim() == axes[1].get_ylim() != axes[2].get_ylim()


def test_diverged_runs_are_counted_above_their_value():
    ax = figure_of(SweepPanel("published", "accuracy", {"test": sweep(diverged=(0, 0, 4))})).axes[0]
    assert [text.get_text() for text in ax.texts] == ["4"]


def test_of_a_norm_no_value_is_called_best():
    ax = figure_of(SweepPanel("published", "weight norm", {"": sweep()})).axes[0]
    assert not [line for line in ax.lines if line.get_marker() == "*"]
