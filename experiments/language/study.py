"""The frozen values that the language returns: a study, its variants and their runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from experiments.column_lookup import column_of
from experiments.errors import ConfigError, ExperimentsError, Place, Problem
from experiments.language.configuration import Configuration
from experiments.language.explanations import Explanation
from experiments.language.expressions import Form
from experiments.language.hashing import configuration_digest, run_hash
from experiments.language.located import LocatedDict, place_in
from experiments.language.problems import nearest
from experiments.language.study_summary import StudySummary
from experiments.language.terms import Reference
from experiments.language.tuning import Tuning
from experiments.protocols import TUNED, TUNING

LARGEST_STUDY = 2_000_000
"""Runs; as many fit into the memory of a small machine, and more are a slip."""

FIRST_TUNING_SEED = 1_000_000_000
"""Seed of repeat 0 of the runs that choose a rate: no run that is scored has it or a later one."""


@dataclass(frozen=True)
class Variant:
    """One named change of the base, or one point of a grid, fully resolved."""

    name: str
    group: str
    grid: Mapping[str, Any]
    config: Configuration
    changes: Mapping[str, Any]
    repeats: int
    protocols: tuple[str, ...]
    about: str
    on_request: bool
    located: LocatedDict = field(repr=False, compare=False)
    written: Place | None = field(default=None, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """The digest of the configuration."""
        return configuration_digest(self.config)

    def place(self, path: str) -> Place | None:
        """Return the place of the value at a dotted path.

        Args:
            path: A path into ``config``, class names left out, such as ``model.hidden.units``.

        Returns:
            The place of the value or of the nearest value around it; by default that of the variant.
        """
        node: Any = self.located
        nearest_place = None
        for key in path.split("."):
            node, place = _step(node, key)
            nearest_place = place or nearest_place
        return nearest_place or self.written


def _step(node: Any, key: str) -> tuple[Any, Place | None]:
    """Return the value of a key and its place, skipping a class name in between."""
    if isinstance(node, list) and key.isdigit() and int(key) < len(node):
        return node[int(key)], place_in(node, int(key))
    if not isinstance(node, LocatedDict):
        return None, None
    if key in node:
        return node[key], node.place_of(key)
    inner = [value for value in node.values() if isinstance(value, LocatedDict)]
    if len(inner) == 1 and key in inner[0]:
        return inner[0][key], inner[0].place_of(key)
    for layers in (layer.get("layers") for layer in inner):
        if isinstance(layers, LocatedDict) and key in layers:
            return layers[key], layers.place_of(key)
    return None, None


@dataclass(frozen=True)
class Claim:
    """A statement of the study and the expression that tests it."""

    says: str
    expect: str
    source: str
    why: tuple[Explanation, ...]
    expression: Form
    place: Place | None
    not_tuned: str = ""

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the claim and the tests of its explanations read."""
        tests = (each.because for each in self.why if each.because is not None)
        return (*self.expression.references, *(reference for test in tests for reference in test.references))


@dataclass(frozen=True)
class Published:
    """A figure published elsewhere for a variant."""

    variant: str
    metric: str
    value: float
    by: str
    of: int
    statistic: str
    note: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Run:
    """One training: a variant under a protocol with a seed. It can be pickled and executed in any process."""

    study: str
    variant: str
    group: str
    grid: Mapping[str, Any]
    protocol: str
    repeat: int
    seed: int
    engine: str
    config: Configuration = field(repr=False)
    hash: str

    @property
    def rows(self) -> str:
        """How the rows are drawn: "published" or "fresh"."""
        return rows_of(self.protocol)

    @property
    def base(self) -> str:
        """The study's variant that is trained, also where it is trained at another rate than its own."""
        return self.group if self.protocol == TUNING else self.variant


def rows_of(protocol: str) -> str:
    """Return the protocol whose rows a protocol has: at another rate than its own a variant has fresh rows."""
    return "fresh" if protocol in (TUNED, TUNING) else protocol


def seed_of(protocol: str, repeat: int) -> int:
    """Return the seed of a repeat; the runs that try a rate share none with the others."""
    return FIRST_TUNING_SEED + repeat if protocol == TUNING else repeat


def content_hash(digest: str, protocol: str, repeat: int, engine: str) -> str:
    """Return the content hash of a repeat.

    Args:
        digest: That of its configuration.
        protocol: One that runs.csv may have.
        repeat: From 0.
        engine: The engine asked for.
    """
    return run_hash(digest, seed=seed_of(protocol, repeat), protocol=rows_of(protocol), engine=engine)


@dataclass(frozen=True)
class Study:
    """One YAML file, checked and resolved.

    Attributes:
        smallest_effects: Metric to its smallest effect of interest, where the study has its own.
        left_out: A line for each part, such as a claim or a published figure, that ``--set`` took the metric from.
        summary: What the slide says and what follows in practice; None without one.
        tuning: How the protocol "tuned" chooses a rate for each variant.
    """

    name: str
    file: str
    title: str
    question: str
    source: str
    topic: str
    repeats: int
    protocols: tuple[str, ...]
    base: Configuration = field(repr=False)
    variants: tuple[Variant, ...] = field(repr=False)
    claims: tuple[Claim, ...] = field(repr=False)
    published: tuple[Published, ...] = field(repr=False)
    diagnosis: Mapping[str, Any] | None
    text: str = field(repr=False)
    on_request: tuple[Variant, ...] = field(default=(), repr=False)
    order: int | None = None
    left_out: tuple[str, ...] = ()
    smallest_effects: Mapping[str, float] = field(default_factory=dict)
    summary: StudySummary | None = None
    tuning: Tuning = field(default_factory=Tuning)

    def smallest_effect(self, metric: str) -> float | None:
        """Return the smallest effect of interest of a metric: the study's own, or that of its kind.

        Args:
            metric: A column of runs.csv.

        Returns:
            A difference, or of a ratio its relative size; None where there is none.
        """
        return self.smallest_effects.get(metric, column_of(metric).smallest_effect)

    def select(self, names: Sequence[str] | None = None) -> tuple[Variant, ...]:
        """Return variants by name; the name of a grid selects all of its points.

        Args:
            names: Names as in the YAML or ``rate[rate=0.4]``; None for all variants.

        Returns:
            The variants in file order.

        Raises:
            ConfigError: A name is unknown; the message has the nearest one.
        """
        if names is None:
            return self.variants
        known = self.names
        unknown = [name for name in names if name not in known]
        if unknown:
            problems = [f"there is no variant {name!r} in {self.name!r}{nearest(name, known)}" for name in unknown]
            raise ConfigError(Problem(None, "", message) for message in problems)
        return tuple(variant for variant in self.all_variants if variant.name in names or variant.group in names)

    @property
    def all_variants(self) -> tuple[Variant, ...]:
        """All variants, those on request last."""
        return self.variants + self.on_request

    @property
    def names(self) -> tuple[str, ...]:
        """The names that select variants: those of grids and of variants, in file order."""
        return tuple(dict.fromkeys(name for variant in self.all_variants for name in (variant.group, variant.name)))

    def showing(self, names: Iterable[str]) -> Study:
        """Return the study with the named variants on request among the others, since they have results."""
        named = set(names)
        return replace(self, variants=self.variants + tuple(v for v in self.on_request if v.name in named))

    def count(
        self,
        *,
        variants: Sequence[str] | None = None,
        protocols: Sequence[str] | None = None,
        repeats: int | None = None,
    ) -> int:
        """Return the number of runs that ``runs`` returns for the same arguments."""
        return sum(
            len(_kept(variant, protocols)) * (variant.repeats if repeats is None else repeats)
            for variant in self.select(variants)
        )

    def runs(
        self,
        *,
        variants: Sequence[str] | None = None,
        protocols: Sequence[str] | None = None,
        repeats: int | None = None,
        engine: str = "compiled",
    ) -> tuple[Run, ...]:
        """Return the runs of the study.

        Args:
            variants: Names of variants or grids; None for all.
            protocols: Protocols to keep of those each variant has; None for all.
            repeats: Runs of each variant and protocol instead of the number in the YAML.
            engine: The engine asked for, "compiled" or "keras".

        Returns:
            Runs by variant, protocol and repeat, in this order.

        Raises:
            ConfigError: Where a variant's name is not known.
            ExperimentsError: Where there are more runs than a machine can hold.
        """
        count = self.count(variants=variants, protocols=protocols, repeats=repeats)
        if count > LARGEST_STUDY:
            raise ExperimentsError(f"{self.name}: {count:,} runs are asked for; at most {LARGEST_STUDY:,} are allowed")
        chosen = self.select(variants)
        return tuple(run for variant in chosen for run in self._runs_of(variant, protocols, repeats, engine))

    def search_runs(self, point: Variant, *, engine: str = "compiled") -> tuple[Run, ...]:
        """Return the runs that try one rate of a variant; no other run has their seeds.

        Args:
            point: The variant at this rate, from ``Tuning.point``.
            engine: The engine asked for.
        """
        return tuple(self._runs_of(point, None, None, engine))

    def tuned_runs(self, variant: Variant, factor: float, *, repeats: int, engine: str = "compiled") -> tuple[Run, ...]:
        """Return the runs that score a variant at the rate chosen for it.

        Args:
            variant: The variant.
            factor: What its own rate is multiplied by; with 1 the runs are those of "fresh".
            repeats: Number of runs.
            engine: The engine asked for.
        """
        if factor == 1:
            return tuple(self._runs_of(variant, ("fresh",), repeats, engine))
        point = replace(self.tuning.point(variant, factor), name=variant.name, protocols=(TUNED,))
        return tuple(self._runs_of(point, None, repeats, engine))

    def _runs_of(
        self, variant: Variant, protocols: Sequence[str] | None, repeats: int | None, engine: str
    ) -> Iterator[Run]:
        for protocol in _kept(variant, protocols):
            for repeat in range(variant.repeats if repeats is None else repeats):
                yield Run(
                    study=self.name,
                    variant=variant.name,
                    group=variant.group,
                    grid=variant.grid,
                    protocol=protocol,
                    repeat=repeat,
                    seed=seed_of(protocol, repeat),
                    engine=engine,
                    config=variant.config,
                    hash=content_hash(variant.digest, protocol, repeat, engine),
                )


def _kept(variant: Variant, protocols: Sequence[str] | None) -> list[str]:
    return [protocol for protocol in variant.protocols if protocols is None or protocol in protocols]
