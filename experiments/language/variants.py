"""Variants: changes one after another, grids multiplied out, each resolved into a configuration of its own.

>>> import yaml
>>> from experiments.language.expand import expand
>>> from experiments.language.located import located
>>> base = expand("configuration", located(yaml.safe_load('''
... data: {points: {make_moons: {n_samples: 100}}, split: {train: 30, test: 70}}
... model: {drop: {Dropout: 0.4}, output: {Dense: 1}}
... training: {optimizer: Adam, loss: mse, epochs: 10}
... ''')))
>>> variants = located(yaml.safe_load('''
... longer: {training.epochs: 20}
... rate: {from: longer, grid: {rate: {model.drop.rate: [0.1, 0.2]}}}
... '''))
>>> resolver = VariantResolver(base, variants, Defaults(repeats=30, protocols=("published",)), [], Problems())
>>> for variant in resolver.resolve_all():
...     print(variant.name, variant.config.training.epochs, variant.config.model.layers[0].component)
longer 20 Dropout(rate=0.4)
rate[rate=0.1] 20 Dropout(rate=0.1)
rate[rate=0.2] 20 Dropout(rate=0.2)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.errors import Place
from experiments.language.changes import Change, PatchError, apply_change
from experiments.language.checks import Checked
from experiments.language.configuration_sections import CONFIGURATION_KEYS
from experiments.language.consistency import check_fresh_rows
from experiments.language.located import LocatedDict, LocatedList, place_in, plain
from experiments.language.names import LONGEST_LABEL, case_twins, check_names, twins_message
from experiments.language.problems import Problems, expected, found, join, nearest
from experiments.language.resolve import changed, resolve
from experiments.language.sections import LARGEST_GRID, VARIANT_KEYS
from experiments.language.study import LARGEST_STUDY, Variant


@dataclass(frozen=True)
class Defaults:
    """Settings of the study that a variant may override."""

    repeats: int
    protocols: tuple[str, ...]


@dataclass(frozen=True)
class _Point:
    """One value of an axis: its label and the changes it makes."""

    label: Any
    changes: tuple[Change, ...]


class VariantResolver:
    """Resolver of the variants of one study against its base."""

    def __init__(
        self,
        base: LocatedDict,
        sections: LocatedDict,
        defaults: Defaults,
        sets: Sequence[Change],
        problems: Problems,
        *,
        folder: str = "",
    ) -> None:
        self._base, self._sections, self._defaults, self._problems = base, sections, defaults, problems
        self._sets, self._used = sets, set[Change]()
        self._checked, self._folder = Checked(), folder
        self._failures: dict[Change, str] = {}

    def resolve_all(self) -> tuple[Variant, ...]:
        """Return every variant and grid point in file order, without those that have problems."""
        if self._too_many_runs():
            return ()
        variants = tuple(variant for name in self._sections for variant in self._resolve(name))
        for change in self._sets:
            if change not in self._used and change in self._failures:
                self._problems.add(change.key_place, change.path, self._failures[change])
        written = {variant.name: variant for variant in variants}
        for earlier, name in case_twins(written):
            self._problems.add(written[name].written, f"variants.{written[name].group}", twins_message(earlier, name))
        return variants

    def _too_many_runs(self) -> bool:
        """Whether the study has too many runs; the problem is placed at the variant that passes the limit."""
        total = 0
        for name in self._sections:
            section = self._section(name)
            grid, listed = section.get("grid"), section.get("protocols")
            points = _size(grid) if isinstance(grid, LocatedDict) else 1
            repeats = section.get("repeats") or self._defaults.repeats
            protocols = len(listed if isinstance(listed, list) else self._defaults.protocols)
            if not isinstance(repeats, int) or points > LARGEST_GRID:
                continue  # which is said elsewhere
            total += points * repeats * protocols
            if total > LARGEST_STUDY:
                counted = f"{points:,} × {repeats:,} × {protocols}"
                message = (
                    f"with these (points × repeats × protocols: {counted}) the study has {total:,} runs; "
                    f"at most {LARGEST_STUDY:,} are allowed"
                )
                self._problems.add(self._sections.key_place_of(name), f"variants.{name}", message)
                return True
        return False

    def _resolve(self, name: str) -> Iterator[Variant]:
        section = self._section(name)
        changes = self._chain(name)
        tree = self._base
        for change in changes:
            wrong = _misspelt_setting(change.path)
            if wrong:
                self._problems.add(change.key_place, f"variants.{name}.{change.path}", wrong)
            else:
                tree = changed(tree, change, self._problems)
        axes = self._axes(name, section)
        if axes is None:
            return
        if not axes:
            variant = self._variant(name, name, {}, tree, changes)
            if variant:
                yield variant
            return
        yield from self._grid(name, axes, tree, changes)

    def _section(self, name: str) -> LocatedDict:
        section = self._sections[name]
        return section if isinstance(section, LocatedDict) else LocatedDict()

    def _chain(self, name: str, seen: tuple[str, ...] = ()) -> list[Change]:
        """Return the changes of a variant, after those of the variants it starts from."""
        section, seen = self._section(name), (*seen, name)
        start = section.get("from")
        may_start = isinstance(start, str) and self._may_start(name, start, seen)
        inherited = self._chain(str(start), seen) if may_start else []
        own = [
            Change(key, section[key], section.key_places.get(key), section.value_places.get(key))
            for key in section
            if key not in VARIANT_KEYS
        ]
        return inherited + own

    def _may_start(self, name: str, start: str, seen: tuple[str, ...]) -> bool:
        """Check ``from``; each variant of a circle reports the circle at its own place."""
        if start not in self._sections:
            message = (
                f"there is no variant {start!r}{nearest(start, [other for other in self._sections if other != name])}"
            )
            self._problems.add(self._section(name).place_of("from"), f"variants.{name}.from", message)
        elif start == seen[0]:
            message = f"variants start from each other: {' → '.join([*seen, start])}"
            self._problems.add(self._section(start).place_of("from"), f"variants.{start}.from", message)
        return start in self._sections and start not in seen

    def _axes(self, name: str, section: LocatedDict) -> dict[str, list[_Point]] | None:
        """Return the axes of a grid: {} without a grid, None if it cannot be expanded."""
        grid, path = section.get("grid"), f"variants.{name}.grid"
        if "grid" in section and grid is None:
            self._problems.add(section.place_of("grid"), path, expected("at least one axis", grid))
        if grid is None or not isinstance(grid, LocatedDict):
            return None if "grid" in section else {}
        size = _size(grid)
        if size > LARGEST_GRID:
            message = f"the grid has {size:,} points; at most {LARGEST_GRID:,} are allowed"
            self._problems.add(section.place_of("grid"), path, message)
            return None
        check_names(grid, path, "a name of an axis", self._problems)
        axes = {axis: _points(axis, grid, join(path, axis), self._problems) for axis in grid}
        if not axes:
            self._problems.add(section.place_of("grid"), path, "expected at least one axis")
        return axes if axes and all(axes.values()) else None

    def _grid(
        self, group: str, axes: dict[str, list[_Point]], tree: LocatedDict, changes: list[Change]
    ) -> Iterator[Variant]:
        seen: set[str] = set()
        for combination in itertools.product(*axes.values()):
            labels = {axis: point.label for axis, point in zip(axes, combination, strict=True)}
            name = f"{group}[{','.join(f'{axis}={written(label)}' for axis, label in labels.items())}]"
            if name in seen:
                place = self._sections.key_place_of(group)
                hint = "values that agree in six digits need labels: {label: value}"
                message = f"two points of the grid are called {name!r}; {hint}"
                self._problems.add(place, f"variants.{group}.grid", message)
            seen.add(name)
            own = [change for point in combination for change in point.changes]
            here = tree
            for change in own:
                here = changed(here, change, self._problems)
            variant = self._variant(name, group, labels, here, changes + own)
            if variant:
                yield variant

    def _variant(
        self, name: str, group: str, grid: dict[str, Any], tree: LocatedDict, changes: list[Change]
    ) -> Variant | None:
        tree, sets = self._with_sets(tree)
        resolved = resolve(tree, self._problems, self._checked, folder=self._folder)
        if resolved is None:
            return None
        section = self._section(group)
        listed = section.get("protocols")
        protocols = tuple(listed) if isinstance(listed, list) else self._defaults.protocols
        if "fresh" in protocols:
            place = resolved.tree["data"].key_place_of("split")
            check_fresh_rows(resolved.config.data, place, self._problems)
        return Variant(
            name=name,
            group=group,
            grid=grid,
            config=resolved.config,
            changes={change.path: plain(change.value) for change in [*changes, *sets]},
            repeats=section.get("repeats") or self._defaults.repeats,
            protocols=protocols,
            about=section.get("about", ""),
            on_request=section.get("on_request", False),
            located=resolved.tree,
            written=self._sections.key_place_of(group),
        )

    def _with_sets(self, tree: LocatedDict) -> tuple[LocatedDict, list[Change]]:
        """Apply ``--set`` last; variants without the path stay unchanged if another variant has it."""
        applied = []
        for change in self._sets:
            try:
                tree = apply_change(tree, change)
            except PatchError as error:
                self._failures[change] = str(error)
            else:
                self._used.add(change)
                applied.append(change)
        return tree, applied


def _misspelt_setting(path: str) -> str:
    """Return a message where a path is nearly the name of a setting of a variant, such as ``form`` for ``from``."""
    if "." in path or path in CONFIGURATION_KEYS:
        return ""
    hint = nearest(path, VARIANT_KEYS)
    return f"there is no {path!r}{hint}" if "did you mean" in hint else ""


def _size(grid: LocatedDict) -> int:
    return math.prod(_longest(axis) for axis in grid.values())


def _longest(axis: Any) -> int:
    values = axis.values() if isinstance(axis, LocatedDict) else ()
    return max((len(value) for value in values if isinstance(value, list | dict)), default=1)


def _points(axis: str, grid: LocatedDict, path: str, problems: Problems) -> list[_Point]:
    """Return the points of one axis: {path: [values]} or {path: {label: value}}, several paths in parallel."""
    paths = grid[axis]
    if not isinstance(paths, LocatedDict) or not paths:
        problems.add(grid.place_of(axis), path, expected("{dotted path: [values]} or {path: {label: value}}", paths))
        return []
    columns = [_column(paths, target, join(path, target), problems) for target in paths]
    if not all(columns):
        return []
    lengths = {target: len(column) for target, column in zip(paths, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{target} has {length}" for target, length in lengths.items())
        problems.add(grid.place_of(axis), path, f"paths of one axis need equally many values, {counted}")
        return []
    labels = [point.label for point in _labelling(columns)]
    for label, point in zip(labels, columns[0], strict=True):
        text = written(label)
        if not 0 < len(text) <= LONGEST_LABEL:
            wanted = expected(f"a label of 1 to {LONGEST_LABEL} characters", text)
            problems.add(point.changes[0].place, path, f"{wanted}; write {{label: value}}")
    return [
        _Point(label, tuple(change for point in points for change in point.changes))
        for label, points in zip(labels, zip(*columns, strict=True), strict=True)
    ]


def _labelling(columns: list[list[_Point]]) -> list[_Point]:
    """Return the column that names the points: the first of plain values or labels, or else the first."""
    for column in columns:
        if not any(isinstance(point.label, dict | list) for point in column):
            return column
    return [replace(point, label=written(point.label)) for point in columns[0]]


def _column(paths: LocatedDict, target: str, path: str, problems: Problems) -> list[_Point]:
    values, key_place = paths[target], paths.key_place_of(target)
    if isinstance(values, LocatedDict) and values:
        return [_point(key, target, values[key], key_place, values.place_of(key)) for key in values]
    if isinstance(values, LocatedList) and values:
        places = [place_in(values, index) for index in range(len(values))]
        return [
            _point(plain(value), target, value, key_place, place) for value, place in zip(values, places, strict=True)
        ]
    problems.add(paths.place_of(target), path, expected("a list of values or {label: value}", values))
    return []


def _point(label: Any, target: str, value: Any, key_place: Place | None, place: Place | None) -> _Point:
    return _Point(label, (Change(target, value, key_place, place, in_grid=True),))


def written(label: Any) -> str:
    """Return a grid value as the name of its point has it: ``0.4``, ``true``, ``none``, ``L2(l2=0.01)``."""
    if label is None:
        return "none"
    if isinstance(label, bool):
        return found(label)
    if isinstance(label, int | float):
        return f"{label:g}"
    if isinstance(label, list):
        return "+".join(map(written, label))
    if isinstance(label, dict):
        return "+".join(f"{key}({_inside(value)})" for key, value in label.items())
    return str(label)


def _inside(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={written(item)}" for key, item in value.items())
    return "" if value is None else written(value)
