"""Rows of dots, one a run, with intervals: stopping epochs, flattery, paired differences, published figures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments.analysis import Interval
from experiments.report.figures.style import BLACK, BLUE, GREY, VERMILION, Size, log_axis, sheet

_MARKERS = ("D", "v", "^", "P", "X", "s", "h")
_ROW = 0.42
_LOG_FROM = 30.0
_LABEL_WIDTH = 44
_SIGN_STEP = 0.3
_BAND = "#F3E3B3"

Style = dict[str, Any]

_NULL_STYLE: Style = {"color": GREY, "linewidth": 1.2, "linestyle": "--"}


@dataclass(frozen=True)
class Strip:
    """The dots of one row.

    Attributes:
        values: One a run, shape (run,); those that are not finite are not drawn.
        middle: Place of the bar: a mean, a median; NaN for none.
        low: Lower end of the whisker; NaN for none.
        high: Upper end.
        note: Written at the right end of the row.
    """

    values: np.ndarray
    middle: float
    low: float
    high: float
    note: str = ""

    @classmethod
    def of_interval(cls, values: np.ndarray, interval: Interval, note: str = "") -> Strip:
        """Mark an estimate and its 95 % interval."""
        return cls(values, interval.estimate, interval.low, interval.high, note)

    def moved(self, distance: float) -> Strip:
        """Return the strip with all values moved along the axis."""
        return Strip(
            self.values + distance, self.middle + distance, self.low + distance, self.high + distance, self.note
        )

    @classmethod
    def of_median(cls, values: np.ndarray) -> Strip:
        """Mark the median and the middle half of the values."""
        finite = values[np.isfinite(values)]
        if not finite.size:
            return cls(values, np.nan, np.nan, np.nan)
        low, middle, high = (float(q) for q in np.quantile(finite, [0.25, 0.5, 0.75]))
        return cls(values, middle, low, high, f"median {middle:.4g}")


@dataclass(frozen=True)
class Mark:
    """A published value in a row: the row, the value and who published it."""

    row: int
    value: float
    by: str


@dataclass(frozen=True)
class Margin:
    """What a claim allows in its row: differences from ``low`` to ``high``, or, where both are equal, beyond them."""

    row: int
    low: float
    high: float


@dataclass(frozen=True)
class StripPanel:
    """Rows that share an axis.

    Attributes:
        title: Of the panel.
        label: Of the axis, with its unit.
        rows: Names of the rows, the first on top.
        kinds: Colour to one strip (or None) a row; several kinds are set below each other within a row.
        marks: Published values.
        margins: Bands of differences that count as equal, and margins.
        null: The value that means "no difference"; None where there is none.
        log: Whether the axis is logarithmic.
    """

    title: str
    label: str
    rows: Sequence[str]
    kinds: Mapping[str, Sequence[Strip | None]]
    marks: Sequence[Mark] = field(default_factory=tuple)
    margins: Sequence[Margin] = field(default_factory=tuple)
    null: float | None = None
    log: bool = False


def draw_strips(ax: Axes, panel: StripPanel, styles: Mapping[str, Style] | None = None) -> None:
    """Draw the rows of a panel: runs as dots, a bar with its whisker over them, published values as markers.

    Args:
        ax: Where to.
        panel: What.
        styles: Marker of each person who published figures, where several panels share them.
    """
    if panel.null is not None:
        ax.axvline(panel.null, zorder=1, **_NULL_STYLE)
    for margin in panel.margins:
        _draw_margin(ax, margin)
    if panel.margins:
        ax.xaxis.set_major_locator(MaxNLocator(5))  # the labels of a narrow band are long
    for kind, (colour, strips) in enumerate(panel.kinds.items()):
        step = 0.8 / len(panel.kinds)
        for row, strip in enumerate(strips):
            if strip is not None:
                _draw_strip(ax, strip, row - 0.4 + (kind + 0.5) * step, colour, height=0.4 * step)
    _draw_marks(ax, panel.marks, mark_styles(panel.marks) if styles is None else styles)
    ax.set_yticks(range(len(panel.rows)), [_label(name) for name in panel.rows])
    ax.set_ylim(len(panel.rows) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    for row in range(1, len(panel.rows)):
        ax.axhline(row - 0.5, color="#EEEEEE", linewidth=0.8, zorder=0)
    ax.set_title(panel.title)
    ax.set_xlabel(panel.label + (", log scale" if panel.log else ""))
    if panel.log:
        log_axis(ax, "x")


def strips_figure(panels: Sequence[StripPanel], *, title: str, subtitle: str, handles: Mapping[str, Artist]) -> Figure:
    """Draw panels of rows below each other.

    Args:
        panels: At least one.
        title: Of the figure.
        subtitle: How to read it.
        handles: Legend text to artist; those of published values are added.
    """
    people = mark_styles([mark for panel in panels for mark in panel.marks])
    signs = {by: Line2D([], [], markersize=9, **style) for by, style in people.items()}
    names = [line for panel in panels for name in panel.rows for line in _label(name).splitlines()]
    size = Size(width=8.5, gap_y=1.2, left=0.5 + 0.107 * max(map(len, names), default=1), right=2.2)
    heights = [max(0.9, _ROW * len(panel.rows) * (1 + 0.7 * (len(panel.kinds) - 1))) for panel in panels]
    figure, axes = sheet(
        len(panels),
        title=title,
        subtitle=subtitle,
        handles={**handles, **signs},
        columns=1,
        size=size,
        heights=heights,
        share=False,
    )
    for ax, panel in zip(axes, panels, strict=True):
        draw_strips(ax, panel, people)
    return figure


def asks_for_log(values: np.ndarray) -> bool:
    """Return whether values are positive and so far apart that a linear axis would hide the smaller ones."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() / finite.min() > _LOG_FROM)


def mark_styles(marks: Sequence[Mark]) -> dict[str, Style]:
    """Return a marker for each person who published figures, by name."""
    people = dict.fromkeys(mark.by for mark in marks)
    return {
        by: {"color": VERMILION, "marker": _MARKERS[i % len(_MARKERS)], "linestyle": "none"}
        for i, by in enumerate(people)
    }


def dot(colour: str = BLUE) -> Line2D:
    """Return the legend entry of a run."""
    return Line2D([], [], linestyle="none", marker="o", markersize=5, color=colour, alpha=0.7)


def bar() -> Line2D:
    """Return the legend entry of a middle with its whisker."""
    return Line2D([], [], color=GREY, marker="|", markersize=11, markeredgecolor=BLACK, markeredgewidth=2.2)


def margin_signs(margins: Sequence[Margin]) -> dict[str, Artist]:
    """Return the legend entries of margins and of "no difference"; empty where there are no margins."""
    signs: dict[str, Artist] = {}
    if margins:
        signs["no difference"] = Line2D([], [], **_NULL_STYLE)
    if any(margin.low < margin.high for margin in margins):
        signs["counts as equal by the claim"] = Patch(color=_BAND)
    if any(margin.low == margin.high for margin in margins):
        signs["where the claim draws the line"] = Line2D([], [], color=VERMILION, linewidth=1.6)
    return signs


def _draw_margin(ax: Axes, margin: Margin) -> None:
    bottom, top = margin.row - 0.45, margin.row + 0.45
    if margin.low < margin.high:
        ax.fill_betweenx([bottom, top], margin.low, margin.high, color=_BAND, linewidth=0, zorder=0.5)
    else:
        ax.plot([margin.low] * 2, [bottom, top], color=VERMILION, linewidth=1.6, zorder=2)


def _draw_strip(ax: Axes, strip: Strip, y: float, colour: str, height: float) -> None:
    values = strip.values[np.isfinite(strip.values)]
    ax.scatter(values, y + height * _spread_out(values), s=16, color=colour, alpha=0.5, linewidths=0, zorder=3.5)
    if np.isfinite(strip.middle):
        ax.plot([strip.low, strip.high], [y, y], color=colour, linewidth=2.2, zorder=3)
        ax.plot([strip.middle] * 2, [y - height, y + height], color=BLACK, zorder=4)
    ax.text(1.01, y, strip.note, transform=ax.get_yaxis_transform(), va="center", fontsize=11)


def _draw_marks(ax: Axes, marks: Sequence[Mark], styles: Mapping[str, Style]) -> None:
    """Draw the markers; those of equal values are moved apart."""
    for by, style in styles.items():
        for mark in (mark for mark in marks if mark.by == by):
            beside = [other.by for other in marks if (other.row, other.value) == (mark.row, mark.value)]
            y = mark.row + min(_SIGN_STEP, 0.8 / len(beside)) * (beside.index(by) - (len(beside) - 1) / 2)
            ax.plot([mark.value], [y], markersize=9, markeredgecolor="white", zorder=5, **style)


def _label(name: str) -> str:
    """Break a row's name into at most two lines."""
    return "\n".join(textwrap.wrap(name, _LABEL_WIDTH, max_lines=2, placeholder=" …"))


def _spread_out(values: np.ndarray) -> np.ndarray:
    """Return offsets in [-0.8, 0.8] that move near dots apart, evenly among those that share a bin."""
    offsets = np.zeros(values.size)
    if not values.size:
        return offsets
    bins = np.digitize(values, np.linspace(values.min(), values.max(), 60)) if np.ptp(values) else offsets
    for k in np.unique(bins):
        inside = np.flatnonzero(bins == k)
        offsets[inside] = np.linspace(-0.8, 0.8, inside.size) if inside.size > 1 else 0.0
    return offsets
