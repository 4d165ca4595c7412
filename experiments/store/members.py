"""Which rows of a table still belong to a study: those whose content hash its YAML would give again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from experiments.columns import PROTOCOLS
from experiments.language.study import LARGEST_STUDY
from experiments.store.table import Entry, Key

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


class Members:
    """The runs that a study has, under each engine and for as many repeats as anyone asked for.

    A row stays when the YAML still describes its run. More repeats than the YAML asks for are further seeds of the
    same experiment, so they stay too; a changed configuration gives another hash, and its old rows leave.

    Args:
        study: The study.
        given: Runs of it whose hashes are computed already.
    """

    def __init__(self, study: Study, given: Iterable[Run] = ()) -> None:
        self._study = study
        self._known: dict[str, dict[Key, str]] = {}
        self._more: dict[tuple[str, str, str, int], dict[Key, str]] = {}
        self._given = {(Key(run.variant, run.protocol, run.repeat), run.hash) for run in given}
        self._variants = {variant.name: i for i, variant in enumerate(study.all_variants)}
        self._repeats = {variant.name: variant.repeats for variant in study.all_variants}

    def has(self, entry: Entry) -> bool:
        """Tell whether a row is about a run of the study."""
        key = entry.key
        if (key, entry.hash) in self._given:
            return True
        if key.variant not in self._variants or key.repeat >= LARGEST_STUDY:
            return False
        if key.repeat < self._repeats[key.variant]:
            return self._hashes(entry.engine).get(key) == entry.hash
        # Powers of two, so that a thousand extra repeats are hashed once and not a thousand times.
        extra = min(1 << key.repeat.bit_length(), LARGEST_STUDY)
        return self._more_hashes(entry.engine, key.variant, key.protocol, extra).get(key) == entry.hash

    def rank(self, key: Key) -> tuple[int, int, int]:
        """Give the place of a row in the table: variants as in the YAML, then protocols, then repeats."""
        return self._variants[key.variant], PROTOCOLS.index(key.protocol), key.repeat

    def _hashes(self, engine: str) -> dict[Key, str]:
        if engine not in self._known:
            self._known[engine] = _by_key(self._study.runs(variants=list(self._variants), engine=engine))
        return self._known[engine]

    def _more_hashes(self, engine: str, variant: str, protocol: str, repeats: int) -> dict[Key, str]:
        place = engine, variant, protocol, repeats
        if place not in self._more:
            runs = self._study.runs(variants=[variant], protocols=[protocol], repeats=repeats, engine=engine)
            self._more[place] = _by_key(runs)
        return self._more[place]


def _by_key(runs: Iterable[Run]) -> dict[Key, str]:
    return {Key(run.variant, run.protocol, run.repeat): run.hash for run in runs}
