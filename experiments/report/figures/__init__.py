"""Figures of a study: functions that compute what is drawn, functions that draw it into an ``ax``, and PNG files."""

from __future__ import annotations

from experiments.report.figures.curve_summary import Curve, VariantCurves, summarise_curve
from experiments.report.figures.decision_boundaries import Boundary, draw_boundary
from experiments.report.figures.gallery import write_figures
from experiments.report.figures.layer_figures import LayerCurves, draw_inputs, draw_layer_lines, draw_layer_map
from experiments.report.figures.learning_curves import draw_curve
from experiments.report.figures.strips import Strip, StripPanel, draw_strips
from experiments.report.figures.sweep_figures import draw_best, draw_sweep

__all__ = [
    "Boundary",
    "Curve",
    "LayerCurves",
    "Strip",
    "StripPanel",
    "VariantCurves",
    "draw_best",
    "draw_boundary",
    "draw_curve",
    "draw_inputs",
    "draw_layer_lines",
    "draw_layer_map",
    "draw_strips",
    "draw_sweep",
    "summarise_curve",
    "write_figures",
]
