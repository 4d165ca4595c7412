"""Figures of rows of dots: paired differences, claims, stopping epochs, flattery and published figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis import (
    Effect,
    Flattery,
    PairedDifference,
    PlacedFigure,
    Unit,
    Verdict,
    no_effect,
)
from experiments.column_lookup import column_of
from experiments.report.figures.results import Results
from experiments.report.figures.strips import (
    Margin,
    Mark,
    Strip,
    StripPanel,
    asks_for_log,
    bar,
    dot,
    margin_signs,
    strips_figure,
)
from experiments.report.figures.style import BLUE, ORANGE, PROTOCOL_COLOURS
from experiments.report.wording import protocol_label, set_label

Named = Iterator[tuple[str, Figure]]

_INTERVAL = "mean and its 95 % interval"


def forest_figures(results: Results) -> Named:
    """Draw all paired differences: every variant against the first, and both sides of every claim."""
    found = results.analysis.differences
    panels = [_difference_panel([d for d in found if d.effect.unit == unit]) for unit in _units(found)]
    if panels:
        rows = " · fresh: on 10,000 fresh rows" if any("fresh_test" in d.column for d in found) else ""
        subtitle = f"paired by repeat, N = {_counts([d.effect.interval.n for d in found])} pairs{rows}"
        yield "forest", _forest(results, panels, f"every variant against {found[0].reference}", subtitle)
    shown = (v for v in results.analysis.verdicts if v.effect.unit in ("difference", "ratio") and v.effect.interval.n)
    verdicts = sorted(shown, key=lambda verdict: verdict.number)
    kinds = dict.fromkeys(_claim_kind(verdict) for verdict in verdicts)
    panels = [_claim_panel([v for v in verdicts if _claim_kind(v) == kind], kind[0]) for kind in kinds]
    if panels:
        counts = _counts([v.effect.interval.n for v in verdicts])
        kind = f"{len({v.number for v in verdicts})} of {len(results.study.claims)} claims are of this kind"
        subtitle = f"left side against right side, paired by repeat, N = {counts} pairs · {kind}"
        yield "forest_claims", _forest(results, panels, "the claims", subtitle)


def stopping_figures(results: Results) -> Named:
    """Draw the distribution of the epochs at which runs stopped early."""
    for protocol in results.protocols:
        rows = {v.name: results.finished(v.name, protocol) for v in results.study.variants}
        rows = {name: own for name, own in rows.items() if "early_stopping" in set(own.get("stopped_because", ()))}
        if not rows:
            continue
        best = {name: _column(own, "best_epoch") for name, own in rows.items()}
        kinds: dict[str, list[Strip | None]] = {
            BLUE: [Strip.of_median(_column(own, "epochs_run")) for own in rows.values()]
        }
        handles = {"last epoch of a run": dot(), "median, middle half of the runs": bar()}
        if any(np.isfinite(values).any() for values in best.values()):
            kinds[ORANGE] = [Strip.of_median(v) if np.isfinite(v).any() else None for v in best.values()]
            handles["epoch of its best weights"] = dot(ORANGE)
        every = np.concatenate([strip.values for strips in kinds.values() for strip in strips if strip is not None])
        panel = StripPanel("", "epoch", list(rows), kinds, log=asks_for_log(every))
        title = f"{results.study.title}: when training stopped"
        yield (
            f"stopping.{protocol}",
            strips_figure([panel], title=title, subtitle=protocol_label(protocol), handles=handles),
        )


def flattery_figures(results: Results) -> Named:
    """Draw by how much the best epoch on watched test rows is better than fresh rows show."""
    found = results.analysis.flattery
    panels = [_flattery_panel([f for f in found if f.effect.unit == unit]) for unit in _units(found)]
    if panels:
        title = f"{results.study.title}: what watching the test rows flatters"
        subtitle = "best epoch on the watched test rows against 10,000 fresh rows; right of the dashed line it flatters"
        handles = _protocol_handles(found, "a run")
        yield "flattery", strips_figure(panels, title=title, subtitle=subtitle, handles=handles)


def published_figures(results: Results) -> Named:
    """Draw published figures among our runs."""
    placed = [
        p
        for p in results.analysis.published
        if len(p.ours) and p.figure.statistic != "std" and p.figure.metric != "diverged"
    ]
    metrics = list(dict.fromkeys(p.figure.metric for p in placed))
    panels = [_published_panel([p for p in placed if p.figure.metric == metric]) for metric in metrics]
    if panels:
        title = f"{results.study.title}: published figures among our runs"
        subtitle = f"{protocol_label('published')} · signs: what others measured"
        handles = {"a run of ours": dot(), _INTERVAL: bar()}
        yield "published", strips_figure(panels, title=title, subtitle=subtitle, handles=handles)


def _forest(results: Results, panels: Sequence[StripPanel], what: str, subtitle: str) -> Figure:
    drawn = {colour for panel in panels for colour in panel.kinds}
    handles: dict[str, Artist] = {
        f"{protocol}: a pair of runs": dot(colour) for protocol, colour in PROTOCOL_COLOURS.items() if colour in drawn
    }
    handles[_INTERVAL] = bar()
    handles |= margin_signs([margin for panel in panels for margin in panel.margins])
    return strips_figure(panels, title=f"{results.study.title}: {what}", subtitle=subtitle, handles=handles)


def _difference_panel(found: Sequence[PairedDifference]) -> StripPanel:
    rows = list(dict.fromkeys(d.variant for d in found))
    first = found[0]
    strips = {(d.variant, d.protocol): _difference_strip(d) for d in found}
    metric = column_of(first.metric).label
    label = {
        "difference": f"{metric}: variant minus {first.reference}",
        "ratio": f"{metric}: variant over {first.reference}, geometric mean",
        "order": f"share of pairs with the larger {metric.partition(' (')[0]} in the variant (runs diverged)",
    }[first.effect.unit]
    return _protocol_panel("", label, rows, strips, first.effect.unit)


def _difference_strip(found: PairedDifference) -> Strip:
    pairs = found.lefts / found.rights if found.effect.is_ratio else found.lefts - found.rights
    singles = np.zeros(0) if found.effect.unit == "order" else pairs.to_numpy()
    return Strip.of_interval(singles, found.effect.interval, f"{found.worst} diverged" if found.worst else "")


def _claim_kind(verdict: Verdict) -> tuple[str, Unit]:
    """Return the metric and unit of a claim; claims of different kinds cannot share an axis."""
    return column_of(verdict.claim.expression.references[0].metric).label, verdict.effect.unit


def _claim_panel(verdicts: Sequence[Verdict], metric: str) -> StripPanel:
    names = {verdict.number: f"{verdict.number}. {verdict.claim.says}" for verdict in verdicts}
    unit = verdicts[0].effect.unit
    strips = {}
    for verdict in verdicts:
        pairs = np.array([(one.left, one.right) for one in verdict.singles.values()], float).reshape(-1, 2)
        ratios = unit == "ratio"
        singles = verdict.effect.factor * pairs[:, 0] / pairs[:, 1] if ratios else pairs[:, 0] - pairs[:, 1]
        # A verdict measures from the margin of its claim, the axis from "no difference".
        strip = Strip.of_interval(singles, verdict.effect.interval, verdict.word).moved(verdict.effect.offset)
        strips[names[verdict.number], verdict.protocol] = strip
    effects = {verdict.number: verdict.effect for verdict in verdicts}
    margins = [margin for row, effect in enumerate(effects.values()) for margin in _margins(row, effect)]
    label = (
        f"{metric}: {'left side over right side, geometric mean' if unit == 'ratio' else 'left side minus right side'}"
    )
    return replace(_protocol_panel("", label, list(names.values()), strips, unit), margins=margins)


def _margins(row: int, effect: Effect) -> Iterator[Margin]:
    if effect.margin:
        yield Margin(row, -effect.margin, effect.margin)
    elif effect.offset:
        yield Margin(row, effect.offset, effect.offset)
    elif effect.factor != 1:
        yield Margin(row, effect.factor, effect.factor)


def _flattery_panel(found: Sequence[Flattery]) -> StripPanel:
    first = found[0]
    strips = {}
    for one in found:
        strips[one.variant, one.protocol] = Strip.of_interval(one.singles.to_numpy(), one.effect.interval)
    what = "fresh error over watched error, geometric mean" if first.effect.is_ratio else "watched minus fresh"
    what += ", without the same at the last epoch" if any(one.offset for one in found) else ""
    label = f"{column_of(first.metric).label.partition(' (')[0]}: {what}"
    return _protocol_panel("", label, list(dict.fromkeys(one.variant for one in found)), strips, first.effect.unit)


def _published_panel(placed: Sequence[PlacedFigure]) -> StripPanel:
    rows = list(dict.fromkeys(p.figure.variant for p in placed))
    first = {p.figure.variant: p for p in reversed(placed)}
    strips = [
        Strip.of_interval(first[name].ours.to_numpy(), first[name].mean, _lost(first[name].ours)) for name in rows
    ]
    marks = [
        Mark(
            rows.index(p.figure.variant),
            p.figure.value,
            f"{p.figure.by}, mean of {p.figure.of}" if p.figure.of > 1 else p.figure.by,
        )
        for p in placed
        if np.isfinite(p.figure.value)
    ]
    column = column_of(placed[0].figure.metric)
    label = f"{set_label(column.set_name)} {column.label}".strip()
    every = np.concatenate([*[strip.values for strip in strips], [mark.value for mark in marks]])
    return StripPanel(
        "",
        label,
        rows,
        {BLUE: strips},
        marks,
        log=asks_for_log(every) and not column.is_accuracy,
    )


def _protocol_panel(
    title: str, label: str, rows: Sequence[str], strips: dict[tuple[str, str], Strip], unit: Unit
) -> StripPanel:
    """Build a panel with the strips of both protocols in each row; ratios far apart have a log axis."""
    kinds = {
        colour: [strips.get((row, protocol)) for row in rows]
        for protocol, colour in PROTOCOL_COLOURS.items()
        if any(own == protocol for _, own in strips)
    }
    values = np.concatenate([[*strip.values, strip.low, strip.high] for strip in strips.values()])
    return StripPanel(title, label, rows, kinds, null=no_effect(unit), log=unit == "ratio" and asks_for_log(values))


def _protocol_handles(found: Sequence[Flattery], what: str) -> dict[str, Line2D]:
    there = {one.protocol for one in found}
    handles = {f"{protocol}: {what}": dot(colour) for protocol, colour in PROTOCOL_COLOURS.items() if protocol in there}
    return {**handles, _INTERVAL: bar()}


def _units(found: Sequence[PairedDifference] | Sequence[Verdict] | Sequence[Flattery]) -> list[Unit]:
    return list(dict.fromkeys(one.effect.unit for one in found))


def _counts(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low}" if low == high else f"{low}–{high}"


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)


def _lost(ours: pd.Series) -> str:
    lost = int(np.isinf(ours).sum())
    return f"{lost} of {len(ours)} diverged" if lost else ""
