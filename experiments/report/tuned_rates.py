"""The rates that were chosen for the variants of a study, as the table and the chart of its page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.column_lookup import column_of
from experiments.report.page_words import Head
from experiments.report.tables import Cell, Table, TableRow
from experiments.report.wording import number, rounded

if TYPE_CHECKING:
    from experiments.store.rate_search import RateSearch, TriedRate

_SLOTS = 7
_LOG_FROM = 30.0


def rates_table(searches: Sequence[RateSearch], axis: str) -> Table | None:
    """Build the table of chosen rates; None where no rates were tried.

    Args:
        searches: Of the variants of a study.
        axis: Name of what is tuned.
    """
    heads = ("Variant", f"Its own {words(axis)}", "Chosen", "Score at its own", "Score at the chosen", "Tried")
    return Table(tuple(map(Head.of_term, heads)), tuple(_row(search) for search in searches)) if searches else None


def words(axis: str) -> str:
    """Return the name of what is tuned inside a sentence."""
    return axis.replace("_", " ")


def score_label(search: RateSearch) -> str:
    """Return what the rates of a variant were chosen by, such as ``accuracy (share of rows)``."""
    shown = column_of(search.metric)
    return f"{shown.label}, best epoch" if shown.of_best_weights else shown.label


def _row(search: RateSearch) -> TableRow:
    own = next(rate for rate in search.tried if rate.factor == 1)
    best = search.best
    chosen = Cell("–", "runs are missing") if best is None else Cell(number(best.value), _beside(search, best))
    tried = Cell(f"{len(search.tried)} rates", f"{sum(len(rate.scores) for rate in search.tried)} runs")
    scores = (Cell(number(own.mean)), Cell(number(math.nan if best is None else best.mean)))
    return TableRow(search.variant.name, (Cell(number(own.value)), chosen, *scores, tried))


def _beside(search: RateSearch, best: TriedRate) -> str:
    if best.factor == 1:
        return "its own"
    return f"× {number(best.factor, 3)}{', an end of the grid' if search.at_end else ''}"


def rates_chart(searches: Sequence[RateSearch], axis: str) -> Mapping[str, Any] | None:
    """Return the chart of the score over the rate, a line for each variant; None where no rates were tried.

    Args:
        searches: Of the variants of a study.
        axis: Name of what is tuned.

    Returns:
        ``title``, ``axis``, ``label``, ``log`` and ``series``; of each line ``marked`` is the best rate and ``ringed``
        the variant's own.
    """
    if not searches:
        return None
    means = [rate.mean for search in searches for rate in search.tried if math.isfinite(rate.mean)]
    is_ratio = column_of(searches[0].metric).is_ratio
    return {
        "title": f"Score over the {words(axis)}",
        "axis": words(axis),
        "label": score_label(searches[0]),
        "log": bool(is_ratio and means and min(means) > 0 and max(means) / min(means) > _LOG_FROM),
        "series": [_line(search, index) for index, search in enumerate(searches)],
    }


def _line(search: RateSearch, index: int) -> dict[str, Any]:
    rates = search.tried
    finite = [[score for score in rate.scores if math.isfinite(score)] for rate in rates]
    return {
        "name": search.variant.name,
        "slot": index % _SLOTS,
        "dash": index // _SLOTS % 4,
        "points": True,
        "marked": [k for k, rate in enumerate(rates) if rate is search.best],
        "ringed": [k for k, rate in enumerate(rates) if rate.factor == 1],
        "x": [rate.value for rate in rates],
        "mean": rounded(rate.mean for rate in rates),
        "low": rounded(min(scores, default=math.nan) for scores in finite),
        "high": rounded(max(scores, default=math.nan) for scores in finite),
    }
