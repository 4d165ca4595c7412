from __future__ import annotations

import numpy as np
import pytest

from experiments.report.figures.inputs import input_figure
from experiments.report.figures.layers import LayerCurves, draw_layer_lines, lines_figure, maps_figure

ORDER = ["hidden_1", "hidden_2", "hidden_10", "output"]
WORDS = {"title": "T", "subtitle": "S", "label": "L2 norm"}


def curves(name="deep", layers=ORDER, epochs=8, scale=1.0):
    norms = {f"gradient_norm.{layer}": np.full((3, epochs), scale * 10.0**k) for k, layer in enumerate(layers)}
    return LayerCurves.from_history(name, "gradient_norm", dict(sorted(norms.items())), layers, log=True)


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
    assert 0 < low < high == 1


def test_tiny_norms_are_drawn_where_they_are():
    history = {"weight_norm.weights": np.array([[1.0, 1e-20, 1e-35]])}
    variant = LayerCurves.from_history("sgd", "weight_norm", history, ["weights"], log=True)
    axes = lines_figure([variant], log=True, **WORDS).axes[0]
    assert axes.lines[0].get_ydata() == pytest.approx([1.0, 1e-20, 1e-35])
    assert axes.get_ylim()[0] < 1e-35


def test_inputs_are_drawn_as_median_and_band():
    history = {f"input_q{q}.hidden": np.full((2, 5), float(q)) for q in (15, 50, 85)}
    ax = input_figure({"none": history}, title="T", subtitle="S").axes[0]
    assert ax.lines[0].get_ydata() == pytest.approx([50] * 5)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (15, 85)
