"""The variants of a comparison in one figure: their learning curves on one scale, and the scores of their runs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.intervals import t_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of
from experiments.report.figures.curve_summary import summarise_curve, wants_log
from experiments.report.figures.strips import Strip, StripPanel, draw_strips
from experiments.report.figures.style import (
    BLUE,
    PALETTE,
    Size,
    apply_style,
    draw_band,
    draw_line,
    log_axis,
    sheet,
    wrap_label,
)
from experiments.report.wording import number

if TYPE_CHECKING:
    from experiments.language.study import Study

_DASHED = "--"


def variant_figure(
    study: Study, runs: pd.DataFrame, curves: Mapping[str, Mapping[str, np.ndarray]], metric: str
) -> Figure:
    """Draw the curves of a metric and the values of a column.

    Args:
        study: Gives the variants and their order.
        runs: Its runs.
        curves: Variant to the learning curves of its runs.
        metric: The column; the curves are those of the metric in its name.

    Returns:
        The figure; a notebook shows it where it is the value of a cell.
    """
    names = [variant.name for variant in study.variants]
    colours = dict(zip(names, (PALETTE[i % len(PALETTE)] for i in range(len(names))), strict=True))
    handles = {name: Line2D([], [], color=colour) for name, colour in colours.items()}
    key = column_of(metric).metric
    with apply_style():
        figure, axes = sheet(
            2,
            title=study.title,
            subtitle=f"mean and its 95 % interval over {study.repeats} repeats; dashed on the rows that are watched",
            handles=handles,
            size=Size(width=5.0, height=max(2.7, 0.45 * len(names)), gap_x=1.7, right=1.0),
            share=False,
        )
        _draw_curves(axes[0], {name: list(_of_metric(curves.get(name, {}), key)) for name in names}, colours)
        axes[0].set(xlabel="epoch", ylabel=wrap_label(column_of(key).label))
        draw_strips(axes[1], _panel(study, runs, metric, names))
    # A notebook shows only figures of pyplot by itself, and those twice if a function returns them.
    figure._repr_png_ = partial(_png, figure)  # type: ignore[attr-defined]
    return figure


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content)
    return content.getvalue()


def _of_metric(curves: Mapping[str, np.ndarray], key: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the curves of a metric, or of the loss, each with its style of line."""
    known = key if key in curves else "loss"
    for name, style in ((known, "-"), (f"val_{known}", _DASHED)):
        if name in curves:
            yield style, curves[name]


def _draw_curves(ax: Axes, curves: Mapping[str, list[tuple[str, np.ndarray]]], colours: Mapping[str, str]) -> None:
    log = wants_log([values for lines in curves.values() for _, values in lines])
    for name, lines in curves.items():
        for style, values in lines:
            curve = summarise_curve(values, log=log)
            if curve.epochs.size:
                draw_band(ax, curve.epochs, curve.low, curve.high, colour=colours[name], alpha=0.25)
                draw_line(ax, curve.epochs, curve.mean, color=colours[name], linestyle=style)
    if log:
        log_axis(ax, "y")


def _panel(study: Study, runs: pd.DataFrame, metric: str, names: Sequence[str]) -> StripPanel:
    table = RunTable(runs, study.protocols[0])
    values = [table.values(name, metric).to_numpy(dtype=float) for name in names]
    return StripPanel("", _label(metric), names, {BLUE: [_strip(scores[np.isfinite(scores)]) for scores in values]})


def _strip(values: np.ndarray) -> Strip | None:
    if not values.size:
        return None
    interval = t_interval(values)
    return Strip.of_interval(values, interval, number(interval.estimate))


def _label(metric: str) -> str:
    column = column_of(metric)
    return " ".join(part for part in (column.set_name, column.label) if part)
