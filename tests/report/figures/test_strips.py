from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import Interval
from experiments.report.figures.strips import Margin, Mark, Strip, StripPanel, draw_strips, margin_signs, strips_figure
from experiments.report.figures.style import BLUE, GREEN, VERMILION


def strip(*values, low=0.1, high=0.3):
    return Strip.of_interval(np.array(values, float), Interval(0.2, low, high, len(values)))


def panel(**changes):
    given = {"title": "", "label": "accuracy", "rows": ["a", "b"], "kinds": {BLUE: [strip(0.1, 0.3), strip(0.2)]}}
    return StripPanel(**given | changes)


def test_every_run_is_a_dot_in_its_row(ax):
    draw_strips(ax, panel())
    dots = [c.get_offsets() for c in ax.collections]
    assert list(dots[0][:, 0]) == [0.1, 0.3]
    assert list(dots[1][:, 1]) == [1]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_the_whisker_is_the_interval(ax):
    draw_strips(ax, panel())
    assert any(list(line.get_xdata()) == [0.1, 0.3] for line in ax.lines)


def test_equal_values_stay_visible_beside_each_other_and_in_their_row(ax):
    draw_strips(ax, panel(kinds={BLUE: [strip(*[0.9] * 30), None]}))
    y = ax.collections[0].get_offsets()[:, 1]
    assert len(np.unique(y)) == 30
    assert np.abs(y).max() < 0.5


def test_runs_without_a_finite_value_are_not_drawn(ax):
    draw_strips(ax, panel(kinds={BLUE: [strip(0.1, np.inf, np.nan), None]}))
    assert len(ax.collections[0].get_offsets()) == 1


def test_no_difference_is_a_line(ax):
    draw_strips(ax, panel(null=0.0))
    assert list(ax.lines[0].get_xdata()) == [0.0, 0.0]


def test_figures_of_others_do_not_hide_each_other(ax):
    marks = [Mark(0, 0.5, "tutorial"), Mark(0, 0.5, "reader"), Mark(1, 0.7, "reader")]
    draw_strips(ax, panel(marks=marks))
    signs = [line for line in ax.lines if line.get_marker() not in ("", "None", None)]
    places = {(line.get_xdata()[0], line.get_ydata()[0]) for line in signs}
    assert len(places) == 3
    assert len({line.get_marker() for line in signs}) == 2


def test_two_protocols_stand_below_each_other_within_a_row(ax):
    draw_strips(ax, panel(kinds={BLUE: [strip(0.1), None], GREEN: [strip(0.2), strip(0.3)]}))
    y = [c.get_offsets()[0, 1] for c in ax.collections]
    assert -0.5 < y[0] < 0 < y[1] < 0.5


def test_median_and_middle_half():
    row = Strip.of_median(np.array([1.0, 2, 3, 4, 5, np.nan]))
    assert (row.low, row.middle, row.high) == (2, 3, 4)
    assert row.note == "median 3"


def test_panels_of_a_figure_are_as_high_as_their_rows_ask():
    figure = strips_figure(
        [panel(), panel(rows=list("abcdef"), kinds={BLUE: [None] * 6})], title="T", subtitle="S", handles={}
    )
    heights = [ax.get_position().height for ax in figure.axes]
    assert heights[1] > 2 * heights[0]


def test_an_equality_has_a_band_and_a_margin_a_line_in_their_rows_only(ax):
    draw_strips(ax, panel(null=0.0, margins=[Margin(0, -0.05, 0.05), Margin(1, -0.01, -0.01)]))
    band = ax.collections[0].get_paths()[0].vertices
    assert (band[:, 0].min(), band[:, 0].max()) == (-0.05, 0.05)
    assert -0.5 < band[:, 1].min() < band[:, 1].max() < 0.5
    line = next(line for line in ax.lines if line.get_color() == VERMILION)
    assert list(line.get_xdata()) == [-0.01, -0.01]
    assert 0.5 < min(line.get_ydata()) < max(line.get_ydata()) < 1.5


def test_the_legend_names_the_margins_that_there_are():
    assert margin_signs([]) == {}
    band, line = "counts as equal by the claim", "where the claim draws the line"
    assert list(margin_signs([Margin(0, -1, 1)])) == ["no difference", band]
    assert list(margin_signs([Margin(0, -1, 1), Margin(1, 2, 2)])) == ["no difference", band, line]


def test_a_moved_strip_keeps_its_width_and_note():
    moved = Strip(np.array([0.1, 0.2]), 0.15, 0.1, 0.2, "open").moved(-0.1)
    assert moved.values == pytest.approx([0.0, 0.1])
    assert (moved.middle, moved.low, moved.high) == pytest.approx((0.05, 0.0, 0.1))
    assert moved.note == "open"
