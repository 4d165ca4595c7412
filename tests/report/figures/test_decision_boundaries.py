from __future__ import annotations

import numpy as np

from experiments.report.figures.decision_boundaries import Boundary, boundaries_figure, draw_boundary

RANDOM = np.random.default_rng(2)


def arrays(classes=2, runs=3):
    x = np.linspace(-2, 2, 20)
    plane = np.tile((x > 0).astype(np.float16) * (classes - 1), (runs, 20, 1))
    points = RANDOM.uniform(-1, 1, (30, 2))
    labels = np.arange(30) % classes
    return {
        "x": x, "y": np.linspace(-1, 1, 20), "probability": plane, "mean_probability": plane[0],
        "train_x": points[:10], "train_y": labels[:10], "test_x": points[10:], "test_y": labels[10:],
    }  # fmt: skip


def test_the_boundary_runs_where_the_probability_crosses_one_half(ax):
    draw_boundary(ax, Boundary.from_arrays("b", arrays()))
    contours = [c for c in ax.collections if c.__class__.__name__ == "QuadContourSet"]
    assert len(contours) == 4  # one a run, one of the mean
    crossing = contours[-1].get_paths()[0].vertices[:, 0]
    assert np.abs(crossing).max() < 0.2


def test_training_and_test_points_are_drawn(ax):
    given = arrays()
    draw_boundary(ax, Boundary.from_arrays("b", given))
    points = [c.get_offsets() for c in ax.collections if c.__class__.__name__ == "PathCollection"]
    assert [len(p) for p in points] == [20, 10]
    assert np.allclose(points[1], given["train_x"])


def test_more_than_two_classes_are_decided_by_majority(ax):
    boundary = Boundary.from_arrays("b", arrays(classes=3))
    assert boundary.classes == 3
    draw_boundary(ax, boundary)
    colours = ax.images[0].get_array()
    assert len({tuple(np.round(colours[0, column], 3)) for column in (0, -1)}) == 2


def test_diverged_runs_are_left_out_and_all_diverged_says_so(ax):
    given = arrays()
    given["probability"][0] = np.nan
    assert len(Boundary.from_arrays("b", given).probability) == 2
    given["probability"][:] = np.nan
    draw_boundary(ax, Boundary.from_arrays("b", given))
    assert "every run diverged" in ax.texts[0].get_text()


def test_panels_stand_side_by_side_on_one_scale():
    figure = boundaries_figure([Boundary.from_arrays(n, arrays()) for n in ("a", "b")], title="T", subtitle="S")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["a", "b"]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim() == (-2, 2)
