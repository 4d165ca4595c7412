"""What is done of a study and what is to run: decided from the YAML and runs.csv alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.scheduler.bundles import bundle_key
from experiments.store.folder import StudyFolder
from experiments.store.staging import staged_files
from experiments.store.study_runs import StudyRuns
from experiments.store.table import Key, finished, read_index

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


Runs = tuple["Run", ...]


@dataclass(frozen=True)
class Selection:
    """Which runs of a study were asked for.

    Attributes:
        variants: Names of variants or of grids; None for all.
        only: "claimed" or "slides" for what the claims name or the slides show of each study; None for all.
        protocols: None for those of each variant.
        repeats: None for those of each variant.
        engine: "compiled" or "keras".
        force: Train what is done as well.
    """

    variants: Sequence[str] | None = None
    only: str | None = None
    protocols: Sequence[str] | None = None
    repeats: int | None = None
    engine: str = "compiled"
    force: bool = False


@dataclass(frozen=True)
class Plan:
    """What a call will do for one study.

    Attributes:
        study: The study.
        folder: Where its results lie.
        done: How many of the runs asked for are done.
        groups: The others, in the order of training; runs of one group have the same content hash, so one of them is
            trained for all.
        staged: Whether runs of an interrupted call wait to be merged.
        stale: Whether rows are in the table that the YAML no longer has.
        checked: Variants and protocols of which a run is done, so that their configuration is known to build.
    """

    study: Study
    folder: StudyFolder
    done: int
    groups: tuple[Runs, ...]
    staged: bool
    stale: bool
    checked: frozenset[tuple[str, str]]

    @property
    def to_run(self) -> int:
        """How many rows the table will gain."""
        return sum(len(group) for group in self.groups)

    def first_runs(self) -> Runs:
        """One run of every variant and protocol that was never built, for hearing what only Keras can judge."""
        runs = (group[0] for group in reversed(self.groups))
        return tuple({key: run for run in runs if (key := (run.variant, run.protocol)) not in self.checked}.values())


def make_plan(study: Study, out: Path, selection: Selection) -> Plan:
    """Compare what was asked for with what is there. Reads runs.csv, writes nothing, takes no lock.

    Args:
        study: The study.
        out: The results folder.
        selection: Which of its runs.

    Raises:
        ExperimentsError: The table is damaged, or the folder is a link.
    """
    folder = StudyFolder.of(study.name, out)
    folder.refuse_links()
    index = read_index(folder.runs)
    done = finished(index)
    asked = study.runs(
        variants=_asked_for(study, selection),
        protocols=selection.protocols,
        repeats=selection.repeats,
        engine=selection.engine,
    )
    known = {run for run in map(_identity, asked) if done.get(run[0]) == run[1]}
    members = StudyRuns(study, asked)
    missing = staged_runs(study, [run for run in asked if selection.force or _identity(run) not in known])
    return Plan(
        study=study,
        folder=folder,
        done=len(asked) - len(missing),
        groups=_by_hash(missing),
        staged=bool(staged_files(folder.staging)),
        stale=not all(map(members.has, index)),
        checked=frozenset((key.variant, key.protocol) for key, _ in known),
    )


def _asked_for(study: Study, selection: Selection) -> list[str] | None:
    """Name the variants that were asked for; of the names given for several studies each has some."""
    if selection.only is not None:
        return chosen_variants(study, selection.only)
    return None if selection.variants is None else [name for name in selection.variants if name in study.names]


def _identity(run: Run) -> tuple[Key, str]:
    return Key(run.variant, run.protocol, run.repeat), run.hash


def _by_hash(runs: Sequence[Run]) -> tuple[Runs, ...]:
    """Group equal runs. Of a group a named variant is first, the one of which curves and boundaries are kept."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.hash, []).append(run)
    return tuple(map(tuple, groups.values()))


CLAIMED, SLIDES = "claimed", "slides"


def chosen_variants(study: Study, only: str) -> list[str]:
    """Name the variants and points of grids that are asked for.

    Args:
        study: The study.
        only: "claimed": the variants that claims name, without grids of which each value needs a program of its own
            (where a study has nothing else, those as well). "slides": of a study with a place in its deck the named
            variants that published figures or the deck's own claims are about.

    Returns:
        Names in file order; none where the study has nothing of the kind.
    """
    return _on_slides(study) if only == SLIDES else _claimed(study)


def _on_slides(study: Study) -> list[str]:
    if study.order is None:
        return []
    shown = claimed_names(study, study.source) | {figure.variant for figure in study.published}
    return [variant.name for variant in study.variants if variant.name in shown and not variant.grid]


def _claimed(study: Study) -> list[str]:
    names = claimed_names(study)
    claimed = [variant for variant in study.variants if variant.name in names or variant.group in names]
    programs: dict[str, set[str]] = {}
    for variant in study.variants:
        programs.setdefault(variant.group, set()).add(bundle_key(variant.config))
    quick = [variant.name for variant in claimed if len(programs[variant.group]) == 1]
    return quick or [variant.name for variant in claimed]


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
