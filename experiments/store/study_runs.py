"""Select the rows of runs.csv whose content hash is among the study's current runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from experiments.language.study import LARGEST_STUDY, content_hash
from experiments.language.tuned_form import tuned_form
from experiments.protocols import STORED_PROTOCOLS, TUNED, TUNING
from experiments.store.table import Entry, Key, Place

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
        self._digests: dict[Place, tuple[str, ...]] = {}
        self._place_ranks: dict[Place, tuple[int, int, float]] = {}

    def has(self, entry: Entry) -> bool:
        """Return whether a row is about a run of the study."""
        repeat, place = entry.key.repeat, entry.key.place
        if not 0 <= repeat < LARGEST_STUDY:
            return False
        if place not in self._digests:
            self._digests[place] = tuple(variant.digest for variant in self._trained_at(*place))
        digests = self._digests[place]
        return any(entry.hash == content_hash(digest, entry.key.protocol, repeat, entry.engine) for digest in digests)

    def rank(self, key: Key) -> tuple[int, int, float, int]:
        """Return the sort key of a row: variants as in the YAML, then protocols, then rates, then repeats."""
        place = key.place
        if place not in self._place_ranks:
            self._place_ranks[place] = self._rank_of(*place)
        return (*self._place_ranks[place], key.repeat)

    def _trained_at(self, variant: str, protocol: str) -> list[Variant]:
        """Return the variants, at their own or another rate, that a row of this variant and protocol can be about."""
        if protocol == TUNING:
            return [self._rates[variant].point] if variant in self._rates else []
        if protocol == TUNED:
            return [rate.point for rate in self._rates.values() if rate.is_of(variant)]
        known = self._variants.get(variant)
        return [known] if known is not None and protocol in known.protocols else []

    def _rank_of(self, variant: str, protocol: str) -> tuple[int, int, float]:
        rate = self._rates[variant] if protocol == TUNING else None
        name, factor = (variant, 1.0) if rate is None else (rate.variant, rate.factor)
        return self._ranks[name], STORED_PROTOCOLS.index(protocol), factor

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
