"""One look for all figures: colours, sizes, a grid of panels and PNG files that are equal byte for byte."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from PIL import Image

from experiments.store.files import write_if_changed

# Okabe and Ito's palette, which readers with any of the common colour-vision deficiencies can tell apart.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
GREY = "#595959"

SET_COLOURS = {"train": BLUE, "test": ORANGE, "validation": PURPLE, "fresh_test": GREEN}
PROTOCOL_COLOURS = {"published": BLUE, "fresh": GREEN, "tuned": PURPLE}

Colour = str | tuple[float, ...]

DPI = 100
COLUMNS = 4
_NARROWEST = 10.5
_LABEL_WIDTH = 26
_SAID_WIDTH = 34
_GRID = "#E6E6E6"
_PARAMETERS = {
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.titlelocation": "left",
    "axes.titley": 1.02,  # a fixed place: finding one measures every tick label twice
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "lines.linewidth": 2.2,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "text.parse_math": False,  # a dollar sign in a study's texts is a dollar sign
    "path.simplify": True,
    "path.simplify_threshold": 0.5,
}


@dataclass(frozen=True)
class Size:
    """Inches of one panel, and of the space between and around the panels."""

    width: float = 4.0
    height: float = 2.7
    gap_x: float = 0.4
    gap_y: float = 0.75
    left: float = 1.25
    right: float = 0.35
    bottom: float = 0.8


def apply_style() -> Any:
    """Return a context manager that applies the style of this suite to new figures."""
    return mpl.rc_context(_PARAMETERS)


def sheet(
    count: int,
    *,
    title: str,
    subtitle: str,
    handles: Mapping[str, Any] | None = None,
    columns: int = COLUMNS,
    size: Size | None = None,
    heights: Sequence[float] = (),
    share: bool = True,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of equal panels, filled row by row, below a title, a line on how to read it and one legend.

    Margins are counted in inches and not found by a layout engine, which would draw everything twice.

    Args:
        count: Number of panels, at least 1.
        title: What is shown.
        subtitle: How to read it.
        handles: Legend text to artist.
        columns: Panels in a full row.
        size: Measures of the panels.
        heights: Inches of each row of panels, where they differ.
        share: One scale for all panels.

    Returns:
        The figure and its axes in reading order.
    """
    size = size or Size()
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    width = max(size.left + columns * size.width + (columns - 1) * size.gap_x + size.right, _NARROWEST)
    legend_columns = _legend_columns(handles or {}, width)
    top = 1.25 + 0.25 * math.ceil(len(handles or {}) / legend_columns)
    heights = heights or [size.height] * rows
    height = top + sum(heights) + (rows - 1) * size.gap_y + size.bottom
    figure = Figure(figsize=(width, height), dpi=DPI)
    _head(figure, title, subtitle)
    if handles:
        _legend(figure, handles, legend_columns)
    axes: list[Axes] = []
    for index in range(count):
        row, column = divmod(index, columns)
        left = size.left + column * (size.width + size.gap_x)
        below = height - top - sum(heights[: row + 1]) - row * size.gap_y
        box = (left / width, below / height, size.width / width, heights[row] / height)
        first = axes[0] if axes and share else None
        ax = figure.add_axes(box, sharex=first, sharey=first)
        axes.append(ax)
    return figure, axes


def label_outer(axes: Sequence[Axes], columns: int, x: str, y: str, *, grid: bool = True) -> None:
    """Finish panels that share one scale: name the axes once, draw the grid.

    Ticks are what takes matplotlib longest, so panels inside have none, and their grid is one collection of lines.

    Args:
        axes: All panels of the figure, with their limits set.
        columns: Panels in a full row.
        x: Named below the lowest panel of each column.
        y: Named at the left of each row, in two lines where it is long.
        grid: Whether to draw the grid.
    """
    columns = min(columns, len(axes))
    lines = _grid_lines(axes[0]) if grid else []
    for index, ax in enumerate(axes):
        ax.grid(visible=False)
        ax.add_collection(LineCollection(lines, colors=_GRID, linewidths=0.8, zorder=0.5), autolim=False)
        if index % columns == 0:
            ax.set_ylabel(wrap_label(y))
        else:
            ax.yaxis.set_visible(False)
        if index + columns >= len(axes):
            ax.set_xlabel(x)
        else:
            ax.xaxis.set_visible(False)


def wrap_label(text: str) -> str:
    """Wrap the label of a y axis that is longer than a panel is high."""
    return textwrap.fill(text, _LABEL_WIDTH)


def draw_line(ax: Axes, x: np.ndarray, y: np.ndarray, **style: Any) -> None:
    """Draw a line, or a dot where there is a single point."""
    ax.plot(x, y, marker="o" if len(x) == 1 else "", **style)


def draw_band(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, *, colour: Colour, alpha: float) -> None:
    """Fill the area between two lines, or draw a bar where there is a single point."""
    if len(x) == 1:
        ax.vlines(x, low, high, color=colour, alpha=alpha, linewidth=6)
    else:
        ax.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)


def _grid_lines(ax: Axes) -> list[list[tuple[float, float]]]:
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    return [
        *([(x, bottom), (x, top)] for x in ax.get_xticks() if left <= x <= right),
        *([(left, y), (right, y)] for y in ax.get_yticks() if bottom <= y <= top),
    ]


def log_axis(ax: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers (0.001 instead of a power) at its ticks.

    Args:
        ax: The panel, with its limits set.
        which: Its axis.
    """
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis = ax.xaxis if which == "x" else ax.yaxis
    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low) if low > 0 else 9.0
    # Fewer than two whole decades give fewer than two labels, unless 2 and 5 are labelled too.
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0,), numticks=6))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _legend_columns(handles: Mapping[str, Any], width: float) -> int:
    longest = max((len(text) for text in handles), default=1)
    return max(1, min(int((width - 0.4) / (0.6 + 0.097 * longest)), len(handles)))


def _legend(figure: Figure, handles: Mapping[str, Any], columns: int) -> None:
    width, height = figure.get_size_inches()
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="upper left",
        bbox_to_anchor=(0.15 / width, 1 - 0.72 / height),
        ncols=columns,
        borderaxespad=0.2,
        columnspacing=1.6,
    )


def _head(figure: Figure, title: str, subtitle: str) -> None:
    width, height = figure.get_size_inches()
    at = {"x": 0.25 / width, "ha": "left", "va": "top"}
    figure.text(y=1 - 0.15 / height, s=fit_text(title, width - 0.4, 19), fontsize=17, fontweight="bold", **at)
    figure.text(y=1 - 0.50 / height, s=fit_text(subtitle, width - 0.4, 12), fontsize=12, color=GREY, **at)


def fit_text(text: str, inches: float, points: float) -> str:
    """Cut a line of text to a width, judged by the mean width of DejaVu's letters (bold ones are a tenth wider)."""
    most = max(8, int(inches * 72 / (0.58 * points)))
    return text if len(text) <= most else text[: most - 1] + "…"


def say(ax: Axes, text: str) -> None:
    """Write the reason into an empty panel."""
    # Not wrap=True, which measures text between two dollar signs as a formula.
    text = "\n".join(textwrap.fill(line, _SAID_WIDTH) for line in text.splitlines())
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=GREY)


def _name_powers(figure: Figure) -> bool:
    """Move the factor that all ticks of an axis share ("1e32") into the label of the axis; return whether any moved."""
    found = False
    for ax in figure.axes:
        for axis, is_y in ((ax.xaxis, False), (ax.yaxis, True)):
            shared = axis.get_offset_text()
            text = shared.get_text()
            if not text or not axis.get_visible():
                continue
            factor = text if text[0] in "+-\N{MINUS SIGN}" else f"×{text}"
            name = f"{' '.join(axis.get_label_text().split())} ({factor})".strip()
            axis.set_label_text(wrap_label(name) if is_y else name)
            shared.set_visible(False)
            found = True
    return found


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG; the same data and library give the same bytes.

    Args:
        figure: The figure.
        path: Where to; a file with the same content is left alone.

    Returns:
        The path.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    if _name_powers(figure):
        canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    del canvas.renderer  # some 20 MB, which the figure would keep
    content = io.BytesIO()
    # A palette of 256 colours takes a quarter of the bytes and half the time. Where colours are shaded, the slower
    # choice of colours avoids visible steps.
    shaded = any(ax.images for ax in figure.axes)
    method = Image.Quantize.MEDIANCUT if shaded else Image.Quantize.FASTOCTREE
    picture.quantize(256, method=method, dither=Image.Dither.NONE).save(content, "PNG")
    write_if_changed(path, content.getvalue())
    return path
