"""Flattery: by how much the best epoch on the watched test rows is better than the score on 10,000 fresh rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis.effects import Effect
from experiments.analysis.intervals import t_interval
from experiments.analysis.run_table import RunTable
from experiments.column_lookup import column_of
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
        effect: Mean flattery: a difference (watched minus fresh accuracy) or a ratio (fresh over watched error), less
            the offset; positive, or over 1, where the watched score flatters.
        singles: The same of each repeat.
        offset: The same difference or ratio at the last epoch, which nothing chose: how much easier the own test rows
            are than the fresh ones. None where the last epoch's weights were replaced by the best, or not scored.
        diverged: Further runs that have no finite score.
    """

    variant: str
    protocol: str
    metric: str
    watched: pd.Series
    fresh: pd.Series
    effect: Effect
    singles: pd.Series
    offset: Effect | None
    diverged: int


def flattery(study: Study, runs: pd.DataFrame) -> list[Flattery]:
    """Return the flattery of every variant whose runs watch the test set and have fresh rows.

    Args:
        study: The study.
        runs: Its runs; those that diverged are left out.

    Returns:
        One for each variant and protocol with such runs, in file order.
    """
    measured = [
        _flattery(variant, RunTable(runs, protocol, fresh_rows=False))
        for variant in study.variants
        for protocol in study.protocols
    ]
    return [flattery for flattery in measured if flattery is not None]


def _flattery(variant: Variant, table: RunTable) -> Flattery | None:
    metric = watched_metric(variant.config)
    if metric is None:
        return None
    columns = {
        "watched": f"best_watched_{metric}",
        "fresh": f"best_fresh_test_{metric}",
        "last_own": f"test_{metric}",
        "last_fresh": f"fresh_test_{metric}",
    }
    scores = pd.DataFrame({name: table.values(variant.name, column) for name, column in columns.items()})
    if scores["fresh"].isna().all():
        scores["fresh"] = scores["last_fresh"]
    if scores["last_own"].isna().all() or _ends_with_the_best(variant):
        scores = scores[["watched", "fresh"]]
    finite = scores.replace([np.inf, -np.inf], np.nan).dropna()
    if finite.empty:
        return None
    plain = column_of(f"test_{metric}").higher_is_better or not (finite > 0).all(axis=None)
    numbers = finite if plain else -np.log(finite)
    flattered, offset = numbers["watched"] - numbers["fresh"], None
    if "last_own" in numbers:
        easier = numbers["last_own"] - numbers["last_fresh"]
        # float32 rounds in the seventh digit; equal scores have no flattery.
        flattered, offset = (flattered - easier).round(6), _effect(easier, plain)
    return Flattery(
        variant=variant.name,
        protocol=table.protocol,
        metric=metric,
        watched=finite["watched"],
        fresh=finite["fresh"],
        effect=_effect(flattered, plain),
        singles=flattered if plain else pd.Series(np.exp(flattered)),
        offset=offset,
        diverged=len(scores[["watched", "fresh"]].dropna()) - len(finite),
    )


def _effect(values: pd.Series, plain: bool) -> Effect:
    interval = t_interval(values)
    return Effect("difference", interval) if plain else Effect("ratio", interval.exp())


def _ends_with_the_best(variant: Variant) -> bool:
    """Whether a callback puts the best weights in the place of the last ones."""
    return any(callback.get("restore_best_weights") for callback in variant.config.training.callbacks.values())
