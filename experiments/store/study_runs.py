"""Select the rows of runs.csv whose content hash is among the study's current runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from experiments.columns import STORED_PROTOCOLS, TUNED, TUNING
from experiments.language.hashing import configuration_digest, run_hash
from experiments.language.study import FIRST_TUNING_SEED, LARGEST_STUDY, rows_of
from experiments.language.tuned_form import tuned_form
from experiments.store.table import Entry, Key

if TYPE_CHECKING:
    from experiments.language.study import Run, Study, Variant


class StudyRuns:
    """The runs of a study, under each engine and for any number of repeats.

    A row stays if the YAML still describes its run. Repeats beyond those of the YAML are further seeds of the same
    experiment and stay too. A changed configuration has another hash, so its old rows are dropped. Of a variant that is
    tuned, the rows at every rate that can be chosen stay.

    Args:
        study: The study.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._hashes: dict[str, dict[Key, str]] = {}
        self._further: dict[tuple[str, str, str, int], dict[Key, str]] = {}
        self._known: set[tuple[Key, str]] = set()
        self._variants = {variant.name: i for i, variant in enumerate(study.all_variants)}
        self._repeats = {variant.name: variant.repeats for variant in study.all_variants}

    def include(self, runs: Iterable[Run]) -> None:
        """Include runs of the study whose hashes are computed already."""
        self._known |= {(Key(run.variant, run.protocol, run.repeat), run.hash) for run in runs}

    def has(self, entry: Entry) -> bool:
        """Return whether a row is about a run of the study."""
        key = entry.key
        if (key, entry.hash) in self._known:
            return True
        if key.protocol in (TUNED, TUNING):
            return self._has_tuned(entry)
        if key.variant not in self._variants or key.repeat >= LARGEST_STUDY:
            return False
        if key.repeat < self._repeats[key.variant]:
            return self._hashes_of(entry.engine).get(key) == entry.hash
        # Powers of two: a thousand further repeats are hashed in one call, not in a thousand.
        repeats = min(1 << key.repeat.bit_length(), LARGEST_STUDY)
        return self._further_hashes(entry.engine, key.variant, key.protocol, repeats).get(key) == entry.hash

    def rank(self, key: Key) -> tuple[int, int, float, int]:
        """Return the sort key of a row: variants as in the YAML, then protocols, then rates, then repeats."""
        if key.protocol == TUNING:
            rate = self._rates[key.variant]
            return self._variants[rate.variant], STORED_PROTOCOLS.index(TUNING), rate.factor, key.repeat
        return self._variants[key.variant], STORED_PROTOCOLS.index(key.protocol), 1.0, key.repeat

    def _has_tuned(self, entry: Entry) -> bool:
        key = entry.key
        if key.protocol == TUNING:
            first, rates = FIRST_TUNING_SEED, [rate for name, rate in self._rates.items() if name == key.variant]
        else:
            first, rates = (
                0,
                [rate for rate in self._rates.values() if rate.is_of(key.variant)],
            )
        seed, rows, engine = first + key.repeat, rows_of(key.protocol), entry.engine
        hashes = (run_hash(rate.digest, seed=seed, protocol=rows, engine=engine) for rate in rates)
        return key.repeat < LARGEST_STUDY and entry.hash in hashes

    @cached_property
    def _rates(self) -> dict[str, _Rate]:
        """Every rate that the search of a variant can reach, by the name of the variant at this rate."""
        tuning = self._study.tuning
        factors = (*tuning.factors, *tuning.lower, *tuning.upper)
        rates = (
            _Rate(variant.name, factor, tuning.point(variant, factor))
            for variant in tuned_form(self._study).variants
            if tuning.value_of(variant.config) is not None
            for factor in factors
        )
        return {rate.point.name: rate for rate in rates}

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


@dataclass
class _Rate:
    """A variant at one rate."""

    variant: str
    factor: float
    point: Variant

    def is_of(self, variant: str) -> bool:
        """Whether it is a rate of a variant, and not its own."""
        return self.variant == variant and self.factor != 1

    @cached_property
    def digest(self) -> str:
        return configuration_digest(self.point.config)


def _by_key(runs: Iterable[Run]) -> dict[Key, str]:
    return {Key(run.variant, run.protocol, run.repeat): run.hash for run in runs}
