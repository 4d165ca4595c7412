"""The static site in a results folder: a scoreboard over the reports of all studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.analysis import (
    analyse,
    read_claim_rows,
    read_runs,
    scoreboard_table,
    verdicts_changed_by_the_board,
    write_scoreboard_table,
)
from experiments.report.page import SCRIPTS, fingerprint, render
from experiments.report.scoreboard import Card, make_board, make_card
from experiments.report.study_report import write_study
from experiments.store.files import write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.provenance import read_environment
from experiments.store.recorded_looks import read_looks

if TYPE_CHECKING:
    from experiments.language.study import Study


def write_report(studies: Sequence[Study], out: Path | str = "results") -> None:
    """Write the reports of studies, then the scoreboard.

    Args:
        studies: All studies that the scoreboard shows; those without runs get tables and pages without numbers.
        out: The results folder.
    """
    for study in studies:
        write_study(study, out)
    write_scoreboard(studies, out)


def write_scoreboard(studies: Sequence[Study], out: Path | str = "results") -> None:
    """Write scoreboard.csv and index.html from the tables of studies that were reported before.

    Args:
        studies: All studies that the scoreboard shows. A study whose page or table of claims is missing is reported
            first, without figures.
        out: The results folder.
    """
    for study in studies:
        folder = StudyFolder.of(study.name, out).path
        if not ((folder / "claims.csv").is_file() and (folder / "report.html").is_file()):
            write_study(study, out, figures=False)
    write_scoreboard_table(out)
    write_if_changed(Path(out) / "index.html", board_page(studies, out))


def board_page(studies: Sequence[Study], out: Path | str = "results") -> str:
    """Render the scoreboard and write nothing: it shows the verdicts of the last report of each study.

    Args:
        studies: All studies that it shows.
        out: The results folder.
    """
    changed = verdicts_changed_by_the_board(scoreboard_table(out))
    board = make_board([_card(study, out) for study in studies], changed)
    return render(
        "index.html", SCRIPTS["index.html"], fingerprint(repr(board).encode()), home="index.html", board=board
    )


def _card(study: Study, out: Path | str) -> Card:
    folder = StudyFolder.of(study.name, out)
    runs, claims = read_runs(study.name, out), folder.path / "claims.csv"
    study = study.showing(runs["variant"])
    rows = read_claim_rows(claims) if claims.is_file() else analyse(study, runs, read_looks(folder)).claim_rows
    return make_card(study, folder.path.name, runs, rows, read_environment(folder))
