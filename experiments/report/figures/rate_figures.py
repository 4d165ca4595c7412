"""The score over the rate: a line for each variant, with its best rate and its own marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.column_lookup import column_of
from experiments.report.figures.results import Results
from experiments.report.figures.style import BLACK, PALETTE, Size, log_axis, sheet, wrap_label
from experiments.report.tuned_rates import score_label, words

if TYPE_CHECKING:
    from experiments.store.rate_search import RateSearch

_PANEL = Size(width=8.4, height=4.0, gap_x=1.0, gap_y=1.0)
_LOG_FROM = 30.0


def rate_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw the scores that chose the rates of a study's variants."""
    searches = results.analysis.tuned.searches
    if searches:
        yield "rates", rates_figure(searches, title=results.study.title, axis=words(results.study.tuning.axis))


def rates_figure(searches: Sequence[RateSearch], *, title: str, axis: str) -> Figure:
    """Draw the score over the rate.

    Args:
        searches: Of at least one variant.
        title: Of the figure.
        axis: Name of what is tuned.
    """
    colours = {search.variant.name: PALETTE[i % len(PALETTE)] for i, search in enumerate(searches)}
    handles = {name: Line2D([], [], color=colour, marker="o", markersize=4) for name, colour in colours.items()}
    handles["best rate"] = Line2D([], [], color=BLACK, linestyle="none", marker="*", markersize=13)
    handles["the variant's own rate"] = Line2D(
        [], [], color=BLACK, linestyle="none", marker="o", markersize=11, fillstyle="none"
    )
    figure, (ax,) = sheet(
        1,
        title=f"{title}: rates",
        subtitle="mean over the runs that chose the rate, which are not scored",
        handles=handles,
        columns=1,
        size=_PANEL,
        share=False,
    )
    for search in searches:
        _draw(ax, search, colours[search.variant.name])
    log_axis(ax, "x")
    low, high = ax.dataLim.intervaly
    if column_of(searches[0].metric).is_ratio and low > 0 and high / low > _LOG_FROM:
        log_axis(ax, "y")
    ax.set_xlabel(axis)
    ax.set_ylabel(wrap_label(score_label(searches[0])))
    return figure


def _draw(ax: Axes, search: RateSearch, colour: str) -> None:
    x = np.array([rate.value for rate in search.tried])
    y = np.array([rate.mean if np.isfinite(rate.mean) else np.nan for rate in search.tried])
    ax.plot(x, y, color=colour, marker="o", markersize=4)
    for rate, mean in zip(search.tried, y, strict=True):
        if rate is search.best:
            ax.plot([rate.value], [mean], marker="*", markersize=15, color=colour, markeredgecolor=BLACK, zorder=5)
        if rate.factor == 1:
            ax.plot([rate.value], [mean], marker="o", markersize=11, color=BLACK, fillstyle="none", zorder=4)
