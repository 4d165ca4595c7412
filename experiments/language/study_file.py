"""Read and check a study: from the text of a YAML file to the frozen ``Study``, or to all of its problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.errors import Place, Problem
from experiments.language.changes import Change, PatchError, apply_change
from experiments.language.claim_text import ClaimSyntaxError
from experiments.language.claims import check_metric, find_variant
from experiments.language.configuration import Configuration
from experiments.language.configuration_sections import CONFIGURATION_KEYS
from experiments.language.expand import expand
from experiments.language.explanations import Explanation, check_explanations
from experiments.language.expressions import Form, parse_claim
from experiments.language.loader import load_yaml
from experiments.language.located import LocatedDict, LocatedList, place_in
from experiments.language.metrics import measured
from experiments.language.names import check_names
from experiments.language.problems import Problems, expected, nearest
from experiments.language.resolve import Resolved, resolve
from experiments.language.section_check import check_section
from experiments.language.sections import DiagnosisSection, PublishedSection, StudyFile
from experiments.language.study import Claim, Published, Study, Variant
from experiments.language.study_summary import StudySummary, check_summary, read_summary
from experiments.language.tuned_section import check_tuning, read_tuning
from experiments.language.tuning import Tuning
from experiments.language.variants import Defaults, VariantResolver
from experiments.protocols import PROTOCOLS

_DEFAULT_REPEATS = StudyFile.model_fields["repeats"].default


def parse_study(content: bytes | str, *, name: str, file: str, sets: Sequence[str] = (), folder: str = "") -> Study:
    """Check a study's text.

    Args:
        content: The YAML.
        name: The study's name.
        file: What places call the file.
        sets: Changes in the form ``dotted.path=value``.
        folder: The folder that files of tables are relative to; by default the working directory.

    Returns:
        The study with every variant resolved.

    Raises:
        ConfigError: With all problems of the text, each with its place.
    """
    problems = Problems(Place(file, 1, 1))
    tree = load_yaml(content, file, problems)
    if not isinstance(tree, LocatedDict):
        if not problems:
            problems.add(None, "", expected("a study with title, data, model and training", tree))
        problems.raise_if_any()
    text = content if isinstance(content, str) else content.decode("utf-8-sig")
    return _StudyReader(_Source(name, file, text, folder), tree, _read_sets(sets, problems), problems).study()


def _read_sets(sets: Sequence[str], problems: Problems) -> list[Change]:
    changes = []
    for number, text in enumerate(sets, 1):
        path, equals, value = text.partition("=")
        place = Place("--set", number, 1)
        if not equals or not path.strip():
            problems.add(place, "", f"expected PATH=VALUE such as training.epochs=100, found {text!r}")
            continue
        own = Problems()
        read = load_yaml(value, "--set", own) if value.strip() else None
        problems.include(own, at=place)
        if not own:
            changes.append(Change(path.strip(), read, place, place))
    return changes


@dataclass(frozen=True)
class _Source:
    """Name, file, text and folder of a study."""

    name: str
    file: str
    text: str
    folder: str


class _StudyReader:
    """Reader of the sections of one file. It collects problems and continues as far as possible."""

    def __init__(self, source: _Source, tree: LocatedDict, sets: list[Change], problems: Problems) -> None:
        self._source, self._tree, self._sets, self._problems = source, tree, sets, problems
        self._lost: dict[str, str] = {}  # path of what is left out → its line

    def study(self) -> Study:
        tree, problems = self._tree, self._problems
        check_section(StudyFile, tree, "", problems, leave_out=CONFIGURATION_KEYS)
        base_tree = expand("configuration", self._base())
        before = len(problems)
        base = resolve(base_tree, problems, folder=self._source.folder)
        variants = self._variants(base_tree)
        all_known = bool(variants) and len(problems) == before
        claims = self._claims()
        check_summary(tree.get("summary"), tree.get("claims"), problems)
        if all_known:  # else claims about a variant that could not be read would be called wrong as well
            self._check_names(base_tree, claims, variants)
        problems.raise_if_any()
        assert base is not None
        return self._assemble(self._with_sets(base_tree, base).config, variants, claims)

    def _assemble(self, base: Configuration, variants: tuple[Variant, ...], claims: Mapping[int, Claim]) -> Study:
        tree, defaults = self._tree, self._defaults()
        return Study(
            name=self._source.name,
            file=self._source.file,
            title=tree["title"],
            question=tree["question"],
            source=tree.get("source", ""),
            topic=tree.get("topic") or "",
            repeats=defaults.repeats,
            protocols=defaults.protocols,
            base=base,
            variants=tuple(variant for variant in variants if not variant.on_request),
            on_request=tuple(variant for variant in variants if variant.on_request),
            claims=tuple(self._kept(claims)),
            published=tuple(self._published()),
            diagnosis=self._diagnosis(),
            smallest_effects=self._smallest_effects(),
            tuning=self._tuning(variants),
            text=self._source.text,
            order=tree.get("order"),
            left_out=tuple(self._lost.values()),
            summary=self._summary(),
        )

    def _variants(self, base: LocatedDict) -> tuple[Variant, ...]:
        sections = self._tree.get("variants")
        if not isinstance(sections, LocatedDict):
            return ()
        check_names(sections, "variants", "a variant name", self._problems, files=True)
        return self._resolver(base, sections, self._sets, self._problems).resolve_all()

    def _resolver(
        self, base: LocatedDict, sections: LocatedDict, sets: list[Change], problems: Problems
    ) -> VariantResolver:
        return VariantResolver(base, sections, self._defaults(), sets, problems, folder=self._source.folder)

    def _base(self) -> LocatedDict:
        base = LocatedDict()
        for key in CONFIGURATION_KEYS:
            if key in self._tree:
                base.take(self._tree, key)
        if not base:
            self._problems.add(None, "", "expected the sections data, model and training")
        return base

    def _with_sets(self, base_tree: LocatedDict, base: Resolved) -> Resolved:
        """Return the base with the changes of the command line that apply to it."""
        tree = base_tree
        for change in self._sets:
            try:
                tree = apply_change(tree, change)
            except PatchError:
                continue
        return base if tree is base_tree else resolve(tree, Problems(), folder=self._source.folder) or base

    def _defaults(self) -> Defaults:
        repeats, protocols = self._tree.get("repeats", _DEFAULT_REPEATS), self._tree.get("protocols")
        listed = protocols if isinstance(protocols, list) else []
        valid = bool(listed) and all(name in PROTOCOLS for name in listed)
        return Defaults(repeats, tuple(name for name in PROTOCOLS if not valid or name in listed))

    def _claims(self) -> dict[int, Claim]:
        """Return the valid claims by their position."""
        sections = self._tree.get("claims")
        claims = {}
        for index, section in enumerate(sections if isinstance(sections, LocatedList) else ()):
            expression = self._expression(section, "expect", f"claims.{index}")
            if expression is not None:
                claims[index] = Claim(
                    says=section.get("says", ""),
                    expect=section["expect"],
                    source=section.get("source", ""),
                    why=self._explanations(section, f"claims.{index}.why"),
                    expression=expression,
                    place=section.place_of("expect"),
                    not_tuned=section.get("not_tuned", ""),
                )
        return claims

    def _explanations(self, claim: LocatedDict, path: str) -> tuple[Explanation, ...]:
        sections = claim.get("why")
        entries = [
            entry
            for entry in (sections if isinstance(sections, LocatedList) else ())
            if isinstance(entry, LocatedDict) and isinstance(entry.get("of"), LocatedDict)
        ]
        if entries != sections:  # which is reported as well
            return ()
        explanations = []
        for number, entry in enumerate(entries):
            because, of = self._expression(entry, "because", f"{path}.{number}"), entry["of"]
            places = {f"of.{protocol}": of.key_place_of(protocol) for protocol in of}
            places["because"] = entry.place_of("because")
            explanations.append(Explanation(dict(of), entry.get("text", ""), because, places))
        return tuple(explanations)

    def _expression(self, section: Any, key: str, path: str) -> Form | None:
        """Return the parsed claim at a key of a section; None where there is none that can be read."""
        text = section.get(key) if isinstance(section, LocatedDict) else None
        if not isinstance(text, str):
            return None
        try:
            return parse_claim(text)
        except ClaimSyntaxError as error:
            self._problems.add(self._inside(section.place_of(key), text, error.column), f"{path}.{key}", error.message)
            return None

    def _kept(self, claims: Mapping[int, Claim]) -> Iterator[Claim]:
        """Yield the claims, and the tests of their explanations, whose metrics no set takes away."""
        for index, claim in claims.items():
            why = tuple(
                replace(each, because=None) if f"claims.{index}.why.{number}.because" in self._lost else each
                for number, each in enumerate(claim.why)
            )
            if f"claims.{index}.expect" not in self._lost:
                yield replace(claim, why=why)

    def _inside(self, place: Place | None, text: str, column: int) -> Place | None:
        """Return the place of a column of a text that is written in one line."""
        if place is None:
            return None
        line = self._source.text.splitlines()[place.line - 1]
        start = line.find(text, place.column - 1)
        return place if start < 0 else Place(place.file, place.line, start + column)

    def _published(self) -> list[Published]:
        figures = []
        for index, section in enumerate(self._tree.get("published") or ()):
            filled = PublishedSection.model_validate(section)
            about = {key: getattr(filled, key) for key in PublishedSection.model_fields}
            for metric in section:
                if metric not in about and f"published.{index}.{metric}" not in self._lost:
                    value, place = float(section[metric]), section.key_place_of(metric)
                    figures.append(Published(metric=metric, value=value, place=place, **about))
        return figures

    def _diagnosis(self) -> dict[str, Any] | None:
        section = self._tree.get("diagnosis")
        lost = "diagnosis.metric" in self._lost
        return None if section is None or lost else DiagnosisSection.model_validate(section).model_dump()

    def _summary(self) -> StudySummary | None:
        """Return the summary; none where a claim is left out, since it counts the claims of the file."""
        section = self._tree.get("summary")
        lost = any(path.startswith("claims.") and path.endswith(".expect") for path in self._lost)
        return None if section is None or lost else read_summary(section)

    def _smallest_effects(self) -> dict[str, float]:
        section = self._tree.get("smallest_effects") or {}
        return {
            metric: float(size) for metric, size in section.items() if f"smallest_effects.{metric}" not in self._lost
        }

    def _tuning(self, variants: Sequence[Variant]) -> Tuning:
        lost = next((line for path, line in self._lost.items() if path.startswith("tuned.")), "")
        return Tuning(not_tuned=lost) if lost else read_tuning(self._tree.get("tuned"), variants)

    def _check_names(self, base: LocatedDict, claims: Mapping[int, Claim], variants: Sequence[Variant]) -> None:
        """Check the variants and metrics that are named; leave out what only ``--set`` makes wrong."""
        wrong = self._wrong_names(claims, variants)
        if wrong and self._sets:
            unchanged = self._resolver(base, self._tree["variants"], [], Problems()).resolve_all()
            wrong_anyway = {problem.path for problem in self._wrong_names(claims, unchanged)}
            for problem in wrong:
                if problem.path not in wrong_anyway:
                    self._lost.setdefault(problem.path, self._line(problem, claims))
        for problem in wrong:
            if problem.path not in self._lost:
                self._problems.add(problem.place, problem.path, problem.message)

    def _line(self, problem: Problem, claims: Mapping[int, Claim]) -> str:
        """Write in one line what is left out and why."""
        section, _, rest = problem.path.partition(".")
        index, _, metric = rest.partition(".")
        reason = problem.message.partition(";")[0]
        if section == "claims" and metric != "expect":
            tested = claims[int(index)].why[int(metric.split(".")[1])].because
            return f"test of an explanation left out: {tested}, because {reason}"
        if section == "claims":
            return f"claim left out: {' '.join(claims[int(index)].expect.split())}, because {reason}"
        if section == "published":
            variant = self._tree["published"][int(index)]["variant"]
            return f"published figure left out: {variant}.{metric}, because {reason}"
        if section == "smallest_effects":
            return f"smallest effect left out: {rest}, because {reason}"
        if section == "tuned":
            return f"rates not tuned, because {reason}"
        return f"diagnosis left out, because {reason}"

    def _wrong_names(self, claims: Mapping[int, Claim], variants: Sequence[Variant]) -> Problems:
        problems = Problems()
        for index, claim in claims.items():
            wrong = claim.expression.check(variants)
            for message in wrong:
                problems.add(claim.place, f"claims.{index}.expect", message)
            for number, inside, message in () if wrong else check_explanations(claim.expression, claim.why, variants):
                place = claim.why[number].places[inside]
                problems.add(place, f"claims.{index}.why.{number}.{inside}", message)
        self._check_published(variants, problems)
        self._check_diagnosis(variants, problems)
        self._check_smallest_effects(variants, problems)
        if not any(problem.path.startswith("tuned") for problem in self._problems):
            check_tuning(self._tree.get("tuned"), variants, problems)
        return problems

    def _check_published(self, variants: Sequence[Variant], problems: Problems) -> None:
        by_name = {variant.name: variant for variant in variants}
        sections = self._tree.get("published")
        for index, section in enumerate(sections if isinstance(sections, LocatedList) else ()):
            if not isinstance(section, LocatedDict) or not isinstance(section.get("variant"), str):
                continue
            path, name = f"published.{index}", find_variant(section["variant"], by_name)
            if name is None:
                message = f"there is no variant {section['variant']!r}{nearest(section['variant'], by_name)}"
                problems.add(section.place_of("variant"), f"{path}.variant", message)
            else:
                _check_figures(section, by_name[name], path, place_in(sections, index), problems)

    def _check_diagnosis(self, variants: Sequence[Variant], problems: Problems) -> None:
        section = self._tree.get("diagnosis")
        if not isinstance(section, LocatedDict):
            return
        metric = section.get("metric", DiagnosisSection.model_fields["metric"].default)
        known = dict.fromkeys(name for variant in variants for name in measured(variant.config))
        if isinstance(metric, str) and metric not in known:
            place = section.place_of("metric") if "metric" in section else self._tree.key_place_of("diagnosis")
            problems.add(place, "diagnosis.metric", f"no variant measures {metric!r}{nearest(metric, known)}")

    def _check_smallest_effects(self, variants: Sequence[Variant], problems: Problems) -> None:
        section = self._tree.get("smallest_effects")
        if not isinstance(section, LocatedDict):
            return
        for metric in section:
            wrong = [check_metric(metric, variant) for variant in variants]
            if wrong and all(wrong):
                problems.add(section.key_place_of(metric), f"smallest_effects.{metric}", wrong[0][0])


def _check_figures(section: LocatedDict, variant: Variant, path: str, place: Place | None, problems: Problems) -> None:
    metrics = [key for key in section if key not in PublishedSection.model_fields]
    if not metrics:
        problems.add(place, path, "expected a metric with its value")
    for metric in metrics:
        for message in check_metric(metric, variant):
            problems.add(section.key_place_of(metric), f"{path}.{metric}", message)
