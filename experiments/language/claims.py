"""What a claim or a published figure names: variants, points of grids, axes and metrics of its study."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from experiments.column_lookup import column_of, word_of
from experiments.language.configuration import Configuration
from experiments.language.located import plain
from experiments.language.metrics import claim_names
from experiments.language.problems import nearest

_SCALED_ERROR = re.compile(r"_(mean_squared_error|mean_absolute_error|mse|mae|loss)(?=$|_without_|_disturbed_)")


class NamedVariant(Protocol):
    """What a claim needs of a variant."""

    @property
    def name(self) -> str:
        """The name of the variant, or of the point of a grid."""

    @property
    def group(self) -> str:
        """The name without the point."""

    @property
    def grid(self) -> Mapping[str, Any]:
        """The values of the point by axis; empty outside a grid."""

    @property
    def config(self) -> Configuration:
        """The resolved configuration."""


def find_variant(name: str, names: Iterable[str]) -> str | None:
    """Find a variant by its name; the number of a grid point may be written in any way.

    >>> find_variant("rate[rate=1e-1]", ["baseline", "rate[rate=0.1]"])
    'rate[rate=0.1]'
    """
    known = set(names)
    if name in known:
        return name
    group, bracket, point = name.removesuffix("]").partition("[")
    parts = [part.strip().partition("=") for part in point.split(",")]
    written = (
        f"{group}{bracket}{','.join(f'{axis.strip()}={_plain_number(value.strip())}' for axis, _, value in parts)}]"
    )
    return written if written in known else None


def _plain_number(value: str) -> str:
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def check_metric(metric: str, variant: NamedVariant) -> list[str]:
    """Check that runs.csv will have a numeric column of this name for a variant.

    Args:
        metric: A name such as ``test_accuracy``.
        variant: The variant whose configuration decides.

    Returns:
        The problem, with the word of ``record`` that is missing or the nearest valid name; empty where there is none.
    """
    names = claim_names(variant.config)
    if metric in names:
        return []
    word = word_of(metric)
    is_missing = word and word not in variant.config.record.all_words
    hint = f"; add {word} to its record" if is_missing else nearest(metric, sorted(names))
    return [f"{variant.name!r} has no metric {metric!r}{hint}"]


def check_points(named: Sequence[tuple[str, str]], variants: Sequence[NamedVariant]) -> list[str]:
    """Check the variants and metrics that a claim compares.

    Args:
        named: Each variant or point of a grid with its metric.
        variants: The study's variants.

    Returns:
        One message for each problem; empty where there is none.
    """
    by_name = {variant.name: variant for variant in variants}
    found = [(find_variant(name, by_name), metric) for name, metric in named]
    problems = []
    for (name, metric), (known, _) in zip(named, found, strict=True):
        problems += check_metric(metric, by_name[known]) if known else [_unknown_variant(name, variants)]
    return problems or list(_mixed_units([(by_name[name], metric) for name, metric in found if name]))


def _unknown_variant(name: str, variants: Sequence[NamedVariant]) -> str:
    points = [variant.name for variant in variants if variant.group == name]
    if points:
        return f"{name!r} is a grid: name one of its points, such as {points[0]!r}"
    return f"there is no variant {name!r}{nearest(name, [variant.name for variant in variants])}"


def check_sweep(grid: str, metric: str, axis: str, least: int, variants: Sequence[NamedVariant]) -> list[str]:
    """Check the grid, the axis and the metric that a claim about a sweep names.

    Args:
        grid: Name of the grid.
        metric: Name of the metric.
        axis: Name of the axis.
        least: Values that the axis needs.
        variants: The study's variants.

    Returns:
        The first problem; empty where there is none.
    """
    points = [variant for variant in variants if variant.group == grid and variant.grid]
    if not points:
        grids = dict.fromkeys(variant.group for variant in variants if variant.grid)
        return [f"there is no grid {grid!r}{nearest(grid, grids)}"]
    if axis not in points[0].grid:
        return [f"grid {grid!r} has no axis {axis!r}{nearest(axis, points[0].grid)}"]
    if len({_key(point.grid[axis]) for point in points}) < least:
        return [f"axis {axis!r} needs at least {least} values for this claim"]
    problems = [problem for point in points for problem in check_metric(metric, point)]
    return problems[:1] or list(_mixed_units([(point, metric) for point in points]))


def _mixed_units(compared: Sequence[tuple[NamedVariant, str]]) -> Iterator[str]:
    """Find squared errors compared across different scalers of the target, where they have different units."""
    in_units = [(variant, metric) for variant, metric in compared if column_of(metric).in_target_units]
    if len({_key(plain(variant.config.data.scale.targets)) for variant, _ in in_units}) < 2:
        return
    comparable = _SCALED_ERROR.sub("_mse_original", in_units[0][1])
    yield (
        f"{in_units[0][0].name!r} and {in_units[-1][0].name!r} scale their targets differently, so "
        f"{in_units[0][1]!r} has different units in them; compare {comparable!r}"
    )


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
