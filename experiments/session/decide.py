"""``run --decide``: more repeats for the variants of open claims, looked at after 30, 100 and 300 repeats."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.protocols import PROTOCOLS
from experiments.scheduler.collect import Summary
from experiments.session.progress import Listener
from experiments.session.run_studies import Options, run_studies
from experiments.store.folder import StudyFolder
from experiments.store.recorded_looks import LOOKS, record_look

if TYPE_CHECKING:
    from experiments.language.study import Study


def decide_studies(studies: Sequence[Study], options: Options, listener: Listener) -> Iterator[Summary]:
    """Run studies, and add repeats to the variants of claims that are still open, until none is or 300 are there.

    Each look is recorded in the study's folder before its runs, and the verdicts pay for all looks.

    Args:
        studies: Studies with different names.
        options: Options of the call; the selection has no repeats of its own, since the looks set them.
        listener: Displays the progress.

    Yields:
        What was done up to each look; the last one may be interrupted.

    Raises:
        ExperimentsError: A study plans more repeats than the first look has.
    """
    first, *further = LOOKS
    for study in studies:
        most = max(variant.repeats for variant in study.variants)
        if most > first:
            raise ExperimentsError(f"--decide looks at {first} repeats first; {study.name} has {most}: lower repeats")
    for study in studies:
        record_look(StudyFolder.of(study.name, options.out), first)
    summary = run_studies(studies, replace(options, selection=replace(options.selection, repeats=first)), listener)
    yield summary
    for look in further:
        for study in studies:
            if summary.interrupted or summary.stopped:
                return
            folder = StudyFolder.of(study.name, options.out)
            claims = _open_claims(folder.path / "claims.csv")
            if not claims:
                continue
            listener.log(f"{study.name}: {len(claims)} verdicts are open; up to {look} repeats of their variants")
            record_look(folder, look)
            selection = replace(
                options.selection,
                variants=_variants(study, {number for number, _ in claims}),
                protocols=tuple(dict.fromkeys(protocol for _, protocol in claims)),
                repeats=look,
                only=None,
            )
            summary = run_studies([study], replace(options, selection=selection), listener)
            yield summary


def _open_claims(path: Path) -> list[tuple[int, str]]:
    """Return number and protocol of the claims that a study's claims.csv calls inconclusive, those of "tuned" apart."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        still = [(int(row["claim"]), row["protocol"]) for row in rows if row["verdict"] == "inconclusive"]
        return [(number, protocol) for number, protocol in still if protocol in PROTOCOLS]


def _variants(study: Study, claims: set[int]) -> list[str]:
    """Return the variants and grid points that some claims name."""
    named = {reference.variant for number in claims for reference in study.claims[number - 1].expression.references}
    return [variant.name for variant in study.variants if {variant.name, variant.group} & named]
