"""Claims against the study they stand in: do the variants, grid points, axes and metrics that they name exist?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Protocol

from experiments.columns import column_of
from experiments.language.claim_parser import ClaimSyntaxError, parse_claim
from experiments.language.configuration import Configuration
from experiments.language.expressions import (
    Comparison,
    Equivalence,
    Expression,
    Reference,
    Shape,
    Share,
    SpreadComparison,
    Trend,
    references,
)
from experiments.language.located import plain
from experiments.language.metrics import metric_names

__all__ = ["ClaimSyntaxError", "Expression", "check_claim", "check_metric", "find_variant", "parse_claim", "references"]


class NamedVariant(Protocol):
    """What a claim needs to know of a variant."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def grid(self) -> Mapping[str, Any]: ...
    @property
    def config(self) -> Configuration: ...


def find_variant(name: str, names: Iterable[str]) -> str | None:
    """Find a variant by its name, a grid's number written in any way: ``rate[rate=1e-1]`` is ``rate[rate=0.1]``."""
    known = set(names)
    if name in known:
        return name
    group, bracket, point = name.removesuffix("]").partition("[")
    parts = [part.strip().partition("=") for part in point.split(",")]
    written = f"{group}{bracket}{','.join(f'{axis.strip()}={_plain(value.strip())}' for axis, _, value in parts)}]"
    return written if written in known else None


def _plain(value: str) -> str:
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
        The problem, with the nearest valid name; empty where there is none.
    """
    names = metric_names(variant.config)
    if metric in names:
        return []
    return [f"{variant.name!r} has no metric {metric!r}{_nearest(metric, names)}"]


def check_claim(expression: Expression, variants: Sequence[NamedVariant]) -> list[str]:
    """Check the names in a claim against its study.

    Args:
        expression: The parsed claim.
        variants: The study's variants, or anything like them.

    Returns:
        One message for each problem, with the nearest valid name; empty where there is none.
    """
    if isinstance(expression, Trend | Shape):
        return _check_sweep(expression, variants)
    problems = [problem for reference in references(expression) for problem in _check_point(reference, variants)]
    return problems or list(_check_units(expression, variants))


def _check_point(reference: Reference, variants: Sequence[NamedVariant]) -> list[str]:
    by_name = {variant.name: variant for variant in variants}
    name = find_variant(reference.variant, by_name)
    if name is not None:
        return check_metric(reference.metric, by_name[name])
    points = [variant.name for variant in variants if variant.group == reference.variant]
    if points:
        return [f"{reference.variant!r} is a grid: name one of its points, such as {points[0]!r}"]
    return [f"there is no variant {reference.variant!r}{_nearest(reference.variant, by_name)}"]


def _check_sweep(expression: Trend | Shape, variants: Sequence[NamedVariant]) -> list[str]:
    subject, axis = expression.subject, expression.axis
    points = [variant for variant in variants if variant.group == subject.variant and variant.grid]
    if not points:
        grids = dict.fromkeys(variant.group for variant in variants if variant.grid)
        return [f"there is no grid {subject.variant!r}{_nearest(subject.variant, grids)}"]
    if axis not in points[0].grid:
        return [f"grid {subject.variant!r} has no axis {axis!r}{_nearest(axis, points[0].grid)}"]
    needed = 3 if isinstance(expression, Shape) else 2
    if len({_key(point.grid[axis]) for point in points}) < needed:
        return [f"axis {axis!r} needs at least {needed} values for this claim"]
    problems = [problem for point in points for problem in check_metric(subject.metric, point)]
    return problems[:1] or list(_mixed_units([(point, subject.metric) for point in points]))


def _check_units(expression: Expression, variants: Sequence[NamedVariant]) -> Iterator[str]:
    """Find squared errors compared across different scalers of the target, where they have different units."""
    compared = expression.condition if isinstance(expression, Share) else expression
    if isinstance(compared, Comparison | Equivalence | SpreadComparison):
        by_name = {variant.name: variant for variant in variants}
        named = [(find_variant(reference.variant, by_name), reference.metric) for reference in references(expression)]
        yield from _mixed_units([(by_name[name], metric) for name, metric in named if name is not None])


def _mixed_units(compared: Sequence[tuple[NamedVariant, str]]) -> Iterator[str]:
    in_units = [(variant, metric) for variant, metric in compared if column_of(metric).in_target_units]
    if len({_key(plain(variant.config.data.scale.targets)) for variant, _ in in_units}) < 2:
        return
    where = in_units[0][1].rpartition("_")[0].removesuffix("_mean_squared").removesuffix("_mean_absolute")
    yield (
        f"{in_units[0][0].name!r} and {in_units[-1][0].name!r} scale their targets differently, so "
        f"{in_units[0][1]!r} has different units in them; compare {f'{where}_mse_original'!r}"
    )


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the nearest names, or list them all where they are few."""
    known = list(names)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""
