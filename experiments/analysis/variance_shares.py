"""Shares of variance: how much of the spread of a paired difference comes from training seeds instead of data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis.contrasts import contrast
from experiments.analysis.effects import Unit
from experiments.analysis.intervals import Interval, log_variances, welch_interval
from experiments.analysis.run_table import RunTable
from experiments.language.expressions import Comparison, Equivalence

if TYPE_CHECKING:
    from experiments.language.study import Study

_FEWEST = 5


@dataclass(frozen=True)
class SeedShare:
    """The part of the variance of a claim's paired difference that training seeds alone produce.

    Attributes:
        study: Name of the study.
        number: Position of the claim in its study, from 1.
        unit: "difference" or "ratio"; of ratios the variance is that of logarithms.
        share: Variance over the seeds of the one data set of ``published``, over the variance of ``fresh``, where the
            data differ too; its ends are within 0 and 1, and n is the smaller number of repeats.
        published: Standard deviation of the difference under ``published``.
        fresh: The same under ``fresh``.
    """

    study: str
    number: int
    unit: Unit
    share: Interval
    published: float
    fresh: float


def seed_shares(study: Study, runs: pd.DataFrame) -> list[SeedShare]:
    """Return the shares of a study's comparisons.

    The variance over seeds is that of one data set, which is taken as typical. Both variances are about the same rows:
    the 10,000 fresh ones where a metric has them.

    Args:
        study: The study with its claims.
        runs: Its runs.

    Returns:
        One for each comparison ``a.m > b.m`` or ``a.m == b.m ± x`` with five repeats or more of both protocols that
        vary and did not diverge. Re-splits of one table have none, since their variance is too small by their overlap.
    """
    published = RunTable(runs, "published", fresh_rows=True)
    fresh = RunTable.of(study, runs, "fresh")
    shares = []
    for number, claim in enumerate(study.claims, start=1):
        if isinstance(claim.expression, Comparison | Equivalence) and _same_columns(claim.expression, published, fresh):
            share = _seed_share(study.name, number, claim.expression, published, fresh)
            shares += [share] if share is not None else []
    return shares


def _same_columns(claim: Comparison | Equivalence, published: RunTable, fresh: RunTable) -> bool:
    """Return whether the protocols measure on the same kind of rows; a generator may have fresh ones in one only."""
    named = [(reference.variant, reference.metric) for reference in claim.references]
    return all(published.column(*name) == fresh.column(*name) for name in named)


def _seed_share(
    study: str, number: int, claim: Comparison | Equivalence, published: RunTable, fresh: RunTable
) -> SeedShare | None:
    ratio = isinstance(claim, Comparison)
    seeds, both = (contrast(claim.left, claim.right, table, ratio=ratio) for table in (published, fresh))
    if min(seeds.n, both.n) < _FEWEST or seeds.unit != both.unit or seeds.unit == "order" or both.overlap:
        return None
    logs = log_variances(seeds.values), log_variances(both.values)
    if not all(np.isfinite(values).all() for values in logs):
        return None
    ratio_of_variances = float(seeds.values.var() / both.values.var())
    found = replace(welch_interval(*logs).exp(), estimate=ratio_of_variances)
    share = replace(found, **{end: min(1.0, getattr(found, end)) for end in ("estimate", "low", "high")})
    return SeedShare(study, number, seeds.unit, share, float(seeds.values.std()), float(both.values.std()))
