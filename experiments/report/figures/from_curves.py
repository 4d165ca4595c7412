"""The figures of a study that come from its learning curves and decision boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from experiments.columns import CURVES, RecordedCurve, column_of
from experiments.report.figures.boundaries import Boundary, boundaries_figure
from experiments.report.figures.curves import VariantCurves
from experiments.report.figures.inputs import input_figure
from experiments.report.figures.layers import FEW_LAYERS, LayerCurves, lines_figure, maps_figure
from experiments.report.figures.learning import learning_figure
from experiments.report.figures.results import Results
from experiments.report.figures.words import protocol_label

if TYPE_CHECKING:
    from experiments.language.study import Variant

Named = Iterator[tuple[str, Figure]]

# Curves that have figures of their own, or none: the loss with its penalties cannot be compared between variants.
_NOT_LEARNING = frozenset(("loss", "learning_rate", "weight_norm"))
_AS_KERAS = "train as Keras reports it: during the epoch, with dropout and noise"


def learning_figures(results: Results) -> Named:
    """Draw a figure for each metric and protocol, penalty-free losses first."""
    for protocol in results.protocols:
        trained = [variant for variant in results.drawn if results.history(variant.name, protocol)]
        missing = len(results.drawn) - len(trained)
        for key in _metric_keys(results, protocol):
            curves = [_told_apart(results.curves(variant, protocol, key), variant, key) for variant in trained]
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


def boundary_figures(results: Results) -> Named:
    """Draw the decision boundaries of all variants, where the inputs are two-dimensional."""
    found = {variant.name: results.boundary(variant.name) for variant in results.drawn}
    boundaries = [Boundary.from_arrays(name, arrays) for name, arrays in found.items() if arrays]
    if boundaries:
        runs = max(len(arrays["probability"]) for arrays in found.values() if arrays)
        yield (
            "boundaries.published",
            boundaries_figure(
                boundaries,
                title=f"{results.study.title}: decision boundaries",
                subtitle=f"{protocol_label('published')} · the first {runs} runs, the rows of the first",
            ),
        )


def layer_figures(results: Results) -> Named:
    """Draw every recorded probe by layer and epoch, under one protocol: the data hardly matter to how norms behave."""
    for protocol in results.protocols[:1]:
        for name, probe in CURVES.items():
            if not probe.title:
                continue
            variants = [curves for curves in _layer_curves(results, protocol, name, probe) if curves.layers]
            if not any(
                curve.epochs.size or curves.has_zeros for curves in variants for curve in curves.layers.values()
            ):
                continue
            deepest = max(len(curves.layers) for curves in variants)
            mean = "geometric mean" if probe.log else "mean"
            runs = "runs above 0" if any(curves.positive_only for curves in variants) else "runs"
            draw = maps_figure if deepest > FEW_LAYERS else lines_figure
            yield (
                f"{name}.{protocol}",
                draw(
                    variants,
                    title=f"{results.study.title}: {probe.title[0].lower()}{probe.title[1:]}",
                    subtitle=f"{protocol_label(protocol)} · {mean} of the {runs}",
                    label=probe.label,
                    log=probe.log,
                ),
            )


def input_figures(results: Results) -> Named:
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


def _told_apart(curves: VariantCurves, variant: Variant, key: str) -> VariantCurves:
    """Say in a panel's name that its errors are in units of their own."""
    if column_of(key).is_accuracy or variant.config.data.scale.targets is None:
        return curves
    return replace(curves, name=f"{curves.name} (scaled target)")


def _metric_keys(results: Results, protocol: str) -> list[str]:
    histories = [results.history(variant.name, protocol) for variant in results.drawn]
    keys = {key: None for history in histories for key in history}
    plain = [key for key in keys if "." not in key and not key.startswith("val_") and key not in _NOT_LEARNING]
    if all(column_of(key).is_accuracy for key in plain) and "loss" in keys:
        plain.append("loss")
    return sorted(plain, key=lambda key: (column_of(key).is_accuracy, key))


def _layer_curves(results: Results, protocol: str, name: str, probe: RecordedCurve) -> list[LayerCurves]:
    return [
        LayerCurves.from_history(
            variant.name,
            name,
            results.history(variant.name, protocol),
            [layer.name for layer in variant.config.model.layers],
            log=probe.log,
        )
        for variant in results.drawn
    ]
