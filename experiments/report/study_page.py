"""Everything that the page of one study shows, from its analysis and its files."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from experiments.analysis import Analysis, draws_of
from experiments.glossary import Term
from experiments.language.source_facts import fresh_kind
from experiments.protocols import TUNED
from experiments.report.chart_data import chart_data
from experiments.report.claim_views import ClaimView
from experiments.report.measured_speed import SpeedTable, speed_table
from experiments.report.page_words import column_words
from experiments.report.plain_summary import ThreeSentences, three_sentences
from experiments.report.scoreboard import environment_words
from experiments.report.source import Piece, VariantChanges, changes_of, source_rows
from experiments.report.svg_drawings import BoundaryMap, boundary_map
from experiments.report.tables import (
    DiagnosisTable,
    Placing,
    Table,
    diagnosis_table,
    flattery_table,
    placings,
    variant_tables,
)
from experiments.report.tuned_rates import rates_table
from experiments.report.wording import duration, plural
from experiments.store.folder import StudyFolder
from experiments.store.npz import read_npz

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

_MOST_ERRORS = 3
_FEW_VARIANTS = 24
_DRAWS = {
    "new rows": "Under fresh, each repeat has new rows of the same problem.",
    "new problem": (
        "Under fresh, each repeat has a new problem: the generator’s seed draws centres or coefficients "
        "as well as rows."
    ),
    "re-splits": (
        "Under fresh, the repeats are splits of one table and share rows. Intervals of means and ratios are widened "
        "for it (Nadeau and Bengio 2003); shares and sign tests count the splits of this table."
    ),
}
_FILES = ("study.yaml", "runs.csv", "summary.csv", "claims.csv", "environment.json")


@dataclass(frozen=True)
class Command:
    """A command to type."""

    title: str
    command: str
    about: str


@dataclass(frozen=True)
class Link:
    """A file beside the page."""

    name: str
    link: str


@dataclass(frozen=True)
class StudyPage:
    """Variables of the template of a study; sections of empty parts are omitted."""

    title: str
    question: str
    protocols: tuple[str, ...]
    source: str
    topic: str
    header: str
    notes: tuple[str, ...]
    summary: ThreeSentences | None
    claims: tuple[ClaimView, ...]
    slide_mode: bool
    curves: bool
    curves_note: str
    maps: tuple[BoundaryMap, ...]
    sweeps: tuple[str, ...]
    rates: Table | None
    layers: bool
    tables: tuple[Table, ...]
    published: tuple[Placing, ...]
    flattery: Table | None
    speed: SpeedTable | None
    diagnosis: DiagnosisTable | None
    source_rows: Sequence[Sequence[Piece]]
    changes: tuple[VariantChanges, ...]
    columns: tuple[Term, ...]
    recipes: tuple[Command, ...]
    figures: tuple[Link, ...]
    files: tuple[str, ...]
    footer: str
    data: Mapping[str, Any]

    @property
    def many_variants(self) -> bool:
        """Whether the page has a search for variants."""
        return len(self.data["variants"]) > _FEW_VARIANTS

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Anchor and name of each section of the page."""
        every = [
            ("claims", "Claims", self.claims),
            ("slide", "Slide mode", self.slide_mode),
            ("curves", "Curves", self.curves),
            ("boundaries", "Boundaries", self.maps),
            ("sweeps", "Sweeps", self.sweeps),
            ("rates", "Rates", self.rates),
            ("layers", "Inside", self.layers),
            ("variants", "Variants", self.tables),
            ("published", "Published", self.published),
            ("flattery", "Flattery", self.flattery),
            ("speed", "Speed", self.speed),
            ("diagnosis", "Diagnosis", self.diagnosis),
            ("yaml", "YAML", True),
            ("again", "Run it", self.recipes),
            ("words", "Words", True),
        ]
        return [(anchor, name) for anchor, name, there in every if there]


def study_page(
    analysis: Analysis,
    *,
    claims: tuple[ClaimView, ...],
    environment: Mapping[str, Any],
    out: Path,
) -> StudyPage:
    """Return everything that the page of a study shows.

    Args:
        analysis: The analysed study; may have no runs.
        claims: Its judged claims.
        environment: What its environment.json says.
        out: The results folder.
    """
    study, runs = analysis.study, analysis.runs
    folder = StudyFolder.of(study.name, out)
    changes = tuple(changes_of(variant, study) for variant in _shown_changes(study))
    data = chart_data(analysis, changes, out)
    return StudyPage(
        title=study.title,
        question=study.question,
        protocols=(*study.protocols, *([TUNED] if analysis.tuned.searches else [])),
        source=study.source,
        topic=study.topic or "Study",
        header=_header(runs, environment),
        notes=tuple(_notes(study, runs)),
        summary=three_sentences(study.summary, analysis.claim_rows) if study.summary else None,
        claims=claims,
        slide_mode=bool(data["slides"]),
        curves=bool(data["curves"]),
        curves_note=_curves_note(data["curves"]),
        maps=_maps(study, folder),
        sweeps=tuple(chart["title"] for chart in data["sweeps"]),
        rates=rates_table(analysis.tuned.searches, study.tuning.axis),
        layers=bool(data["layers"]),
        tables=variant_tables(study, analysis.summary),
        published=placings(analysis.published) if len(runs) else (),
        flattery=flattery_table(analysis.flattery),
        speed=speed_table(study.name),
        diagnosis=diagnosis_table(analysis.diagnosis),
        source_rows=source_rows(study.text),
        changes=changes,
        columns=column_words(study.claims),
        recipes=_recipes(study),
        figures=tuple(_figures(folder.path)),
        files=tuple(name for name in _FILES if (folder.path / name).is_file()),
        footer=f"{study.title} · {study.name}",
        data=data,
    )


def _curves_note(curves: Mapping[str, Any] | None) -> str:
    if not curves:
        return ""
    return (
        "Mean over the runs with its 95 % band; logarithmic metrics have the geometric mean. Keras’ own curves: the "
        "loss contains penalties, the training curve is taken before each update with dropout on. At most 400 evenly "
        "spaced epochs are drawn. Where runs end early the line is the mean of those still training, and ends when "
        "fewer than half are left."
    )


def _maps(study: Study, folder: StudyFolder) -> tuple[BoundaryMap, ...]:
    arrays = {variant.name: read_npz(folder.boundary(variant.name)) for variant in study.variants}
    return tuple(boundary_map(name, found) for name, found in arrays.items() if found)


def _shown_changes(study: Study) -> list[Variant]:
    """Return the named variants and the first point of each grid; further points differ from it in a number only."""
    firsts = {variant.group: variant for variant in reversed(study.variants)}
    return [variant for variant in study.variants if not variant.grid or firsts[variant.group] is variant]


def _header(runs: pd.DataFrame, environment: Mapping[str, Any]) -> str:
    finished = runs[runs["error"] == ""]
    parts = [plural(len(finished), "run"), *environment_words([environment])]
    seconds = float(finished["seconds"].sum()) if "seconds" in finished else math.nan
    parts += [f"{duration(seconds)} of training"] if seconds > 0 else []
    return " · ".join(parts) + "."


def _notes(study: Study, runs: pd.DataFrame) -> list[str]:
    planned = sum(variant.repeats * len(variant.protocols) for variant in study.variants)
    finished, failed = runs[runs["error"] == ""], runs[runs["error"] != ""]
    if runs.empty:
        return [f"No results yet: python -m experiments run {shlex.quote(study.name)} writes them."]
    notes = []
    if len(finished) < planned:
        missing = _not_run(study, runs)
        partial = f"Results are partial: {len(finished):,} of {planned:,} runs have finished."
        notes.append(f"{partial} Not run yet: {missing}." if missing else partial)
    if len(failed):
        messages = list(dict.fromkeys(failed["error"]))[:_MOST_ERRORS]
        notes.append(f"{plural(len(failed), 'run')} failed: {'; '.join(messages)}. The next run tries them again.")
    lost = int(finished["diverged"].sum())
    if lost and lost == len(finished):
        notes.append("Every run diverged: curves end at their last finite value.")
    elif lost:
        notes.append(f"{plural(lost, 'run')} diverged; they count as the worst value, and are never dropped.")
    return notes + _draws(study)


def _draws(study: Study) -> list[str]:
    """Return what each repeat draws anew; where variants differ in it, those of a further kind are named."""
    notes = []
    for number, kind in enumerate(draws_of(study)):
        groups = dict.fromkeys(
            variant.group
            for variant in study.variants
            if "fresh" in variant.protocols and fresh_kind(variant.config.data) == kind
        )
        note = _DRAWS[kind]
        notes.append(f"For {', '.join(groups)}: {note[0].lower()}{note[1:]}" if number else note)
    return notes


def _not_run(study: Study, runs: pd.DataFrame) -> str:
    """Return the variants and grids with missing runs and their number: ``rate (24), wide (54)``."""
    there = Counter(runs["group"]) if "group" in runs else Counter[str]()
    planned: Counter[str] = Counter()
    for variant in study.variants:
        planned[variant.group] += variant.repeats * len(variant.protocols)
    return ", ".join(f"{group} ({count - there[group]:,})" for group, count in planned.items() if count > there[group])


def _recipes(study: Study) -> tuple[Command, ...]:
    name = shlex.quote(study.name if Path(study.file).parent.name == "configs" else study.file)
    variant = next((variant for variant in study.variants if variant.changes), study.variants[0])
    chosen = f"{name} --variant {shlex.quote(variant.name)}"
    base = "python -m experiments"
    return (
        Command("Run it again", f"{base} run {name}", "Trains what is missing; --force trains everything anew."),
        Command("Change a setting", f"{base} run {name} --set training.epochs=200", "Writes to a folder of its own."),
        Command("Copy the study", f"{base} new {name} my_study", "Copies the YAML, comments and all, to edit."),
        Command("Show one variant", f"{base} show {chosen}", "The whole configuration, changes marked."),
        Command("Export a script", f"{base} code {chosen}", "The same run as a plain Keras script."),
    )


def _figures(folder: Path) -> list[Link]:
    paths = sorted((folder / "figures").glob("*.png"))
    return [Link(path.stem.replace("_", " "), quote(f"figures/{path.name}")) for path in paths]
