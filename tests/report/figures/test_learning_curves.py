from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from experiments.report.figures.curve_summary import VariantCurves, summarise_curve
from experiments.report.figures.learning_curves import draw_curve, learning_figure
from experiments.report.figures.style import BLUE, ORANGE

RANDOM = np.random.default_rng(1)


def variant(name, *, train=0.9, test=0.7, runs=6, epochs=20, diverged=()):
    lost = np.isin(np.arange(runs), diverged)
    sets = {key: level + RANDOM.normal(0, 0.01, (runs, epochs)) for key, level in (("train", train), ("test", test))}
    for values in sets.values():
        values[lost, epochs // 2 :] = np.nan
    return VariantCurves(name, sets, lost)


def figure_of(*variants, **kwargs):
    return learning_figure(variants, title="T", subtitle="S", label="accuracy", bounded=True, **kwargs)


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def test_a_curve_is_drawn_as_mean_band_and_single_runs(ax):
    curve = summarise_curve(np.array([[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]]))
    draw_curve(ax, curve, BLUE)
    assert ax.lines[0].get_ydata() == pytest.approx([0.2, 0.3, 0.4])
    assert len(ax.collections[0].get_segments()) == 2
    assert to_hex(ax.lines[0].get_color()) == BLUE.lower()


def test_the_mean_is_dotted_where_runs_have_ended(ax):
    values = np.ones((4, 6))
    values[0, 3:] = np.nan
    draw_curve(ax, summarise_curve(values), BLUE)
    assert [line.get_linestyle() for line in ax.lines] == ["-", ":"]
    assert ax.lines[1].get_xdata()[0] == 3


def test_all_panels_share_one_scale_and_are_named():
    figure = figure_of(variant("baseline"), variant("dropout", test=0.3))
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["baseline", "dropout"]
    assert first.get_ylabel() == "accuracy"
    assert first.get_xlabel() == second.get_xlabel() == "epoch"


def test_the_baseline_is_repeated_behind_the_others():
    baseline = variant("baseline")
    figure = figure_of(baseline, variant("dropout", test=0.3))
    expected = baseline.sets["test"].mean(axis=0)
    assert any(np.allclose(line.get_ydata(), expected) for line in figure.axes[1].lines)
    assert "baseline, test" in legend_of(figure)


def test_the_legend_gives_the_number_of_runs_and_names_the_band():
    labels = legend_of(figure_of(variant("baseline", runs=6), variant("more", runs=9)))
    assert "train: mean of N = 6–9 runs" in labels
    assert "95 % interval of the mean" in labels


def test_train_and_test_keep_their_colours():
    ax = figure_of(variant("baseline")).axes[0]
    assert [to_hex(line.get_color()) for line in ax.lines[:2]] == [BLUE.lower(), ORANGE.lower()]


def test_diverged_runs_are_counted_and_marked():
    figure = figure_of(variant("baseline"), variant("wild", diverged=(0, 3)))
    ax = figure.axes[1]
    assert "2 of 6 runs diverged" in texts_of(ax)
    crosses = [c.get_offsets()[:, 0].tolist() for c in ax.collections if c.__class__.__name__ == "PathCollection"]
    assert crosses == [[10, 10], [10, 10]]  # of train and of test
    assert "a run diverged here" in legend_of(figure)


def test_all_diverged_says_so():
    lost = VariantCurves("wild", {"train": np.full((3, 1), np.nan)}, np.ones(3, bool))
    figure = learning_figure([lost], title="T", subtitle="S", label="loss")
    assert texts_of(figure.axes[0]) == ["3 of 3 runs diverged:\nno finite value to draw"]


def test_nothing_measured_says_so():
    figure = learning_figure([VariantCurves("later", {})], title="T", subtitle="S", label="loss")
    assert texts_of(figure.axes[0]) == ["no value to draw"]


def test_losses_over_many_powers_of_ten_get_a_log_axis_that_is_named():
    falling = np.geomspace(1, 1e-5, 40)[None].repeat(3, axis=0)
    figure = learning_figure([VariantCurves("baseline", {"train": falling})], title="T", subtitle="S", label="loss")
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_ylabel() == "loss, log scale"
    assert "train: geometric mean of N = 3 runs" in legend_of(figure)
