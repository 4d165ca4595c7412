"""Flattery: by how much the best epoch on the watched test rows is better than the score on 10,000 fresh rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis.effects import Effect
from experiments.analysis.intervals import t_interval
from experiments.analysis.run_table import RunTable
from experiments.columns import column_of
from experiments.language.metrics import watched_metric

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


@dataclass(frozen=True)
class Flattery:
    """Flattery of one variant.

    Attributes:
        variant: Its name.
        protocol: "published" or "fresh".
        metric: The watched metric: "accuracy" or "mse".
        watched: Best watched value over the epochs, by repeat.
        fresh: The value on fresh rows by repeat, of the best weights where a callback keeps them, else of the last.
        effect: Mean flattery: a difference (watched minus fresh accuracy) or a ratio (fresh over watched error);
            positive, or over 1, where the watched score flatters.
        diverged: Further runs that have no finite score.
    """

    variant: str
    protocol: str
    metric: str
    watched: pd.Series
    fresh: pd.Series
    effect: Effect
    diverged: int


def flattery(study: Study, runs: pd.DataFrame) -> list[Flattery]:
    """Return the flattery of every variant whose runs watch the test set and have fresh rows.

    Args:
        study: The study.
        runs: Its runs; those that diverged are left out.

    Returns:
        One for each variant and protocol with such runs, in file order.
    """
    tables = [RunTable(runs, protocol) for protocol in study.protocols]
    measured = [_flattery(variant, table) for variant in study.variants for table in tables]
    return [flattery for flattery in measured if flattery is not None]


def _flattery(variant: Variant, table: RunTable) -> Flattery | None:
    metric = watched_metric(variant.config)
    if metric is None:
        return None
    best, last = (table.values(variant.name, f"{weights}fresh_test_{metric}") for weights in ("best_", ""))
    best_watched = table.values(variant.name, f"best_watched_{metric}")
    pairs = pd.concat([best_watched, last if best.empty else best], axis=1, keys=["watched", "fresh"])
    runs, pairs = len(pairs), pairs.replace([np.inf, -np.inf], np.nan).dropna()
    if pairs.empty:
        return None
    watched, fresh = pairs["watched"], pairs["fresh"]
    plain = column_of(f"test_{metric}").higher_is_better or not (pairs > 0).all(axis=None)
    if plain:
        effect = Effect("difference", t_interval(watched - fresh))
    else:
        effect = Effect("ratio", t_interval(np.log(fresh) - np.log(watched)).exp())
    return Flattery(variant.name, table.protocol, metric, watched, fresh, effect, runs - len(pairs))
