"""Figures of what was recorded per layer and epoch (norms, shares, spreads, inputs): heat maps, lines and bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.column_types import RecordedCurve
from experiments.columns import CURVES
from experiments.report.figures.curve_summary import Curve, summarise_curve
from experiments.report.figures.results import Results
from experiments.report.figures.style import (
    COLUMNS,
    GREY,
    PALETTE,
    PURPLE,
    Colour,
    Size,
    draw_band,
    draw_line,
    label_outer,
    log_axis,
    say,
    sheet,
    wrap_label,
)
from experiments.report.wording import protocol_label

# With up to two layers there is nothing to map: variants are compared in one panel a layer instead.
FEW_LAYERS = 2
_DEEPEST = 1e-9
_ZERO = "exactly 0 in most runs"
_STYLES = ("-", "--", "-.", ":")
_MAP = Size(width=3.9, gap_x=1.7, gap_y=0.95, left=1.75, right=1.4)
_LINES = Size(width=6.4, height=4.2)
_QUANTILES = ("input_q15", "input_q50", "input_q85")


@dataclass(frozen=True)
class LayerCurves:
    """One probe of one variant.

    Attributes:
        name: The variant.
        layers: Layer name, in the network's order, to its curve over the epochs.
        positive_only: Whether means leave out runs that are exactly 0 at an epoch, which a log scale has no place for.
    """

    name: str
    layers: Mapping[str, Curve]
    positive_only: bool = False

    @classmethod
    def from_history(
        cls, name: str, probe: str, history: Mapping[str, np.ndarray], order: Sequence[str], *, log: bool
    ) -> LayerCurves:
        """Pick a probe's arrays out of a variant's history.

        Args:
            name: The variant.
            probe: Such as ``gradient_norm``; the arrays are called ``gradient_norm.<layer>``, shape (run, epoch).
            history: The variant's arrays.
            order: Layer names from input to output.
            log: Whether means are geometric, for a log scale.
        """
        found = {layer: history[f"{probe}.{layer}"] for layer in order if f"{probe}.{layer}" in history}
        curves = {layer: summarise_curve(v, log=log, zeros_apart=log) for layer, v in found.items()}
        return cls(name, curves, positive_only=log and any((v == 0).any() for v in found.values()))

    @property
    def has_zeros(self) -> bool:
        """Whether some layer was exactly 0 at some epoch, on a log scale."""
        return any(curve.zeros.size for curve in self.layers.values())

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the epochs that all layers have, and the means as (layer, epoch), NaN where they are exactly 0."""
        lines = [_line_with_gaps(curve) for curve in self.layers.values()]
        epochs = np.array(sorted(set.intersection(*(set(at.tolist()) for at, *_ in lines))), int)
        return epochs, np.stack([mean[np.isin(at, epochs)] for at, mean, *_ in lines])


def layer_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw every recorded curve by layer and epoch, under one protocol: norms hardly depend on the data."""
    for protocol in results.protocols[:1]:
        for probe in (curve for curve in CURVES.values() if curve.title):
            variants = [curves for curves in _layer_curves(results, protocol, probe) if curves.layers]
            if not any(
                curve.epochs.size or curves.has_zeros for curves in variants for curve in curves.layers.values()
            ):
                continue
            deepest = max(len(curves.layers) for curves in variants)
            mean = "geometric mean" if probe.log else "mean"
            runs = "runs above 0" if any(curves.positive_only for curves in variants) else "runs"
            draw = maps_figure if deepest > FEW_LAYERS else lines_figure
            yield (
                f"{probe.name}.{protocol}",
                draw(
                    variants,
                    title=f"{results.study.title}: {probe.title[0].lower()}{probe.title[1:]}",
                    subtitle=f"{protocol_label(protocol)} · {mean} of the {runs}",
                    label=probe.label,
                    log=probe.log,
                ),
            )


def input_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw the quantiles of a unit's inputs over the epochs, where they were recorded."""
    for protocol in results.protocols[:1]:
        histories = {variant.name: results.history(variant.name, protocol) for variant in results.drawn}
        recorded = {name: h for name, h in histories.items() if any(key.startswith("input_q50.") for key in h)}
        if recorded:
            yield (
                f"input_quantiles.{protocol}",
                input_figure(
                    recorded,
                    title=f"{results.study.title}: inputs of a layer's first unit",
                    subtitle=f"{protocol_label(protocol)} · quantiles over the training rows, mean of the runs",
                ),
            )


def draw_layer_map(ax: Axes, curves: LayerCurves, norm: Normalize) -> None:
    """Draw layer × epoch as a heat map, the first layer at the bottom.

    Args:
        ax: Where to.
        curves: What.
        norm: Maps values to colours, the same for all panels that are compared.
    """
    epochs, table = curves.table()
    ax.grid(visible=False)
    if not epochs.size:
        say(ax, "no finite value to draw")
        return
    edges = np.concatenate([[epochs[0] - 0.5], (epochs[:-1] + epochs[1:]) / 2, [epochs[-1] + 0.5]])
    colours = mpl.colormaps["viridis"].with_extremes(bad=PURPLE)
    ax.pcolormesh(edges, np.arange(len(table) + 1) - 0.5, table, norm=norm, cmap=colours, rasterized=True)
    ax.set_yticks(range(len(table)), list(curves.layers))


def draw_layer_lines(ax: Axes, curves: LayerCurves) -> None:
    """Draw one line a layer, dark for the first and light for the last, with 95 % bands, broken where it is exactly 0.

    Args:
        ax: Where to.
        curves: What.
    """
    for curve, colour in zip(curves.layers.values(), layer_colours(len(curves.layers)), strict=True):
        _draw_layer(ax, curve, alpha=0.2, color=colour, linewidth=1.8)


def layer_colours(count: int) -> list[Colour]:
    """Colours from the first layer (dark) to the last (light but still visible on white)."""
    return [tuple(mpl.colormaps["plasma"](x)) for x in np.linspace(0.0, 0.85, count)]


def maps_figure(variants: Sequence[LayerCurves], *, title: str, subtitle: str, label: str, log: bool) -> Figure:
    """Draw a heat map for each variant above its lines, all on one scale.

    Args:
        variants: The baseline first; each with at least one layer.
        title: Of the figure.
        subtitle: How to read it.
        label: Name and unit of the value.
        log: Logarithmic colours and axis.
    """
    columns = min(COLUMNS, len(variants))
    blocks = [list(variants[i : i + columns]) for i in range(0, len(variants), columns)]
    # A block of heat maps, then the same variants' lines below them; the last block may have fewer variants.
    cells = [
        (variant, kind)
        for block in blocks
        for kind in ("map", "lines")
        for variant in [*block, *[None] * (columns - len(block))]
    ]
    figure, axes = sheet(
        len(cells),
        title=title,
        subtitle=subtitle,
        handles=_layer_handles(zeros=any(variant.has_zeros for variant in variants)),
        columns=columns,
        size=_MAP,
        share=False,
    )
    norm = _norm(variants, log=log)
    for ax, (variant, kind) in zip(axes, cells, strict=True):
        if variant is None:
            ax.remove()
        elif kind == "map":
            ax.set_title(variant.name)
            draw_layer_map(ax, variant, norm)
        else:
            _lines_panel(ax, variant, norm, label, log=log)
    lowest = min((c.mean.min() for variant in variants for c in variant.layers.values() if c.epochs.size), default=0.0)
    _colour_bar(figure, axes[0], norm, label, lower=log and bool(lowest < (norm.vmin or 0.0)))
    return figure


def lines_figure(variants: Sequence[LayerCurves], *, title: str, subtitle: str, label: str, log: bool) -> Figure:
    """Draw a panel for each layer with one line a variant, for networks too shallow for a map.

    Args:
        variants: The baseline first.
        title: Of the figure.
        subtitle: How to read it.
        label: Name and unit of the value.
        log: Logarithmic axis.
    """
    layers = list(dict.fromkeys(layer for variant in variants for layer in variant.layers))
    styles: list[dict[str, Any]] = [
        {"color": PALETTE[i % 7], "linestyle": _STYLES[i // 7 % 4]} for i in range(len(variants))
    ]
    handles: dict[str, Line2D | Patch] = {
        variant.name: Line2D([], [], **style) for variant, style in zip(variants, styles, strict=True)
    }
    handles["95 % interval of the mean"] = Patch(color=GREY, alpha=0.3)
    if any(variant.has_zeros for variant in variants):
        handles[_ZERO] = Line2D([], [], **_zero_style(GREY))
    figure, axes = sheet(len(layers), title=title, subtitle=subtitle, handles=handles, size=_LINES, columns=2)
    for ax, layer in zip(axes, layers, strict=True):
        ax.set_title(layer)
        for variant, style in zip(variants, styles, strict=True):
            if layer in variant.layers:
                _draw_layer(ax, variant.layers[layer], alpha=0.15, **style)
    if log:
        log_axis(axes[0], "y")
    label_outer(axes, 2, "epoch", label + (", log scale" if log else ""))
    return figure


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
    """Return the layers whose inputs were recorded."""
    return [key.removeprefix("input_q50.") for key in history if key.startswith("input_q50.")]


def _layer_curves(results: Results, protocol: str, probe: RecordedCurve) -> list[LayerCurves]:
    return [
        LayerCurves.from_history(
            variant.name,
            probe.name,
            results.history(variant.name, protocol),
            [layer.name for layer in variant.config.model.layers],
            log=probe.log,
        )
        for variant in results.drawn
    ]


def _draw_layer(ax: Axes, curve: Curve, *, alpha: float, **style: Any) -> None:
    epochs, mean, low, high = _line_with_gaps(curve)
    draw_line(ax, epochs, mean, **style)
    draw_band(ax, epochs, low, high, colour=style["color"], alpha=alpha)
    if curve.zeros.size:  # a log axis has no 0: a sign at its lower end
        bottom = np.zeros(curve.zeros.size)
        ax.plot(curve.zeros, bottom, transform=ax.get_xaxis_transform(), **_zero_style(style["color"]))


def _lines_panel(ax: Axes, variant: LayerCurves, norm: Normalize, label: str, *, log: bool) -> None:
    draw_layer_lines(ax, variant)
    epochs, _ = variant.table()
    if epochs.size:
        ax.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    ax.set_ylim(norm.vmin, norm.vmax)
    if log:
        log_axis(ax, "y")
    ax.set_xlabel("epoch")
    ax.set_ylabel(wrap_label(label))


def _layer_handles(*, zeros: bool) -> dict[str, Line2D | Patch]:
    first, last = layer_colours(2)
    handles: dict[str, Line2D | Patch] = {
        "first layer": Line2D([], [], color=first),
        "last layer": Line2D([], [], color=last),
        "95 % interval of the mean": Patch(color=GREY, alpha=0.3),
    }
    if zeros:
        handles[f"map: {_ZERO}"] = Patch(color=PURPLE)
        handles[f"lines: {_ZERO}"] = Line2D([], [], **_zero_style(GREY))
    return handles


def _zero_style(colour: Colour) -> dict[str, Any]:
    return {"color": colour, "linestyle": "none", "marker": "v", "markersize": 4, "clip_on": False}


def _line_with_gaps(curve: Curve) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return epochs, mean, low and high of a curve, with NaN at the epochs at which it is exactly 0."""
    epochs = np.union1d(curve.epochs, curve.zeros)
    at = np.searchsorted(epochs, curve.epochs)
    sides = np.full((3, epochs.size), np.nan)
    sides[:, at] = curve.mean, curve.low, curve.high
    return epochs, *sides


def _norm(variants: Sequence[LayerCurves], *, log: bool) -> Normalize:
    values = np.concatenate([c.mean for variant in variants for c in variant.layers.values()] or [np.ones(1)])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not values.size:
        return LogNorm(0.1, 1) if log else Normalize(0, 1)
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
    return LogNorm(max(low, high * _DEEPEST), high) if log else Normalize(low, high)


def _colour_bar(figure: Figure, beside: Axes, norm: Normalize, label: str, *, lower: bool) -> None:
    width, _ = figure.get_size_inches()
    box = beside.get_position()
    ax = figure.add_axes((1 - 1.15 / width, box.y0, 0.2 / width, box.height))
    figure.colorbar(ScalarMappable(norm, "viridis"), cax=ax, label=label, extend="min" if lower else "neither")
    if isinstance(norm, LogNorm):
        log_axis(ax, "y")
