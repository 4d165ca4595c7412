"""Which runs of a study are missing, decided from the YAML and runs.csv alone, and the order in which they are trained.

What the slides show comes first: the case studies in the order of their deck, and in each study the named variants of
claims and published figures, then other named variants, then grids.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.language.tuned_form import tuned_form
from experiments.protocols import PROTOCOLS, TUNED, TUNING
from experiments.scheduler.bundles import bundle_key
from experiments.store.files import has_leftovers
from experiments.store.folder import StudyFolder
from experiments.store.provenance import refuse_newer_format
from experiments.store.rate_search import search_of, search_scores
from experiments.store.result import Row
from experiments.store.staging import staged_files
from experiments.store.study_runs import StudyRuns
from experiments.store.table import Key, entry_of, finished, read_index, read_rows

if TYPE_CHECKING:
    from experiments.language.study import Run, Study

Runs = tuple["Run", ...]


@dataclass(frozen=True)
class Selection:
    """Which runs of a study are asked for.

    Attributes:
        variants: Names of variants or of grids; None for all.
        only: A key of ``CHOICES``; None for all variants.
        protocols: None for those of each variant; "tuned" only where it is named.
        repeats: None for those of each variant.
        engine: "compiled" or "keras".
        force: Train finished runs again.
    """

    variants: Sequence[str] | None = None
    only: str | None = None
    protocols: Sequence[str] | None = None
    repeats: int | None = None
    engine: str = "compiled"
    force: bool = False

    def variants_of(self, study: Study) -> list[str] | None:
        """Return the names of variants that are asked for, without those that only other studies have; None for all."""
        if self.only is not None:
            return CHOICES[self.only](study)
        return None if self.variants is None else [name for name in self.variants if name in study.names]


@dataclass(frozen=True)
class Plan:
    """What a call has to do for one study.

    Attributes:
        study: The study.
        folder: The folder of its results.
        done: Number of the runs asked for that are finished.
        later: Runs of variants whose best rate is not known yet, at their own rate: the next plan of this study has
            them at the rate that is found, or further rates to try.
        groups: The others, in the order of training. Runs of one group have the same content hash: one of them is
            trained for all. Where the group has a named variant, that is the first: its curves are stored.
        staged: Whether finished runs of an interrupted call wait to be merged, or its temporary files to be deleted.
        stale: Whether the table has rows that the YAML no longer has.
        checked: Variants and kinds of rows with a finished run: their configuration can be built, at any rate.
    """

    study: Study
    folder: StudyFolder
    done: int
    groups: tuple[Runs, ...]
    staged: bool
    stale: bool
    checked: frozenset[tuple[str, str]]
    later: Runs = ()

    @property
    def to_run(self) -> int:
        """Number of rows that the table will gain."""
        return sum(len(group) for group in self.groups)

    def first_runs(self) -> Runs:
        """Return a run of every variant and kind of rows that was never built, to check what only Keras can check."""
        runs = (group[0] for group in reversed(self.groups))
        return tuple({key: run for run in runs if (key := (run.base, run.rows)) not in self.checked}.values())


def make_plan(study: Study, out: Path, selection: Selection, trained: Set[str] = frozenset()) -> Plan:
    """Compare the runs asked for with the results. Reads runs.csv, writes nothing, takes no lock.

    Args:
        study: The study.
        out: The results folder.
        selection: Which of its runs.
        trained: Content hashes of the runs that this call has trained; none is trained twice, whatever its outcome.

    Raises:
        ExperimentsError: The table is damaged or of a newer format, or the folder is a link.
    """
    folder = StudyFolder.of(study.name, out)
    folder.refuse_links()
    refuse_newer_format(folder)
    index = read_index(folder.runs)
    names, protocols = selection.variants_of(study), selection.protocols
    asked = study.runs(
        variants=names,
        protocols=None if protocols is None else [protocol for protocol in protocols if protocol in PROTOCOLS],
        repeats=selection.repeats,
        engine=selection.engine,
    )
    study_runs = StudyRuns(study)
    later: Runs = ()
    if protocols is not None and TUNED in protocols:
        tried = (row for row in read_rows(folder.runs, TUNING) if study_runs.has(entry_of(row)))
        # Scores of runs that this call trains anew do not count until it has trained them.
        tuned, later = _tuned_runs(study, selection, [r for r in tried if not selection.force or r["hash"] in trained])
        asked = tuple({_identity(run): run for run in (*asked, *tuned)}.values())
    done = finished(index)
    known = {identity: run for run in asked if done.get((identity := _identity(run))[0]) == identity[1]}
    missing = [run for run in asked if run.hash not in trained and (selection.force or _identity(run) not in known)]
    groups: dict[str, list[Run]] = {}
    for run in sorted(missing, key=stage_of(study)):
        groups.setdefault(run.hash, []).append(run)
    return Plan(
        study=study,
        folder=folder,
        done=len(asked) - len(missing),
        groups=tuple(map(tuple, groups.values())),
        staged=bool(staged_files(folder.staging)) or has_leftovers(folder.path),
        stale=not all(map(study_runs.has, index)),
        checked=frozenset((run.base, run.rows) for run in known.values()),
        later=later,
    )


def _tuned_runs(study: Study, selection: Selection, tried: Iterable[Row]) -> tuple[Runs, Runs]:
    """Return the tuned runs that can be trained now, and those of variants whose best rate is not known yet."""
    form, names, engine = tuned_form(study), selection.variants_of(study), selection.engine
    variants = [variant for variant in form.variants if names is None or variant.name in names]
    scores = search_scores(form, tried)
    now: list[Run] = []
    later: list[Run] = []
    for variant in variants:
        repeats = variant.repeats if selection.repeats is None else selection.repeats
        search = search_of(form, variant, scores)
        now += [run for rate in search.tried for run in study.search_runs(rate.point, engine=engine)]
        if search.best is None:
            later += study.tuned_runs(variant, 1.0, repeats=repeats, engine=engine)
        else:
            now += study.tuned_runs(variant, search.best.factor, repeats=repeats, engine=engine)
    return tuple(now), tuple(later)


def _identity(run: Run) -> tuple[Key, str]:
    return Key(run.variant, run.protocol, run.repeat), run.hash


def replaced_runs(unchanged: Study, changed: Study, out: Path) -> int:
    """Count the runs in a results folder that a changed study of the same name would replace.

    Args:
        unchanged: The study as it is in its file.
        changed: The study with ``--set``.
        out: The results folder.
    """
    index = read_index(StudyFolder.of(changed.name, out).runs)
    repeats = max((entry.key.repeat + 1 for entry in index), default=0)
    engines = {entry.engine for entry in index}
    before, after = (
        {_identity(run) for engine in engines for run in study.runs(repeats=repeats, engine=engine)}
        for study in (unchanged, changed)
    )
    return sum((entry.key, entry.hash) in before - after for entry in index)


class Stage(IntEnum):
    """The part of a study that a run belongs to; parts are trained in this order."""

    SHOWN = 0
    NAMED = 1
    GRID = 2


def in_order(studies: Iterable[Study]) -> list[Study]:
    """Sort studies: those with a place in their deck first, then the others deck by deck."""
    return sorted(studies, key=lambda study: (study.order or math.inf, study.source, study.name))


def stage_of(study: Study) -> Callable[[Run], Stage]:
    """Return the function that maps a run to its stage.

    Args:
        study: Its claims and published figures decide which named variants the slides show.
    """
    shown = claimed_names(study) | {figure.variant for figure in study.published}

    def stage(run: Run) -> Stage:
        if run.grid:
            return Stage.GRID
        return Stage.SHOWN if run.variant in shown else Stage.NAMED

    return stage


def claimed_names(study: Study, source: str | None = None) -> set[str]:
    """Return the names of variants, grids and grid points that claims and their explanations are about.

    Args:
        study: The study.
        source: Only the claims of this source; None for all.
    """
    claims = [claim for claim in study.claims if source is None or claim.source == source]
    return {reference.variant for claim in claims for reference in claim.references}


def claimed_variants(study: Study) -> list[str]:
    """Return the variants of claims, without grids that need a program for each value, in file order.

    Args:
        study: Where all of its claims are about such grids, those are returned.
    """
    names = claimed_names(study)
    claimed = [variant for variant in study.variants if variant.name in names or variant.group in names]
    programs: dict[str, set[str]] = {}
    for variant in study.variants:
        programs.setdefault(variant.group, set()).add(bundle_key(variant.config))
    quick = [variant.name for variant in claimed if len(programs[variant.group]) == 1]
    return quick or [variant.name for variant in claimed]


def slide_variants(study: Study) -> list[str]:
    """Return the named variants of published figures and of the deck's own claims, in file order.

    Args:
        study: Without a place in its deck it has none.
    """
    if study.order is None:
        return []
    shown = claimed_names(study, study.source) | {figure.variant for figure in study.published}
    return [variant.name for variant in study.variants if variant.name in shown and not variant.grid]


CHOICES: Mapping[str, Callable[[Study], list[str]]] = {"claimed": claimed_variants, "slides": slide_variants}
"""Values of ``--only``, each with the function that chooses variants of a study."""
