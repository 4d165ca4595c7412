"""The data of a study's interactive charts, as the page's scripts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.analysis import Analysis, Sweep
from experiments.column_lookup import column_of
from experiments.report.curve_charts import (
    Epochs,
    curve_metrics,
    layer_curves,
    learning_curves,
    read_histories,
)
from experiments.report.figures.curve_summary import MOST_RUNS
from experiments.report.slide_mode import slide_data
from experiments.report.source import VariantChanges
from experiments.report.tuned_rates import rates_chart
from experiments.report.wording import number, plural, rounded, set_label

if TYPE_CHECKING:
    from experiments.language.study import Study

_SLOTS = 7
_FIRST_SHOWN = 4
_SET_SLOTS = {"train": 0, "test": 1, "fresh_test": 3, "validation": 4}
# More lines than this with all their single runs hide each other.
_MOST_WITH_RUNS = 4
_WATCHED = {"test": "Test rows, watched after each epoch", "validation": "Validation rows"}


def chart_data(analysis: Analysis, changes: Sequence[VariantChanges], out: Path) -> Mapping[str, Any]:
    """Return the data of all charts of a study.

    Args:
        analysis: The analysed study.
        changes: What each variant that can be chosen changes in the YAML.
        out: The results folder.

    Returns:
        ``variants`` (looks), ``curves``, ``layers``, ``sweeps``, ``rates``, ``slides``, ``source`` (lines to mark) and
        ``epochs``; what a study does not have is None or empty.
    """
    study = analysis.study
    histories, epochs = read_histories(study, out), Epochs()
    metrics = curve_metrics(histories)
    curves = learning_curves(histories, metrics, epochs)
    return {
        "variants": _looks(study, {index for index, _ in histories}),
        "curves": {**curves, "watched": _watched(study)} if curves else None,
        "layers": layer_curves(histories, epochs),
        "sweeps": sweep_charts(analysis.headline_sweeps),
        "rates": rates_chart(analysis.tuned.searches, study.tuning.axis),
        "slides": slide_data(analysis, histories, metrics, epochs),
        "source": [{"changed": one.changed, "replaced": one.replaced} for one in changes],
        "epochs": epochs.lists,
    }


def _looks(study: Study, drawn: set[int]) -> list[dict[str, Any]]:
    """Return colour, dash and changed paths of each variant; the base and the variants of claims come first."""
    names = [variant.name for variant in study.variants]
    claimed = [reference.variant for claim in study.claims for reference in claim.expression.references]
    first = [index for index, variant in enumerate(study.variants) if not variant.changes]
    first += [names.index(name) for name in claimed if name in names]
    order = [index for index in dict.fromkeys([*first, *sorted(drawn)]) if index in drawn]
    ranks = {index: rank for rank, index in enumerate(order)}
    return [
        {
            "name": variant.name,
            "slot": ranks.get(index, 0) % _SLOTS,
            "dash": ranks.get(index, 0) // _SLOTS % 4,
            "on": index in order[:_FIRST_SHOWN],
            "curves": index in drawn,
            "group": ", ".join(variant.changes) or "nothing: the base",
        }
        for index, variant in enumerate(study.variants)
    ]


def _watched(study: Study) -> str:
    """Return the name of the rows of the validation curves; empty where no variant watches any."""
    kinds = {variant.config.training.validate_on for variant in study.variants} - {"none"}
    if len(kinds) == 1:
        return _WATCHED[kinds.pop()]
    return "Rows watched after each epoch" if kinds else ""


def sweep_charts(sweeps: Sequence[Sweep]) -> list[dict[str, Any]]:
    """Return a chart for each axis of each grid.

    Args:
        sweeps: Of one study.

    Returns:
        For each chart its ``title``, ``axis``, ``log``, ``ticks``, ``metrics``, ``protocols`` and
        ``lines[protocol][metric]`` with ``series`` and ``note``.
    """
    charts: dict[tuple[str, str], list[Sweep]] = {}
    for sweep in sweeps:
        charts.setdefault((sweep.group, sweep.axis), []).append(sweep)
    return [_chart(group, axis, lines) for (group, axis), lines in charts.items()]


def _chart(group: str, axis: str, sweeps: Sequence[Sweep]) -> dict[str, Any]:
    first = sweeps[0]
    places = _places(first)
    lines: dict[str, dict[str, dict[str, Any]]] = {}
    for name in dict.fromkeys(_name(sweep) for sweep in sweeps):
        for protocol in dict.fromkeys(sweep.protocol for sweep in sweeps):
            own = [sweep for sweep in sweeps if _name(sweep) == name and sweep.protocol == protocol]
            if own:
                lines.setdefault(protocol, {})[name] = _content(own, places)
    return {
        "title": group if axis == group else f"{group}: {axis}",
        "axis": axis,
        "log": first.logarithmic,
        "ticks": [{"value": place, "label": _label(value)} for value, place in places.items()],
        "metrics": [
            {"key": name, "label": column_of(name).label, "log": _spans_powers([s for s in sweeps if _name(s) == name])}
            for name in dict.fromkeys(_name(sweep) for sweep in sweeps)
        ],
        "protocols": list(lines),
        "lines": lines,
    }


def _places(sweep: Sweep) -> dict[Any, float]:
    return dict(zip(sweep.values, sweep.places, strict=True))


def _name(sweep: Sweep) -> str:
    return column_of(sweep.metric).metric


def _content(sweeps: Sequence[Sweep], places: dict[Any, float]) -> dict[str, Any]:
    faint = [line for sweep in sweeps for line in _runs(sweep, places)] if len(sweeps) <= _MOST_WITH_RUNS else []
    clear = [_line(sweep, places, slot) for slot, sweep in enumerate(sweeps)]
    return {"series": faint + clear, "note": " ".join(_note(sweep) for sweep in sweeps)}


def _look(sweep: Sweep, slot: int = 0) -> dict[str, Any]:
    """Without other axes colour is the set of rows; with them it is the line, and dashes are the training rows."""
    where = column_of(sweep.column).set_name
    if sweep.others:
        return {"slot": slot % 7, "dash": 1 if where == "train" else 0}
    return {"slot": _SET_SLOTS.get(where, 1), "dash": 0}


def _line(sweep: Sweep, places: dict[Any, float], slot: int) -> dict[str, Any]:
    return {
        "name": _line_name(sweep),
        **_look(sweep, slot),
        "points": True,
        "marked": [k for k, value in enumerate(sweep.values) if value in sweep.as_good],
        "x": [places[value] for value in sweep.values],
        "mean": rounded(interval.estimate for interval in sweep.intervals),
        "low": rounded(interval.low for interval in sweep.intervals),
        "high": rounded(interval.high for interval in sweep.intervals),
    }


def _runs(sweep: Sweep, places: dict[Any, float]) -> list[dict[str, Any]]:
    x = [places[value] for value in sweep.runs.columns]
    rows = sweep.runs.to_numpy(dtype=float)[:MOST_RUNS]
    return [{"name": "", **_look(sweep), "faint": True, "x": x, "mean": rounded(row)} for row in rows]


def _line_name(sweep: Sweep) -> str:
    where = column_of(sweep.column).set_name
    others = ", ".join(f"{axis} {_label(value)}" for axis, value in sweep.others.items())
    return " · ".join(part for part in (set_label(where) if where else column_of(sweep.column).label, others) if part)


def _note(sweep: Sweep) -> str:
    lost = sum(sweep.diverged)
    parts = [f"{plural(lost, 'run')} diverged and are not part of the means."] if lost else []
    if sweep.best is not None and column_of(sweep.metric).set_name != "train":
        equals = [_label(value) for value in sweep.as_good if value != sweep.best]
        as_good = f"indistinguishable from it: {', '.join(equals)}" if equals else "better than every other value"
        parts.append(f"{_line_name(sweep)}: best at {_label(sweep.best)} ({as_good}; large dots).")
    return " ".join(parts)


def _label(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) else str(value)


def _spans_powers(sweeps: Sequence[Sweep]) -> bool:
    if column_of(sweeps[0].metric).is_accuracy:
        return False
    middles = np.array([interval.estimate for sweep in sweeps for interval in sweep.intervals])
    middles = middles[np.isfinite(middles)]
    return bool(middles.size and middles.min() > 0 and middles.max() / middles.min() > 30)
