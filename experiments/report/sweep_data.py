"""Sweeps over the axes of grids as data for the page's charts: train and test together, single runs faint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.analysis import Sweep
from experiments.columns import column_of
from experiments.report import words
from experiments.report.figures.words import set_label
from experiments.report.lines import rounded

_SLOTS = {"train": 0, "test": 1, "fresh_test": 3, "validation": 4}
# More lines than this with all their single runs would be a thicket.
_MOST_WITH_RUNS = 4


def sweep_charts(sweeps: Sequence[Sweep]) -> list[dict[str, Any]]:
    """Arrange sweeps in one chart for each axis of each grid.

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
    clear = [_line(sweep, places, number) for number, sweep in enumerate(sweeps)]
    return {"series": faint + clear, "note": " ".join(_note(sweep) for sweep in sweeps)}


def _look(sweep: Sweep, number: int = 0) -> dict[str, Any]:
    """Without other axes colour is the set of rows; with them it is the line, and dashes are the training rows."""
    where = column_of(sweep.column).set_name
    if sweep.others:
        return {"slot": number % 7, "dash": 1 if where == "train" else 0}
    return {"slot": _SLOTS.get(where, 1), "dash": 0}


def _line(sweep: Sweep, places: dict[Any, float], number: int) -> dict[str, Any]:
    return {
        "name": _line_name(sweep),
        **_look(sweep, number),
        "points": True,
        "marked": [k for k, value in enumerate(sweep.values) if value in sweep.as_good],
        "x": [places[value] for value in sweep.values],
        "mean": rounded(interval.estimate for interval in sweep.intervals),
        "low": rounded(interval.low for interval in sweep.intervals),
        "high": rounded(interval.high for interval in sweep.intervals),
    }


def _runs(sweep: Sweep, places: dict[Any, float]) -> list[dict[str, Any]]:
    x = [places[value] for value in sweep.runs.columns]
    rows = sweep.runs.to_numpy(dtype=float)
    return [{"name": "", **_look(sweep), "faint": True, "x": x, "mean": rounded(row)} for row in rows]


def _line_name(sweep: Sweep) -> str:
    where = column_of(sweep.column).set_name
    others = ", ".join(f"{axis} {_label(value)}" for axis, value in sweep.others.items())
    return " · ".join(part for part in (set_label(where) if where else column_of(sweep.column).label, others) if part)


def _note(sweep: Sweep) -> str:
    lost = sum(sweep.diverged)
    parts = [f"{words.plural(lost, 'run')} diverged and stand outside the means."] if lost else []
    if sweep.best is not None and column_of(sweep.metric).set_name != "train":
        equals = [_label(value) for value in sweep.as_good if value != sweep.best]
        as_good = f"not to be told from it: {', '.join(equals)}" if equals else "better than every other value"
        parts.append(f"{_line_name(sweep)}: best at {_label(sweep.best)} ({as_good}; large dots).")
    return " ".join(parts)


def _label(value: Any) -> str:
    return words.number(float(value)) if isinstance(value, int | float) else str(value)


def _spans_powers(sweeps: Sequence[Sweep]) -> bool:
    if column_of(sweeps[0].metric).is_accuracy:
        return False
    middles = np.array([interval.estimate for sweep in sweeps for interval in sweep.intervals])
    middles = middles[np.isfinite(middles)]
    return bool(middles.size and middles.min() > 0 and middles.max() / middles.min() > 30)
