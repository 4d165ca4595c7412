"""Comparisons as a page: variants of a study side by side, or two folders of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.analysis import FolderChange, PairedDifference, compare_variants, summarize
from experiments.analysis.headline import headline_metrics
from experiments.report.claim_views import effect_drawing, effect_text
from experiments.report.page import fingerprint, render
from experiments.report.svg_drawings import Forest
from experiments.report.wording import Look, interval, number
from experiments.store.files import write_if_changed

if TYPE_CHECKING:
    from experiments.language.study import Study

_LOOKS = {
    "higher": Look("higher", "higher", "▲"),
    "lower": Look("lower", "lower", "▼"),
    "equal": Look("equal", "equal", "="),
    "open": Look("inconclusive", "open", "?"),
}


@dataclass(frozen=True)
class ComparisonRow:
    """One comparison: what was compared, both middles, and the effect."""

    names: tuple[str, ...]
    first: str
    second: str
    effect: str
    look: Look
    forest: Forest | None
    n: int


def write_comparison(
    found: Sequence[PairedDifference] | Sequence[FolderChange], path: Path | str, *, title: str
) -> Path:
    """Write comparisons as a page of its own.

    Args:
        found: What ``analysis.compare_variants`` or ``analysis.compare_folders`` gives. Comparisons of folders that
            are identical in every repeat are counted and not listed.
        path: The page.
        title: Its heading, such as "dropout against baseline".

    Returns:
        The path.
    """
    listed = [one for one in found if not (isinstance(one, FolderChange) and one.identical)]
    folders = any(isinstance(one, FolderChange) for one in found)
    heads = ("Study", "Variant", "Protocol", "Metric") if folders else ("Variant", "Against", "Protocol", "Metric")
    rows = [_row(one) for one in listed]
    page = render(
        "compare.html",
        ("page.js",),
        fingerprint(repr((title, rows)).encode()),
        home="index.html" if Path(path).with_name("index.html").is_file() else "",
        title=title,
        heads=heads + (("Before", "After") if folders else ("Variant’s", "Reference’s")),
        rows=rows,
        identical=len(found) - len(listed),
    )
    write_if_changed(Path(path), page)
    return Path(path)


def comparison_table(study: Study, runs: pd.DataFrame) -> str:
    """Return a table in HTML for a notebook: each variant's scores, and its difference from the first variant.

    Args:
        study: Gives the variants and their order; it has one protocol.
        runs: Its runs.
    """
    names, metrics = [variant.name for variant in study.variants], headline_metrics(study)
    means = {(row["variant"], row["metric"]): row for row in summarize(study, runs).to_dict("records")}
    against = {(one.variant, one.metric): one for one in compare_variants(study, runs, names, metrics)}
    shown = [metric for metric in metrics if any((name, metric) in means for name in names)]
    heads = ["", "runs", *(head for metric in shown for head in (metric.replace("_", " "), f"against {names[0]}"))]
    rows = [
        [
            name,
            _count(runs[runs["variant"] == name]),
            *(cell for metric in shown for cell in _cells(means.get((name, metric)), against.get((name, metric)))),
        ]
        for name in names
    ]
    table = pd.DataFrame(rows, columns=heads)
    if len(names) == 1:
        table = table.drop(columns=f"against {names[0]}", errors="ignore")
    return str(table.to_html(index=False, border=0))


def _cells(mean: Mapping[Any, Any] | None, one: PairedDifference | None) -> tuple[str, str]:
    """Return the mean of a metric with its interval, and the effect against the first variant."""
    first = "–" if mean is None else f"{number(mean['mean'])} {interval(mean['low'], mean['high'])}"
    return first, "" if one is None else f"{effect_text(one.effect)} {_LOOKS[one.effect.direction].sign}"


def _count(runs: pd.DataFrame) -> str:
    failed = int((runs["error"] != "").sum())
    diverged = int((runs["diverged"] > 0).sum())
    notes = [f"{count} {word}" for count, word in ((failed, "failed"), (diverged, "diverged")) if count]
    return ", ".join([str(len(runs) - failed), *notes])


def _row(one: PairedDifference | FolderChange) -> ComparisonRow:
    effect = replace(one.effect, side=1)
    if isinstance(one, FolderChange):
        names, first, second = (one.study, one.variant, one.protocol, one.metric), one.before, one.after
    else:
        names, first, second = (one.variant, one.reference, one.protocol, one.column), one.left, one.right
    look, drawing = _LOOKS[effect.direction], effect_drawing(effect, effect.reach)
    n = effect.interval.n
    return ComparisonRow(names, number(first), number(second), effect_text(effect), look, drawing, n)
