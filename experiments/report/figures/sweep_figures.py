"""Sweeps over a grid: a metric against the values of an axis, with the best value and all that are as good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Affine2D

from experiments.analysis import Sweep
from experiments.analysis.headline import sweep_metrics
from experiments.column_lookup import column_of
from experiments.report.figures.results import Results
from experiments.report.figures.style import (
    BLACK,
    GREY,
    SET_COLOURS,
    VERMILION,
    Size,
    log_axis,
    sheet,
    wrap_label,
)
from experiments.report.wording import protocol_label, set_label

_PANEL = Size(width=5.0, height=3.4, gap_x=1.0, gap_y=1.0)
_MOST_TICKS = 10
_LOG_FROM = 30.0


@dataclass(frozen=True)
class SweepPanel:
    """Lines of one metric over one axis.

    Attributes:
        title: Of the panel.
        label: Name and unit of the metric.
        lines: Set name ("train", "test", "fresh_test", or "" for what has no set) to its sweep.
    """

    title: str
    label: str
    lines: Mapping[str, Sweep]

    @property
    def judged(self) -> Sweep:
        """The line whose best value is marked: the one on test rows, under ``fresh`` on fresh ones."""
        known = [name for name in ("test", "fresh_test", "validation", "train", "") if name in self.lines]
        return self.lines[known[0]]


def sweep_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw a figure for each grid: the main score, the loss and the metrics of its claims against the values."""
    study = results.study
    groups = list(dict.fromkeys(variant.group for variant in study.variants if variant.grid))
    wanted = {group: sweep_metrics(study, group) for group in groups}
    every = results.analysis.sweeps_of(list(dict.fromkeys(column for own in wanted.values() for column in own)))
    for group, columns in wanted.items():
        found = [sweep for sweep in every if sweep.group == group and sweep.metric in columns]
        axis = _longest_axis(found)
        panels = _panels([sweep for sweep in found if sweep.axis == axis], main=column_of(columns[0]).metric)
        if panels:
            subtitle = " · ".join(protocol_label(protocol) for protocol in results.protocols)
            yield (
                f"sweep_{group}",
                sweeps_figure(
                    panels, title=f"{study.title}: {group}", subtitle=subtitle, columns=max(2, len(results.protocols))
                ),
            )


def draw_sweep(ax: Axes, sweep: Sweep, colour: str) -> None:
    """Draw one line of a sweep: single runs faintly, means, and the 95 % band.

    Args:
        ax: Where to.
        sweep: What.
        colour: Of all its parts.
    """
    x = sweep.places
    runs = sweep.runs.to_numpy(float)
    runs = np.where(np.isfinite(runs), runs, np.nan)
    alpha = float(np.clip(3 / max(len(runs), 1), 0.1, 0.5))
    ax.add_collection(
        LineCollection([np.column_stack([x, row]) for row in runs], colors=colour, linewidths=0.7, alpha=alpha)
    )
    mean, low, high = (
        np.array([getattr(i, end) for i in sweep.intervals], float) for end in ("estimate", "low", "high")
    )
    ax.fill_between(x, low, high, color=colour, alpha=0.3, linewidth=0)
    ax.plot(x, mean, color=colour, marker="o", markersize=5)


def draw_best(ax: Axes, sweep: Sweep) -> None:
    """Mark the best value with a star, and below the axis' line all values that cannot be told from it.

    Args:
        ax: With the sweep drawn and its limits set.
        sweep: What.
    """
    if sweep.best is None:
        return
    x = dict(zip(sweep.values, sweep.places, strict=True))
    best = sweep.intervals[sweep.values.index(sweep.best)].estimate
    ax.plot([x[sweep.best]], [best], marker="*", markersize=17, color=BLACK, markeredgecolor="white", zorder=5)
    good = [x[value] for value in sweep.as_good]
    to_axes = ax.get_xaxis_transform()
    ax.plot([min(good), max(good)], [0.03, 0.03], transform=to_axes, color=BLACK, linewidth=2, zorder=4)
    ax.plot(
        good, [0.03] * len(good), transform=to_axes, color=BLACK, linestyle="none", marker="o", markersize=6, zorder=4
    )


def sweeps_figure(panels: Sequence[SweepPanel], *, title: str, subtitle: str, columns: int) -> Figure:
    """Draw the sweeps of one grid, a panel for each metric and protocol; those of one metric share a scale.

    Args:
        panels: At least one, each with at least one line.
        columns: Panels in a row.
        title: Of the figure.
        subtitle: How to read it.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    handles: dict[str, Line2D | Patch] = {
        f"{set_label(name)}: mean".removeprefix(": "): Line2D([], [], color=_colour(name), marker="o", markersize=5)
        for name in names
    }
    handles["95 % interval of the mean"] = Patch(color=GREY, alpha=0.3)
    handles["single runs"] = Line2D([], [], color=GREY, linewidth=0.7, alpha=0.6)
    handles["best value"] = Line2D([], [], color=BLACK, linestyle="none", marker="*", markersize=13)
    handles["cannot be told from the best"] = Line2D([], [], color=BLACK, linewidth=2, marker="o", markersize=6)
    if any(sum(sweep.diverged) for panel in panels for sweep in panel.lines.values()):
        handles["runs diverged"] = Line2D([], [], color=VERMILION, linestyle="none", marker=_letter("n"), markersize=8)
    figure, axes = sheet(
        len(panels), title=title, subtitle=subtitle, handles=handles, columns=columns, size=_PANEL, share=False
    )
    for ax, panel in zip(axes, panels, strict=True):
        compared = [sweep for other in panels if other.label == panel.label for sweep in other.lines.values()]
        _panel(ax, panel, _limits(compared))
    return figure


def _longest_axis(found: Sequence[Sweep]) -> str:
    lengths = {sweep.axis: len(sweep.values) for sweep in found}
    return max(lengths, key=lambda axis: lengths[axis], default="")


def _panels(found: Sequence[Sweep], main: str) -> list[SweepPanel]:
    """Return a panel for each metric, protocol and point on the other axes; with other axes, of the main score only."""
    grouped: dict[tuple[str, str, str], dict[str, Sweep]] = defaultdict(dict)
    for sweep in found:
        set_name, metric = column_of(sweep.metric).set_name, column_of(sweep.metric).metric
        # Under fresh the test score is read from the fresh rows: one line, named after them.
        if sweep.protocol == "fresh" and set_name == "test":
            set_name = column_of(sweep.column).set_name
        if not sweep.others or metric == main:
            others = ", ".join(f"{axis} {value}" for axis, value in sweep.others.items())
            grouped[metric, sweep.protocol, others][set_name] = sweep
    return [
        SweepPanel(title=" · ".join(filter(None, (protocol, others))), label=column_of(metric).label, lines=lines)
        for (metric, protocol, others), lines in grouped.items()
    ]


def _panel(ax: Axes, panel: SweepPanel, limits: tuple[float, float]) -> None:
    ax.set_title(panel.title)
    for name, sweep in panel.lines.items():
        draw_sweep(ax, sweep, _colour(name))
    ax.autoscale_view()
    judged = panel.judged
    low, high = limits
    if column_of(judged.metric).is_ratio and low > 0 and high / low > _LOG_FROM:
        ax.set_ylim(low / 1.6, high * 1.4)
        log_axis(ax, "y")
    elif low < high:
        ax.set_ylim(low - 0.12 * (high - low), high + 0.06 * (high - low))
    _value_axis(ax, judged)
    if "" not in panel.lines:  # of a norm or an epoch no value is the best
        draw_best(ax, judged)
    for x, count in zip(judged.places, judged.diverged, strict=True):
        if count:
            ax.text(x, 0.97, f"{count}", transform=ax.get_xaxis_transform(), color=VERMILION, ha="center", va="top")
    ax.set_xlabel(judged.axis)
    ax.set_ylabel(wrap_label(panel.label))


def _limits(sweeps: Iterable[Sweep]) -> tuple[float, float]:
    """Return the range of the means and of all but the most extreme single runs."""
    values: list[float] = []
    for sweep in sweeps:
        runs = sweep.runs.to_numpy(float)
        runs = runs[np.isfinite(runs)]
        values += [interval.estimate for interval in sweep.intervals if np.isfinite(interval.estimate)]
        values += list(np.quantile(runs, [0.02, 0.98])) if runs.size else []
    return (min(values), max(values)) if values else (0.0, 1.0)


def _value_axis(ax: Axes, sweep: Sweep) -> None:
    x = sweep.places
    if sweep.logarithmic:
        ax.set_xscale("log")
    if not sweep.numeric or len(x) <= _MOST_TICKS:
        labels = [f"{value:g}" if sweep.numeric else str(value) for value in sweep.values]
        crowded = sum(map(len, labels)) > 40
        ax.set_xticks(x, labels, rotation=30 if crowded else 0, ha="right" if crowded else "center")
        ax.xaxis.set_minor_locator(NullLocator())


def _letter(text: str) -> Path:
    """Return a letter as a marker; a marker such as "$n$" would be parsed as a formula."""
    path = TextPath((0, 0), text)
    box = path.get_extents()
    return path.transformed(Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2))


def _colour(name: str) -> str:
    return SET_COLOURS.get(name, BLACK)
