"""The report of one study: analysed once, then written as tables, figures and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.analysis import Analysis, analyse, read_runs, write_tables
from experiments.protocols import STORED_PROTOCOLS
from experiments.report.claim_views import ClaimView, claim_views
from experiments.report.figures import write_figures
from experiments.report.measured_speed import speed_table
from experiments.report.page import SCRIPTS, fingerprint, inputs_of, render
from experiments.report.study_page import study_page
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder
from experiments.store.provenance import read_environment
from experiments.store.recorded_looks import read_looks

if TYPE_CHECKING:
    from experiments.language.study import Study


def write_study(study: Study, out: Path | str = "results", figures: bool = True) -> None:
    """Write tables and page of a study from the runs in its folder, then its figures and the page with them.

    Args:
        study: The study; without runs its tables and its page say so.
        out: The results folder.
        figures: Whether to draw figures; without, the page shows those that exist.

    Raises:
        ExperimentsError: The study's folder or that of its figures is a link.
    """
    path = StudyFolder.of(study.name, out).runs
    table = path.read_bytes() if path.is_file() else b""  # first: a table that is replaced meanwhile outdates the page
    runs = read_runs(study.name, out, protocols=STORED_PROTOCOLS)
    analysis = analyse(study, runs, read_looks(StudyFolder.of(study.name, out)))
    write_tables(analysis, out)
    write_page(analysis, table, out)
    if figures:
        write_figures(analysis, out)
        write_page(analysis, table, out)


def write_page(analysis: Analysis, table: bytes, out: Path | str = "results") -> None:
    """Write the page of a study, if anything that it shows has changed.

    Args:
        analysis: The analysed study.
        table: Content of runs.csv before it was analysed.
        out: The results folder.
    """
    folder = StudyFolder.of(analysis.study.name, out)
    page = folder.path / "report.html"
    claims = claim_views(analysis.claim_rows, analysis.study.claims, analysis.tuned.reasons)
    inputs = fingerprint(table, *_inputs(analysis.study, folder, claims))
    if inputs_of(page) != inputs:
        content = study_page(analysis, claims=claims, environment=read_environment(folder), out=Path(out))
        html = render("study.html", SCRIPTS["study.html"], inputs, home="../index.html", study=content)
        write_atomically(page, html)


def write_single_page(analysis: Analysis, path: Path, out: Path) -> Path:
    """Write the page of a comparison in Python as one file that needs no other files beside it.

    Args:
        analysis: The analysed comparison.
        path: The file.
        out: The results folder.

    Returns:
        The path.
    """
    folder = StudyFolder.of(analysis.study.name, out)
    claims = claim_views(analysis.claim_rows, analysis.study.claims)
    table = folder.runs.read_bytes() if folder.runs.is_file() else b""
    content = study_page(analysis, claims=claims, environment=read_environment(folder), out=out)
    content = replace(content, changes=(), recipes=(), figures=(), files=())
    inputs = fingerprint(table, *_inputs(analysis.study, folder, claims))
    write_atomically(path, render("study.html", SCRIPTS["study.html"], inputs, home="", study=content))
    return path


def _inputs(study: Study, folder: StudyFolder, claims: Sequence[ClaimView]) -> list[bytes]:
    """Return the inputs of a page beside runs.csv; of curves and boundaries, which belong to its runs, the names."""
    paths = [path for kind in ("npz", "png") for path in folder.path.rglob(f"*.{kind}")]
    names = "\n".join(sorted(path.relative_to(folder.path).as_posix() for path in paths))
    speed = speed_table(study.name)
    environment = folder.environment.read_bytes() if folder.environment.is_file() else b""
    texts = (study.text, repr(study.variants), repr(claims), repr(speed), names)
    return [environment, *(text.encode() for text in texts)]
