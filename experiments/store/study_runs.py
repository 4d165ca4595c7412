"""Select the rows of runs.csv whose content hash is among the study's current runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from experiments.language.study import LARGEST_STUDY, content_hash
from experiments.language.tuned_form import tuned_form
from experiments.protocols import STORED_PROTOCOLS, TUNED, TUNING
from experiments.store.table import Entry, Key

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant


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
        self._variants = {variant.name: variant for variant in study.all_variants}
        self._ranks = {name: rank for rank, name in enumerate(self._variants)}

    def has(self, entry: Entry) -> bool:
        """Return whether a row is about a run of the study."""
        key = entry.key
        if not 0 <= key.repeat < LARGEST_STUDY:
            return False
        if key.protocol in (TUNED, TUNING):
            return any(entry.hash == _hash(entry, rate.point) for rate in self._rates_of(key))
        variant = self._variants.get(key.variant)
        if variant is None or key.protocol not in variant.protocols:
            return False
        return entry.hash == _hash(entry, variant)

    def rank(self, key: Key) -> tuple[int, int, float, int]:
        """Return the sort key of a row: variants as in the YAML, then protocols, then rates, then repeats."""
        if key.protocol == TUNING:
            rate = self._rates[key.variant]
            return self._ranks[rate.variant], STORED_PROTOCOLS.index(TUNING), rate.factor, key.repeat
        return self._ranks[key.variant], STORED_PROTOCOLS.index(key.protocol), 1.0, key.repeat

    def _rates_of(self, key: Key) -> list[_Rate]:
        """Return the rates that a row of tuned runs, or of the search, can be about."""
        if key.protocol == TUNING:
            return [self._rates[key.variant]] if key.variant in self._rates else []
        return [rate for rate in self._rates.values() if rate.is_of(key.variant)]

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


@dataclass
class _Rate:
    """A variant at one rate."""

    variant: str
    factor: float
    point: Variant

    def is_of(self, variant: str) -> bool:
        """Whether it is a rate of a variant, and not its own."""
        return self.variant == variant and self.factor != 1


def _hash(entry: Entry, variant: Variant) -> str:
    """Return the hash that a row has if its run is one of a variant."""
    return content_hash(variant.digest, entry.key.protocol, entry.key.repeat, entry.engine)
