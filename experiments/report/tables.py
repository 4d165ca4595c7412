"""The tables of a study's page: all variants, flattery, diagnosis, published figures."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis import Diagnosis, Effect, Flattery, PlacedFigure
from experiments.column_lookup import column_of
from experiments.protocols import TUNED
from experiments.report.page_words import Head, about_column
from experiments.report.svg_drawings import RunStrip, run_strip
from experiments.report.wording import duration, interval, number, percent, plural, protocol_label, set_label, signed

if TYPE_CHECKING:
    from experiments.language.study import Published, Study

# Metrics of the table, in the order of their columns; those that a study does not have are omitted.
_COLUMNS = ("accuracy", "crossentropy", "mse_original", "mse", "mae")


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a smaller line below it, and what it is sorted by."""

    text: str
    beside: str = ""
    key: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row with its name at the left."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table; the first head is that of the rows' names."""

    heads: tuple[Head, ...]
    rows: tuple[TableRow, ...]
    caption: str = ""


@dataclass(frozen=True)
class Placing:
    """Published figures of one metric of one variant in our distribution."""

    variant: str
    metric: str
    strip: RunStrip
    summary: str
    sentences: tuple[str, ...]


def variant_tables(study: Study, summary: pd.DataFrame) -> tuple[Table, ...]:
    """Build the tables of all variants, one for each protocol.

    Args:
        study: The study, for the order of its variants.
        summary: As ``analysis.summarize`` returns it.

    Returns:
        Tables with the main scores, n, epochs and times; none for a protocol without runs.
    """
    numbers = summary.set_index(["protocol", "variant", "metric"])
    numbers = numbers[~numbers.index.duplicated()].sort_index()
    protocols = [protocol for protocol in (*study.protocols, TUNED) if protocol in set(summary["protocol"])]
    return tuple(
        _variant_table(study, protocol, numbers.loc[[protocol]].droplevel("protocol")) for protocol in protocols
    )


def _variant_table(study: Study, protocol: str, numbers: pd.DataFrame) -> Table:
    main, further = _score_columns(set(numbers.index.get_level_values("metric")), protocol)
    kept = "best_epoch" in numbers.index.get_level_values("metric")
    heads = [Head.of_term("Variant"), *map(_score_head, main)]
    heads += map(Head.of_term, ("Runs", "Diverged", "Epochs run", *["Best epoch"] * kept, "Time a run"))
    heads += map(_score_head, further)
    rows = []
    for variant in study.variants:
        if variant.name in numbers.index:
            own = numbers.loc[[variant.name]].droplevel("variant")
            cells = [_mean(own, column) for column in main]
            cells += [*_counts(own), _median(own, "epochs_run"), *[_median(own, "best_epoch")] * kept]
            cells += [_time(own), *(_mean(own, column) for column in further)]
            rows.append(TableRow(variant.name, tuple(cells)))
    return Table(tuple(heads), tuple(rows), protocol_label(protocol))


def _score_columns(there: Set[str], protocol: str) -> tuple[list[str], list[str]]:
    """Return the columns of the main score on all sets, and those of the loss beside it."""
    metrics = [m for m in _COLUMNS if f"test_{m}" in there or f"fresh_test_{m}" in there]
    if "mse_original" in metrics:
        metrics = [metric for metric in metrics if metric != "mse"]
    fresh = any(column_of(name).set_name == "fresh_test" for name in there)
    tests = ["test", "fresh_test"] if protocol == "published" or not fresh else ["fresh_test"]
    main = [f"{name}_{metric}" for metric in metrics[:1] for name in ("train", *tests)]
    main += [f"best_{name}_{metric}" for metric in metrics[:1] for name in tests]
    further = [f"{name}_{metric}" for metric in metrics[1:2] for name in tests]
    return [column for column in main if column in there], [column for column in further if column in there]


def _score_head(column: str) -> Head:
    shown = column_of(column)
    best = ", best epoch" if shown.of_best_weights else ""
    text = f"{shown.label.partition(' (')[0].capitalize()}, {set_label(shown.set_name)}{best}"
    return Head(text, f"{about_column(column)}. Mean over the runs with its 95 % interval.")


def _value(own: pd.DataFrame, metric: str, field: str) -> float:
    return float(own[field].astype(float).loc[metric]) if metric in own.index else math.nan


def _mean(own: pd.DataFrame, column: str) -> Cell:
    mean, low, high = (_value(own, column, field) for field in ("mean", "low", "high"))
    return Cell(number(mean), interval(low, high, 4), _key(mean))


def _median(own: pd.DataFrame, column: str) -> Cell:
    middle, low, high = (_value(own, column, field) for field in ("median", "min", "max"))
    beside = "" if math.isnan(low) or low == high else f"{number(low)} to {number(high)}"
    return Cell(number(middle), beside, _key(middle))


def _counts(own: pd.DataFrame) -> list[Cell]:
    n, diverged, failed = (int(value) for value in (own["n"].max(), own["diverged"].iloc[0], own["failed"].iloc[0]))
    runs = Cell(str(n), f"{failed} failed" if failed else "", str(n))
    return [runs, Cell(str(diverged) if diverged else "–", "", str(diverged))]


def _time(own: pd.DataFrame) -> Cell:
    seconds = _value(own, "seconds", "mean")
    return Cell(duration(seconds), "", _key(seconds))


def _key(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def flattery_table(found: Sequence[Flattery]) -> Table | None:
    """Build the table of flattery; None where no run watches its test rows."""
    rows = []
    for one in found:
        measured = one.effect.interval
        cells = (
            Cell(one.protocol),
            Cell(number(float(one.watched.mean()))),
            Cell(number(float(one.fresh.mean()))),
            Cell(_amount(one.offset) if one.offset else "–"),
            Cell(_amount(one.effect), interval(measured.low, measured.high)),
            Cell(str(measured.n)),
        )
        rows.append(TableRow(one.variant, cells))
    scores = "Best score watched", "On 10,000 fresh rows", "Own rows easier by"
    heads = "Variant", "Protocol", *scores, "Flattery", "Runs"
    return Table(tuple(map(Head.of_term, heads)), tuple(rows)) if rows else None


def _amount(effect: Effect) -> str:
    estimate = effect.interval.estimate
    return f"× {number(estimate, 3)}" if effect.is_ratio else signed(estimate)


@dataclass(frozen=True)
class DiagnosisTable(Table):
    """The diagnosis of all variants, with the advice of the basic recipe on each scenario that occurs."""

    advice: tuple[tuple[str, str], ...] = ()


def diagnosis_table(found: Sequence[Diagnosis]) -> DiagnosisTable | None:
    """Build the table of bias and variance; None where the study has no diagnosis."""
    protocols = list(dict.fromkeys(one.protocol for one in found))
    by_place = {(one.variant, one.protocol): one for one in found}
    rows = [
        TableRow(variant, tuple(_diagnosis_cell(by_place.get((variant, protocol))) for protocol in protocols))
        for variant in dict.fromkeys(one.variant for one in found)
    ]
    advice = {one.scenario.capitalize(): one.advice for one in found}
    heads = tuple(map(Head.of_term, ("Variant", *protocols)))
    return DiagnosisTable(heads, tuple(rows), advice=tuple(advice.items())) if rows else None


def _diagnosis_cell(one: Diagnosis | None) -> Cell:
    if one is None:
        return Cell("–")
    errors = f"train error {percent(one.train_error.estimate)}, held out {percent(one.dev_error.estimate)}"
    return Cell(one.scenario, f"{errors}; {percent(one.agreement)} of single runs agree")


def placings(found: Sequence[PlacedFigure]) -> tuple[Placing, ...]:
    """Return the published figures grouped by variant and metric."""
    groups: dict[tuple[str, str], list[PlacedFigure]] = {}
    for placed in found:
        groups.setdefault((placed.figure.variant, placed.figure.metric), []).append(placed)
    return tuple(_placing(variant, metric, placed) for (variant, metric), placed in groups.items())


def _placing(variant: str, metric: str, placed: Sequence[PlacedFigure]) -> Placing:
    drawn = [one.figure for one in placed if one.figure.statistic != "std"]
    sentences = tuple(f"{_who(one.figure)}: {one.sentence}" for one in placed)
    return Placing(
        variant=variant,
        metric=metric,
        strip=run_strip(list(placed[0].ours), [figure.value for figure in drawn], [_who(figure) for figure in drawn]),
        summary=f"{plural(len(placed[0].ours), 'run')} of ours; {' '.join(sentences)}",
        sentences=sentences,
    )


def _who(figure: Published) -> str:
    note = f" ({figure.note})" if figure.note else ""
    return f"{number(figure.value)} by {figure.by}{note}"
