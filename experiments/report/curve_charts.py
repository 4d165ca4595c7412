"""Learning curves and recorded curves as data for the page's charts: thinned out, rounded, equal epochs stored once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.column_lookup import column_of
from experiments.columns import CURVES
from experiments.report.figures.curve_summary import MOST_RUNS, Curve, summarise_curve, thin_out, wants_log
from experiments.report.wording import rounded
from experiments.store.loading import StoredHistories, StoredHistory

if TYPE_CHECKING:
    from experiments.language.study import Study

# Most numbers of all curves of one kind, so that a page with three kinds is smaller than 3 MB.
_MOST_NUMBERS = 70_000
_MOST_POINTS, _FEWEST_POINTS = 400, 30
_SHARED_CHARTS = {"input": "Inputs of the first unit"}
"""Titles of the charts that several recorded curves share; they are its lines, as if they were layers."""

Line = list[Any]
Histories = Mapping[tuple[int, str], StoredHistory]


@dataclass
class Epochs:
    """The lists of epochs that lines are drawn over; equal lists are kept once.

    Attributes:
        lists: What a line's first element is an index into.
    """

    lists: list[list[int]] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    def index(self, epochs: np.ndarray) -> int:
        """Return the index of a list of epochs; a new list is added."""
        key = np.asarray(epochs, np.int64).tobytes()
        if key not in self._known:
            self._known[key] = len(self.lists)
            self.lists.append([int(epoch) for epoch in epochs])
        return self._known[key]

    def line(self, curve: Curve) -> Line:
        """Write a mean with its band: [index of the epochs, mean, low, high]."""
        return [self.index(curve.epochs), rounded(curve.mean), rounded(curve.low), rounded(curve.high)]

    def run(self, points: np.ndarray, most: int) -> Line:
        """Write a single run: [index of the epochs, values].

        Args:
            points: Shape (points, 2): epoch and value.
            most: How many points to keep.
        """
        kept = points[thin_out(len(points), most)]
        return [self.index(kept[:, 0]), rounded(kept[:, 1])]


@dataclass(frozen=True)
class Metric:
    """A curve's history key, its label, and whether its axis is logarithmic."""

    key: str
    label: str
    log: bool

    def as_data(self) -> dict[str, Any]:
        """Return it in the form that the scripts read."""
        return {"key": self.key, "label": self.label, "log": self.log}


def read_histories(study: Study, out: Path) -> Histories:
    """Return all stored curves of a study: (index of the variant, protocol) to history."""
    places = {
        (index, protocol): (variant.name, protocol)
        for index, variant in enumerate(study.variants)
        for protocol in variant.protocols
    }
    return StoredHistories(study.name, out, places)


def curve_metrics(histories: Histories) -> list[Metric]:
    """Return the metrics that have learning curves: loss, accuracy, the others, the learning rate."""
    keys = dict.fromkeys(key for history in histories.values() for key in history)
    plain = [key for key in keys if not key.startswith("val_") and _probe(key) is None]
    plain.sort(key=lambda key: (key == "learning_rate", key != "accuracy", key != "loss"))
    return [Metric(key, column_of(key).label, _log(histories, (key, f"val_{key}"))) for key in plain]


def learning_curves(histories: Histories, metrics: Sequence[Metric], epochs: Epochs) -> dict[str, Any] | None:
    """Summarise the learning curves of all variants.

    Args:
        histories: As ``read_histories`` returns them.
        metrics: Which ones.
        epochs: Gets the lists of epochs.

    Returns:
        ``metrics``, ``protocols`` and ``lines[protocol][variant][key]``; None where there are no curves.
    """
    if not metrics:
        return None
    most = _points(len(histories) * len(metrics) * 2 * 3)
    lines: dict[str, dict[int, dict[str, Any]]] = {}
    for (index, protocol), history in histories.items():
        chosen = {key: metric for metric in metrics for key in (metric.key, f"val_{metric.key}") if key in history}
        lines.setdefault(protocol, {})[index] = {
            key: epochs.line(_thinned(summarise_curve(history[key], log=metric.log), most))
            for key, metric in chosen.items()
        }
    return {"metrics": [metric.as_data() for metric in metrics], "protocols": list(lines), "lines": lines}


def layer_curves(histories: Histories, epochs: Epochs) -> dict[str, Any] | None:
    """Summarise what was recorded inside the networks, layer by layer.

    Args:
        histories: As ``read_histories`` returns them.
        epochs: Gets the lists of epochs.

    Returns:
        ``words``, ``variants``, ``protocols`` and ``lines[protocol][variant][word][layer]``; None where nothing was.
    """
    keys = dict.fromkeys(key for history in histories.values() for key in history)
    probes = {key: probe for key in keys if (probe := _probe(key))}
    if not probes:
        return None
    words = [_chart_of(word) for word in dict.fromkeys(word for word, _ in probes.values())]
    logs = {word.key: word.log for word in words}
    most = _points(len(histories) * len(probes) * 3)
    lines: dict[str, dict[int, dict[str, dict[str, Any]]]] = {}
    for (index, protocol), history in histories.items():
        for key in (key for key in probes if key in history):
            word, layer = probes[key]
            curve = _thinned(summarise_curve(history[key], log=logs[word]), most)
            lines.setdefault(protocol, {}).setdefault(index, {}).setdefault(word, {})[layer] = epochs.line(curve)
    variants = sorted({index for by_variant in lines.values() for index in by_variant})
    return {"words": [w.as_data() for w in words], "variants": variants, "protocols": list(lines), "lines": lines}


def single_runs(histories: Histories, wanted: Iterable[tuple[str, int]], epochs: Epochs) -> dict[str, dict[int, Any]]:
    """Return single runs under published, for slide mode.

    Args:
        histories: As ``read_histories`` returns them.
        wanted: (history key, index of the variant) of each.
        epochs: Gets the lists of epochs.

    Returns:
        ``[key][variant]`` to the first ``repeats`` and one line each.
    """
    pairs = [(key, index) for key, index in dict.fromkeys(wanted) if key in histories.get((index, "published"), {})]
    most = _points(sum(min(MOST_RUNS, len(histories[index, "published"].repeat)) for _, index in pairs))
    found: dict[str, dict[int, Any]] = {}
    for key, index in pairs:
        history = histories[index, "published"]
        runs = summarise_curve(history[key]).runs
        curves = [epochs.run(points, most) for points in runs]
        found.setdefault(key, {})[index] = {"repeats": [int(k) for k in history.repeat[:MOST_RUNS]], "curves": curves}
    return found


def _points(lines: int) -> int:
    return int(np.clip(_MOST_NUMBERS // max(1, lines), _FEWEST_POINTS, _MOST_POINTS))


def _thinned(curve: Curve, most: int) -> Curve:
    kept = thin_out(len(curve.epochs), most)
    shown = {name: getattr(curve, name)[kept] for name in ("epochs", "mean", "low", "high", "complete")}
    return replace(curve, **shown)


def _probe(key: str) -> tuple[str, str] | None:
    """Split the key of a recorded curve into its chart and its line there; None for a metric."""
    name, _, layer = key.partition(".")
    curve = CURVES.get(name)
    if curve and curve.chart:
        return curve.chart, f"{layer}, {curve.label}"
    return (name, layer or "all layers") if layer or (curve and curve.title) else None


def _chart_of(name: str) -> Metric:
    """Return the name and scale of the chart of recorded curves."""
    curve = CURVES.get(name)
    if curve and curve.title:
        return Metric(name, f"{curve.title} ({curve.label})", curve.log)
    return Metric(name, _SHARED_CHARTS.get(name, name.replace("_", " ")), log=False)


def _log(histories: Histories, keys: Iterable[str]) -> bool:
    """Return whether the axis is logarithmic: never for accuracies, otherwise where values span powers of ten."""
    keys = list(keys)
    if any(column_of(key).is_accuracy for key in keys):
        return False
    return wants_log(history[key] for history in histories.values() for key in keys if key in history)
