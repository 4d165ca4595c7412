"""What a name of runs.csv means, and which names a configuration leads to.

>>> column_of("best_test_accuracy").fresh
'best_fresh_test_accuracy'
>>> column_of("weight_norm.hidden").label, column_of("weight_norm.hidden").scale
('weight norm of hidden', 'ratio')
>>> column_of("test_accuracy_without_0.5").label
'accuracy without 0.5 of the units'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from experiments.column_types import METRICS, OWN_ROWS, SETS, TESTED, WATCHED, Column
from experiments.columns import COLUMNS, WORD_OF

_HIGHER_IS_BETTER = re.compile(r"accuracy|auc|precision|recall|f1|fbeta|r2|iou|mean_io_u|sensitivity|specificity")
_PLACEHOLDER = re.compile(r"<(\w+)>")

_FIELDS = {
    "set": "sets",
    "tested": "tested",
    "metric": "metrics",
    "watched": "watched",
    "target": "targets",
    "layer": "layers",
    "squashing": "squashing",
    "share": "shares",
    "deviation": "deviations",
}
"""Placeholder of a family to the attribute of ``Features`` that has its values."""

_METRICS = {metric.name: metric for metric in METRICS}
_MEASURED = tuple(
    (column, frozenset(column.needs) | ({WORD_OF[column.name]} if column.name in WORD_OF else set()))
    for column in COLUMNS
    if column.is_measured
)


@dataclass(frozen=True)
class Features:
    """Features of a configuration that determine the columns of its runs.

    Attributes:
        sets: Sets of rows that it has.
        metrics: Scores on each set, losses included.
        watched: Scores of ``WATCHED`` that the test curve has.
        targets: Curves that ``epochs_until`` waits for.
        layers: Layers with a kernel.
        squashing: Those of them whose activation is sigmoid or tanh.
        shares: Shares of units that are removed, as in column names.
        deviations: Standard deviations of noise on inputs, as in column names.
        conditions: Words of ``record``, and those of ``BEST_WEIGHTS``, ``ENSEMBLE`` and ``OWN_CURVES`` that hold.
    """

    sets: tuple[str, ...]
    metrics: tuple[str, ...]
    watched: tuple[str, ...]
    targets: tuple[str, ...]
    layers: tuple[str, ...]
    conditions: frozenset[str]
    squashing: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()

    @property
    def tested(self) -> tuple[str, ...]:
        """Sets whose rows nothing was fitted to or chosen on."""
        return tuple(name for name in self.sets if name in TESTED)


@cache
def column_names(features: Features) -> frozenset[str]:
    """List the columns with measured numbers.

    Args:
        features: Of a configuration.

    Returns:
        The names; a run that did not diverge has no ``diverged_at``.
    """
    names: set[str] = set()
    for declared, needs in _MEASURED:
        if needs <= features.conditions and names.issuperset(declared.computed_from):
            names.update(_members(declared.name, features))
    return frozenset(names)


def _members(family: str, features: Features) -> Iterator[str]:
    """Write out a family: every combination of the values of its placeholders."""
    placeholders = _placeholders(family)
    for values in product(*(getattr(features, _FIELDS[placeholder]) for placeholder in placeholders)):
        yield _filled(family, dict(zip(placeholders, values, strict=True)))


def _filled(text: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(f"<{placeholder}>", value)
    return text


@cache
def _placeholders(family: str) -> list[str]:
    return _PLACEHOLDER.findall(family)


@cache
def column_of(name: str) -> Column:
    """Return what a name of runs.csv means.

    Args:
        name: A column's name; a history key such as ``val_accuracy`` has a label, but no set.

    Returns:
        The column; with neutral properties where none of that name is declared. ``own_test_accuracy`` is
        ``test_accuracy`` without its twin on fresh rows.
    """
    if name.startswith(OWN_ROWS):
        read = column_of(name.removeprefix(OWN_ROWS))
        if read.fresh:
            return replace(read, name=name, fresh="", label=f"{_short(read.metric)} on the study's own rows")
    for declared in COLUMNS:
        match = _pattern(declared.name).fullmatch(name)
        if match:
            return _member(declared, name, match.groupdict(default=""))
    return Column(name, metric=name, label=_label(name))


@cache
def word_of(name: str) -> str:
    """Return the word of ``record`` that a column needs, "" where it needs none.

    >>> word_of("dead_units.hidden_1"), word_of("epochs_until_test_accuracy"), word_of("test_accuracy")
    ('dead_units', 'epochs_until', '')
    """
    family = next((declared.name for declared in COLUMNS if _pattern(declared.name).fullmatch(name)), "")
    return WORD_OF.get(family, "")


@cache
def _pattern(family: str) -> re.Pattern[str]:
    values = {"set": "|".join(SETS), "tested": "|".join(TESTED), "watched": "|".join(WATCHED)}
    parts = _PLACEHOLDER.split(family)  # texts and placeholders in turn
    parts[0::2] = map(re.escape, parts[0::2])
    parts[1::2] = [f"(?P<{name}>{values.get(name, '.+')})" for name in parts[1::2]]
    return re.compile("".join(parts))


def _member(family: Column, name: str, values: Mapping[str, str]) -> Column:
    """Return one column of a family. The scale and direction of a score are those of its metric."""
    if "watched" in values:
        label = f"best watched {_METRICS[values['watched']].short}"
        return replace(_scored(family, values["watched"]), name=name, metric=name, label=label)
    if "metric" not in values:
        return replace(family, name=name, metric=name, label=family.label or _label(name))
    set_name, metric = values.get("set") or values["tested"], values["metric"]
    fresh = _filled(family.name, {**values, "set": "fresh_test", "tested": "fresh_test"}) if set_name == "test" else ""
    label = _filled(family.label, {**values, "metric": _short(metric)}) if family.label else _label(metric)
    measured = _filled(family.metric or "<metric>", values)
    return replace(_scored(family, metric), name=name, set_name=set_name, metric=measured, fresh=fresh, label=label)


def _scored(family: Column, metric: str) -> Column:
    is_share = bool(_HIGHER_IS_BETTER.search(metric))
    return replace(
        family,
        scale="difference" if is_share else "ratio",
        better="higher" if is_share and not metric.endswith("_gap") else "lower",
    )


def _short(metric: str) -> str:
    return _METRICS[metric].short if metric in _METRICS else metric.replace("_", " ")


def _label(name: str) -> str:
    stem, _, layer = name.partition(".")
    words = _METRICS[stem].label if stem in _METRICS else stem.replace("_", " ")
    return f"{words} of {layer}" if layer else words
