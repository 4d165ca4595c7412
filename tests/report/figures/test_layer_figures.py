from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from experiments.report.figures.layer_figures import (
    LayerCurves,
    draw_layer_lines,
    input_figure,
    lines_figure,
    maps_figure,
)
from experiments.report.figures.style import PURPLE

ORDER = ["hidden_1", "hidden_2", "hidden_10", "output"]
WORDS = {"title": "T", "subtitle": "S", "label": "L2 norm"}


def curves(name="deep", layers=ORDER, epochs=8, scale=1.0):
    norms = {f"gradient_norm.{layer}": np.full((3, epochs), scale * 10.0**k) for k, layer in enumerate(layers)}
    return LayerCurves.from_history(name, "gradient_norm", dict(sorted(norms.items())), layers, log=True)


def deep():
    norms = {"gradient_norm.hidden": np.full((3, 4), 1e-15), "gradient_norm.output": np.ones((3, 4))}
    return LayerCurves.from_history("deep", "gradient_norm", norms, ["hidden", "output"], log=True)


def test_layers_stand_in_the_order_of_the_network():
    epochs, table = curves().table()
    assert list(curves().layers) == ORDER
    assert table[:, 0] == pytest.approx([1, 10, 100, 1000])
    assert list(epochs) == list(range(1, 9))


def test_a_map_has_a_row_a_layer_on_a_common_log_scale():
    figure = maps_figure([curves("a"), curves("b", scale=0.01)], log=True, **WORDS)
    maps = [ax.collections[0] for ax in figure.axes[:2]]
    assert maps[0].get_array().shape == (4, 8)
    assert maps[0].norm is maps[1].norm
    assert (maps[0].norm.vmin, maps[0].norm.vmax) == pytest.approx((0.01, 1000))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ORDER


def test_below_the_map_each_layer_is_a_line():
    figure = maps_figure([curves()], log=True, **WORDS)
    lines = figure.axes[1].lines
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([1, 10, 100, 1000])
    assert figure.axes[1].get_yscale() == "log"


def test_lines_of_variants_share_a_panel_for_each_layer():
    layers = ["hidden", "output"]
    figure = lines_figure([curves("a", layers), curves("b", layers, scale=2)], log=True, **WORDS)
    assert [ax.get_title(loc="left") for ax in figure.axes] == layers
    assert [line.get_ydata()[0] for line in figure.axes[0].lines] == pytest.approx([1, 2])


def test_vanished_gradients_do_not_break_the_log_scale(ax):
    history = {"gradient_norm.hidden": np.zeros((3, 4)), "gradient_norm.output": np.ones((3, 4))}
    variant = LayerCurves.from_history("dead", "gradient_norm", history, ["hidden", "output"], log=True)
    draw_layer_lines(ax, variant)
    figure = maps_figure([variant], log=True, **WORDS)
    assert figure.axes[0].collections[0].get_array().shape == (2, 4)
    low, high = figure.axes[1].get_ylim()
    assert 0 < low < 1 < high


def test_tiny_norms_are_drawn_where_they_are():
    history = {"weight_norm.weights": np.array([[1.0, 1e-20, 1e-35]])}
    variant = LayerCurves.from_history("sgd", "weight_norm", history, ["weights"], log=True)
    axes = lines_figure([variant], log=True, **WORDS).axes[0]
    assert axes.lines[0].get_ydata() == pytest.approx([1.0, 1e-20, 1e-35])
    assert axes.get_ylim()[0] < 1e-35


def test_exact_zeros_of_a_map_have_a_colour_of_their_own_and_a_sign_below_the_lines():
    values = np.array([[1.0, 0.5, 0.0, 0.0]] * 3)
    history = {"gradient_norm.hidden": values, "gradient_norm.output": np.ones((3, 4))}
    variant = LayerCurves.from_history("dead", "gradient_norm", history, ["hidden", "output"], log=True)
    figure = maps_figure([variant], log=True, **WORDS)
    cells = figure.axes[0].collections[0]
    assert cells.get_array().mask.tolist() == [[False, False, True, True], [False] * 4]
    colours = cells.cmap(cells.norm(cells.get_array()))
    assert (colours[0, 2] == to_rgba(PURPLE)).all()
    assert cells.norm.vmin == 0.5  # zeros do not stretch the scale
    signs = [line for line in figure.axes[1].lines if line.get_marker() == "v"]
    assert [list(line.get_xdata()) for line in signs] == [[3, 4]]
    assert {text.get_text() for text in figure.legends[0].get_texts()} > {
        "map: exactly 0 in most runs",
        "lines: exactly 0 in most runs",
    }


def test_a_map_without_zeros_does_not_name_them():
    legend = maps_figure([curves()], log=True, **WORDS).legends[0]
    assert not any("exactly 0" in text.get_text() for text in legend.get_texts())


def test_runs_at_zero_are_left_out_of_a_geometric_mean():
    history = {"gradient_norm.hidden": np.array([[1.0], [4.0], [0.0]])}
    variant = LayerCurves.from_history("some", "gradient_norm", history, ["hidden"], log=True)
    assert variant.layers["hidden"].mean == pytest.approx([2.0])
    assert variant.positive_only
    assert not variant.has_zeros


def test_the_colour_bar_has_an_arrow_where_values_lie_below_it():
    whole, cut = (maps_figure([variant], log=True, **WORDS).axes[-1] for variant in (curves(), deep()))
    assert len(cut.patches) == len(whole.patches) + 1


def test_inputs_are_drawn_as_median_and_band():
    history = {f"input_q{q}.hidden": np.full((2, 5), float(q)) for q in (15, 50, 85)}
    ax = input_figure({"none": history}, title="T", subtitle="S").axes[0]
    assert ax.lines[0].get_ydata() == pytest.approx([50] * 5)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (15, 85)
