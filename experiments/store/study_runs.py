"""Select the rows of runs.csv whose content hash is among the study's current runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from experiments.columns import PROTOCOLS
from experiments.language.study import LARGEST_STUDY
from experiments.store.table import Entry, Key

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


class StudyRuns:
    """The runs of a study, under each engine and for any number of repeats.

    A row stays if the YAML still describes its run. Repeats beyond those of the YAML are further seeds of the same
    experiment and stay too. A changed configuration has another hash, so its old rows are dropped.

    Args:
        study: The study.
        known: Runs of it whose hashes are computed already.
    """

    def __init__(self, study: Study, known: Iterable[Run] = ()) -> None:
        self._study = study
        self._hashes: dict[str, dict[Key, str]] = {}
        self._further: dict[tuple[str, str, str, int], dict[Key, str]] = {}
        self._planned = {(Key(run.variant, run.protocol, run.repeat), run.hash) for run in known}
        self._variants = {variant.name: i for i, variant in enumerate(study.all_variants)}
        self._repeats = {variant.name: variant.repeats for variant in study.all_variants}

    def has(self, entry: Entry) -> bool:
        """Return whether a row is about a run of the study."""
        key = entry.key
        if (key, entry.hash) in self._planned:
            return True
        if key.variant not in self._variants or key.repeat >= LARGEST_STUDY:
            return False
        if key.repeat < self._repeats[key.variant]:
            return self._hashes_of(entry.engine).get(key) == entry.hash
        # Powers of two: a thousand further repeats are hashed in one call, not in a thousand.
        repeats = min(1 << key.repeat.bit_length(), LARGEST_STUDY)
        return self._further_hashes(entry.engine, key.variant, key.protocol, repeats).get(key) == entry.hash

    def rank(self, key: Key) -> tuple[int, int, int]:
        """Return the sort key of a row: variants as in the YAML, then protocols, then repeats."""
        return self._variants[key.variant], PROTOCOLS.index(key.protocol), key.repeat

    def _hashes_of(self, engine: str) -> dict[Key, str]:
        if engine not in self._hashes:
            self._hashes[engine] = _by_key(self._study.runs(variants=list(self._variants), engine=engine))
        return self._hashes[engine]

    def _further_hashes(self, engine: str, variant: str, protocol: str, repeats: int) -> dict[Key, str]:
        place = engine, variant, protocol, repeats
        if place not in self._further:
            runs = self._study.runs(variants=[variant], protocols=[protocol], repeats=repeats, engine=engine)
            self._further[place] = _by_key(runs)
        return self._further[place]


def _by_key(runs: Iterable[Run]) -> dict[Key, str]:
    return {Key(run.variant, run.protocol, run.repeat): run.hash for run in runs}
