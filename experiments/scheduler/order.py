"""What is trained first: the studies of a deck in its order, and in a study what the slides show before the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


class Stage(IntEnum):
    """The part of a study that a run belongs to; parts are trained in this order."""

    SHOWN = 0
    NAMED = 1
    GRID = 2


def in_order(studies: Iterable[Study]) -> list[Study]:
    """Sort studies: those with a place in their deck first, then the others deck by deck."""
    return sorted(studies, key=lambda study: (study.order or math.inf, study.source, study.name))


def stage_of(study: Study) -> Callable[[Run], Stage]:
    """Give the function that says which part of a study a run belongs to.

    Args:
        study: Its claims and published figures say which named variants the slides show.
    """
    shown = claimed_names(study) | {figure.variant for figure in study.published}

    def stage(run: Run) -> Stage:
        if run.grid:
            return Stage.GRID
        return Stage.SHOWN if run.variant in shown else Stage.NAMED

    return stage


def staged_runs(study: Study, runs: Sequence[Run]) -> list[Run]:
    """Sort runs by the part of their study; inside a part they keep their order."""
    return sorted(runs, key=stage_of(study))


def claimed_names(study: Study, source: str | None = None) -> set[str]:
    """Name the variants, grids and points of grids that claims are about.

    Args:
        study: The study.
        source: Count only the claims of this source; None for all.
    """
    from experiments.language.expressions import references

    claims = [claim for claim in study.claims if source is None or claim.source == source]
    return {reference.variant for claim in claims for reference in references(claim.expression)}
