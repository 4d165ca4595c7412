"""The runs of each variant at its own best rate, and the search that chose it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.column_types import GRID
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED, TUNING
from experiments.store.rate_search import RateSearch, search_of, search_scores

if TYPE_CHECKING:
    from experiments.analysis.verdicts import Verdict
    from experiments.language.study import Study


@dataclass(frozen=True)
class TunedRuns:
    """What runs.csv has of the protocol "tuned".

    Attributes:
        searches: Of the variants of which some rate was tried.
        reasons: For each claim, why it has no tuned form; empty texts for those that have one.
        runs: The rows of the protocol at the chosen rates; a variant whose own rate is chosen has those of "fresh".
    """

    searches: tuple[RateSearch, ...] = ()
    reasons: tuple[str, ...] = ()
    runs: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def tuned_runs(study: Study, runs: pd.DataFrame) -> TunedRuns:
    """Return the tuned runs of a study.

    Args:
        study: The study.
        runs: All of its rows, those that chose rates too; without any of these nothing is tuned.
    """
    tried = runs[runs["protocol"] == TUNING]
    if tried.empty:
        return TunedRuns()
    form = tuned_form(study)
    scores = search_scores(form, tried.to_dict("records"))
    searches = [search_of(form, variant, scores) for variant in form.variants]
    parts = [_at_best(search, runs, study.tuning.axis) for search in searches if search.best]
    return TunedRuns(
        searches=tuple(search for search in searches if any(rate.scores for rate in search.tried)),
        reasons=form.reasons,
        runs=pd.concat(parts, ignore_index=True).assign(protocol=TUNED) if parts else runs[:0],
    )


def with_ends_of_grids(verdict: Verdict, searches: Iterable[RateSearch]) -> Verdict:
    """Return a verdict under "tuned" whose sentence names the variants with a best rate at an end of their grid.

    Args:
        verdict: A verdict under any protocol; others than "tuned" stay as they are.
        searches: Of the study.
    """
    compared = {reference.variant for reference in verdict.claim.expression.references}
    names = [search.variant.name for search in searches if search.at_end and search.variant.name in compared]
    if verdict.protocol != TUNED or not names:
        return verdict
    caveat = f"At an end of the grid of rates: {', '.join(names)}; a better rate may lie beyond."
    return replace(verdict, sentence=f"{verdict.sentence} {caveat}")


def _at_best(search: RateSearch, runs: pd.DataFrame, axis: str) -> pd.DataFrame:
    own = runs[runs["variant"] == search.variant.name]
    if search.best is None or search.best.factor == 1:
        return own[own["protocol"] == "fresh"]
    rows = own[own["protocol"] == TUNED]
    if rows.empty:
        return rows
    rates = pd.to_numeric(rows[f"{GRID}{axis}"], errors="coerce").to_numpy(float)
    at_best: pd.DataFrame = rows[np.isclose(rates, search.best.value, rtol=1e-9, atol=0)]
    return at_best
