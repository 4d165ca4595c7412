"""The static site in a results folder: a scoreboard, and a page for each study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.analysis import read_runs, summarize
from experiments.analysis.write import study_tables
from experiments.report.claim_views import ClaimView, claim_views
from experiments.report.page import SCRIPTS, fingerprint, inputs_of, render
from experiments.report.scoreboard import Card, make_board, make_card
from experiments.report.speed import speed_table
from experiments.report.study_page import study_page
from experiments.store.files import write_atomically, write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.provenance import read_environment

if TYPE_CHECKING:
    from experiments.language.study import Study


def write_report(studies: Sequence[Study], out: Path | str = "results") -> None:
    """Write the scoreboard and the pages of studies; pages whose study and results did not change stay as they are.

    Args:
        studies: All studies that the scoreboard shall show; those without results get pages that say so.
        out: The results folder. Its tables (claims.csv) are read where they are there, and computed where not.
    """
    out = Path(out)
    write_if_changed(out / "index.html", _board([_write_study(study, out) for study in studies]))


def board_page(studies: Sequence[Study], out: Path | str = "results") -> str:
    """Render the scoreboard and write nothing: what it says of a study is what the study's tables say now.

    Args:
        studies: All studies that it shall show.
        out: The results folder.
    """
    return _board([_gather(study, Path(out)).card for study in studies])


def write_page(study: Study, out: Path | str = "results") -> None:
    """Write the page of one study, if it or its results changed.

    Args:
        study: The study.
        out: The results folder.
    """
    _write_study(study, Path(out))


@dataclass(frozen=True)
class _Gathered:
    """What a study's files say."""

    study: Study
    runs: pd.DataFrame
    environment: dict[str, Any]
    claims: tuple[ClaimView, ...]
    card: Card


def _gather(study: Study, out: Path) -> _Gathered:
    folder = StudyFolder.of(study.name, out)
    runs = read_runs(study.name, out)
    study = study.showing(runs["variant"])
    environment = read_environment(folder)
    claims = claim_views(_claims(study, runs, folder.path / "claims.csv"))
    card = make_card(study, folder.path.name, runs, claims, environment)
    return _Gathered(study, runs, environment, claims, card)


def _write_study(study: Study, out: Path) -> Card:
    """Write the page of a study, and give what the scoreboard says of it."""
    folder, found = StudyFolder.of(study.name, out), _gather(study, out)
    page = folder.path / "report.html"
    inputs = fingerprint(*_inputs(found.study, folder, found.claims))
    if inputs_of(page) != inputs:
        content = study_page(
            found.study,
            found.runs,
            claims=found.claims,
            summary=_summary(found.study, found.runs, folder.path / "summary.csv"),
            environment=found.environment,
            out=out,
        )
        html = render("study.html", SCRIPTS["study.html"], inputs, home="../index.html", study=content)
        write_atomically(page, html)
    return found.card


def _board(cards: Sequence[Card]) -> str:
    board = make_board(cards)
    return render(
        "index.html", SCRIPTS["index.html"], fingerprint(repr(board).encode()), home="index.html", board=board
    )


def _claims(study: Study, runs: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Read the verdicts that the analysis wrote; compute them where it did not."""
    if path.is_file():
        return pd.read_csv(path, keep_default_na=False, dtype=str)
    return study_tables(study, runs)["claims"]


def _summary(study: Study, runs: pd.DataFrame, path: Path) -> pd.DataFrame:
    if path.is_file():
        names = dict.fromkeys(("variant", "protocol", "metric"), str)
        return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=names)
    return summarize(study, runs)


def _inputs(study: Study, folder: StudyFolder, claims: Sequence[ClaimView]) -> list[bytes]:
    """List what a page is made of; curves and boundaries belong to the runs in runs.csv, so their names suffice."""
    paths = [path for kind in ("npz", "png") for path in folder.path.rglob(f"*.{kind}")]
    names = "\n".join(sorted(path.relative_to(folder.path).as_posix() for path in paths))
    speed = speed_table(study.name)
    contents = [path.read_bytes() if path.is_file() else b"" for path in (folder.runs, folder.environment)]
    texts = (study.text, repr(study.variants), repr(claims), repr(speed), names)
    return [*contents, *(text.encode() for text in texts)]
