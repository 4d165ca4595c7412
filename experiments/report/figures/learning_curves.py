"""Learning curves of all variants on one scale, the baseline's repeated behind each of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments.column_lookup import column_of
from experiments.report.figures.curve_summary import Curve, VariantCurves, summarise_curve, wants_log
from experiments.report.figures.results import Results
from experiments.report.figures.style import (
    COLUMNS,
    GREY,
    SET_COLOURS,
    VERMILION,
    draw_band,
    draw_line,
    label_outer,
    log_axis,
    say,
    sheet,
)
from experiments.report.wording import protocol_label

if TYPE_CHECKING:
    from experiments.language.study import Variant

Curves = Mapping[str, Curve]

# Curves that have figures of their own, or none: the loss with its penalties cannot be compared between variants.
_NOT_LEARNING = frozenset(("loss", "learning_rate", "weight_norm"))
_AS_KERAS = "train as Keras reports it: during the epoch, with dropout and noise"


def learning_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw a figure for each metric and protocol, penalty-free losses first."""
    for protocol in results.protocols:
        trained = [variant for variant in results.drawn if results.history(variant.name, protocol)]
        missing = len(results.drawn) - len(trained)
        for key in _metric_keys(results, protocol):
            curves = [_with_units(results.curves(variant, protocol, key), variant, key) for variant in trained]
            notes = [protocol_label(protocol), _AS_KERAS] + [
                f"{missing} of {len(results.drawn)} variants not run yet"
            ] * (missing > 0)
            yield (
                f"learning_{key}.{protocol}",
                learning_figure(
                    [own for own in curves if own.sets],  # variants trained with another loss have no such curve
                    title=f"{results.study.title}: {column_of(key).label.partition(' (')[0]} while training",
                    subtitle=" · ".join(notes),
                    label=column_of(key).label,
                    bounded=column_of(key).is_accuracy,
                ),
            )


def draw_curve(ax: Axes, curve: Curve, colour: str) -> None:
    """Draw one curve: band, faint single runs, and the mean, dotted where some runs have ended.

    Args:
        ax: Where to.
        curve: What.
        colour: Of all its parts.
    """
    # At one opacity thirty runs would be a solid block and three invisible, so opacity falls with their number.
    alpha = float(np.clip(3 / max(len(curve.runs), 1), 0.12, 0.5))
    ax.add_collection(LineCollection(curve.runs, colors=colour, linewidths=0.7, alpha=alpha), autolim=False)
    for points in curve.runs:
        if len(points) == 1:
            ax.scatter(points[:, 0], points[:, 1], s=8, color=colour, alpha=alpha, linewidths=0)
    if not curve.epochs.size:
        return
    draw_band(ax, curve.epochs, curve.low, curve.high, colour=colour, alpha=0.3)
    whole = int(curve.complete.sum())
    draw_line(ax, curve.epochs[:whole], curve.mean[:whole], color=colour)
    if whole < curve.epochs.size:
        ax.plot(curve.epochs[max(whole - 1, 0) :], curve.mean[max(whole - 1, 0) :], color=colour, linestyle=":")


def learning_figure(
    variants: Sequence[VariantCurves], *, title: str, subtitle: str, label: str, bounded: bool = False
) -> Figure:
    """Draw the curves of all variants, a panel each, on one scale; the first variant's are repeated in grey.

    Args:
        variants: The baseline first.
        title: Of the figure.
        subtitle: How to read it.
        label: Name and unit of the y axis.
        bounded: Whether values lie in [0, 1], as accuracies do; such axes are never logarithmic.
    """
    log = not bounded and wants_log(values for variant in variants for values in variant.sets.values())
    drawn = [
        {name: summarise_curve(values, log=log, diverged=variant.diverged) for name, values in variant.sets.items()}
        for variant in variants
    ]
    handles = _handles(variants, drawn, log=log)
    figure, axes = sheet(len(variants), title=title, subtitle=subtitle, handles=handles)
    for ax, variant, curves in zip(axes, variants, drawn, strict=True):
        _panel(ax, variant, curves, drawn[0] if variant is not variants[0] else {})
    _scale(axes[0], [curve for curves in drawn for curve in curves.values()], log=log, bounded=bounded)
    for ax, curves in zip(axes, drawn, strict=True):
        _crosses(ax, curves)
    label_outer(axes, COLUMNS, "epoch", label + (", log scale" if log else ""))
    return figure


def _metric_keys(results: Results, protocol: str) -> list[str]:
    histories = [results.history(variant.name, protocol) for variant in results.drawn]
    keys = {key: None for history in histories for key in history}
    plain = [key for key in keys if "." not in key and not key.startswith("val_") and key not in _NOT_LEARNING]
    if all(column_of(key).is_accuracy for key in plain) and "loss" in keys:
        plain.append("loss")
    return sorted(plain, key=lambda key: (column_of(key).is_accuracy, key))


def _with_units(curves: VariantCurves, variant: Variant, key: str) -> VariantCurves:
    """Add to the name of a panel that its errors are in scaled units, which other panels are not in."""
    if column_of(key).is_accuracy or variant.config.data.scale.targets is None:
        return curves
    return replace(curves, name=f"{curves.name} (scaled target)")


def _panel(ax: Axes, variant: VariantCurves, curves: Curves, baseline: Curves) -> None:
    ax.set_title(variant.name)
    for name, curve in baseline.items():
        draw_line(ax, curve.epochs, curve.mean, zorder=1.9, **_reference_style(name))
    for name, curve in curves.items():
        draw_curve(ax, curve, SET_COLOURS[name])
    lost = f"{int(variant.diverged.sum())} of {variant.diverged.size} runs diverged" if variant.diverged.any() else ""
    if any(curve.epochs.size for curve in curves.values()):
        _note(ax, lost)
    else:
        say(ax, f"{lost}:\nno finite value to draw" if lost else "no value to draw")


def _note(ax: Axes, text: str) -> None:
    box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5}
    if text:
        ax.text(0.98, 0.5, text, transform=ax.transAxes, ha="right", va="center", color=VERMILION, bbox=box)


def _reference_style(name: str) -> dict[str, Any]:
    return {"color": GREY, "linewidth": 1.0, "linestyle": "--" if name == "train" else "-"}


def _crosses(ax: Axes, curves: Curves) -> None:
    """Mark where runs diverged; those that never had a finite value, or left the panel, at its upper edge."""
    top = ax.get_ylim()[1]
    for name, curve in curves.items():
        if len(curve.ends):
            y = np.fmin(curve.ends[:, 1], top)
            ax.scatter(curve.ends[:, 0], y, marker="x", s=36, color=SET_COLOURS[name], clip_on=False, zorder=4)


def _scale(ax: Axes, curves: Sequence[Curve], *, log: bool, bounded: bool) -> None:
    """Set the common scale to the range of the means and of all but the most extreme values of single runs."""
    drawn = [curve for curve in curves if curve.epochs.size]
    last = max([points[-1, 0] for curve in curves for points in curve.runs if len(points)], default=1)
    ax.set_xlim(0, max(last, 2))  # the dots of a single epoch lie in the middle
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    if not drawn:
        return
    inner = [np.quantile(np.concatenate([points[:, 1] for points in curve.runs]), [0.01, 0.99]) for curve in drawn]
    values = np.concatenate([curve.mean for curve in drawn] + inner)
    low, high = float(values.min()), float(values.max())
    if log:
        ax.set_ylim(low / 1.5, high * 1.5)
        log_axis(ax, "y")
        return
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    ax.set_ylim(low - margin, min(high + margin, 1.02) if bounded else high + margin)


def _handles(variants: Sequence[VariantCurves], drawn: Sequence[Curves], *, log: bool) -> dict[str, Line2D | Patch]:
    curves = [curve for panel in drawn for curve in panel.values()]
    counts = sorted({curve.count for curve in curves}) or [0]
    number = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"
    kind = "geometric mean" if log else "mean"
    handles: dict[str, Line2D | Patch] = {
        f"{name}: {kind} of N = {number} runs": Line2D([], [], color=SET_COLOURS[name])
        for name in dict.fromkeys(name for panel in drawn for name in panel)
    }
    handles["95 % interval of the mean"] = Patch(color=GREY, alpha=0.3)
    handles["single runs"] = Line2D([], [], color=GREY, linewidth=0.7, alpha=0.6)
    if not all(curve.complete.all() for curve in curves):
        handles["mean of the runs still training"] = Line2D([], [], color=GREY, linestyle=":")
    if any(variant.diverged.any() for variant in variants):
        handles["a run diverged here"] = Line2D([], [], color=GREY, linestyle="none", marker="x")
    if len(variants) > 1:
        for name in (name for name, curve in drawn[0].items() if curve.epochs.size):
            handles[f"{variants[0].name}, {name}"] = Line2D([], [], **_reference_style(name))
    return handles
