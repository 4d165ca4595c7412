"""Comparisons as a page: variants of a study side by side, or two folders of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.analysis import FolderChange, PairedDifference
from experiments.report.claim_views import effect_drawing, effect_text
from experiments.report.page import fingerprint, render
from experiments.report.svg_drawings import Forest
from experiments.report.wording import Look, number
from experiments.store.files import write_if_changed

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


def _row(one: PairedDifference | FolderChange) -> ComparisonRow:
    effect = replace(one.effect, side=1)
    if isinstance(one, FolderChange):
        names, first, second = (one.study, one.variant, one.protocol, one.metric), one.before, one.after
    else:
        names, first, second = (one.variant, one.reference, one.protocol, one.column), one.left, one.right
    look, drawing = _LOOKS[effect.direction], effect_drawing(effect, effect.reach)
    n = effect.interval.n
    return ComparisonRow(names, number(first), number(second), effect_text(effect), look, drawing, n)
