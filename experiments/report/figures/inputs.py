"""The distribution of what a unit receives, over the epochs: steady with normalization, drifting without."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.report.figures.curves import summarise_curve
from experiments.report.figures.style import COLUMNS, GREY, PALETTE, draw_band, draw_line, label_outer, sheet

_QUANTILES = ("input_q15", "input_q50", "input_q85")


def draw_inputs(ax: Axes, history: Mapping[str, np.ndarray], layer: str, colour: str) -> None:
    """Draw the median of a unit's inputs, and the band from their 15th to their 85th percentile.

    Args:
        ax: Where to.
        history: With ``input_q15.<layer>``, ``input_q50.<layer>`` and ``input_q85.<layer>``, each (run, epoch).
        layer: Which.
        colour: Of line and band.
    """
    low, middle, high = (summarise_curve(history[f"{quantile}.{layer}"]) for quantile in _QUANTILES)
    draw_line(ax, middle.epochs, middle.mean, color=colour)
    draw_band(ax, middle.epochs, low.mean, high.mean, colour=colour, alpha=0.2)


def input_figure(histories: Mapping[str, Mapping[str, np.ndarray]], *, title: str, subtitle: str) -> Figure:
    """Draw the inputs of each layer's first unit, a panel for each variant, all on one scale.

    Args:
        histories: Variant name to its arrays, the baseline first.
        title: Of the figure.
        subtitle: How to read it.
    """
    layers = {name: layers_of(history) for name, history in histories.items()}
    colours = {
        layer: PALETTE[i % 7] for i, layer in enumerate(dict.fromkeys(x for own in layers.values() for x in own))
    }
    handles: dict[str, Line2D | Patch] = {
        f"{layer}: median": Line2D([], [], color=colour) for layer, colour in colours.items()
    }
    handles["15th to 85th percentile"] = Patch(color=GREY, alpha=0.3)
    figure, axes = sheet(len(histories), title=title, subtitle=subtitle, handles=handles)
    for ax, (name, history) in zip(axes, histories.items(), strict=True):
        ax.set_title(name)
        for layer in layers[name]:
            draw_inputs(ax, history, layer, colours[layer])
    label_outer(axes, COLUMNS, "epoch", "input before the activation")
    return figure


def layers_of(history: Mapping[str, np.ndarray]) -> list[str]:
    """List the layers whose inputs were recorded."""
    return [key.removeprefix("input_q50.") for key in history if key.startswith("input_q50.")]
