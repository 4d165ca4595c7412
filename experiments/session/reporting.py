"""Tables, figures and pages of studies: written by worker processes from the files of a results folder.

A study is written by one call in a worker, and the scoreboard by another one. The functions of these calls import their
libraries inside, so that this process imports neither pandas nor matplotlib. A mark in the folder of a study has a
fingerprint of what its reports were made from; ``outdated`` compares it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.scheduler.collect import Summary
from experiments.scheduler.device import usable_cores
from experiments.scheduler.executor import Broken, CallFunction
from experiments.scheduler.local import LocalExecutor
from experiments.session.progress import Listener
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder
from experiments.store.lock import FolderLock
from experiments.store.recorded_looks import read_looks

if TYPE_CHECKING:
    from experiments.language.study import Study

_SECONDS_BETWEEN_TRIES = 0.2


def write_study(study: Study, out: Path, figures: bool) -> None:
    """Write tables, figures and page of a study; called in a worker.

    Args:
        study: The study.
        out: The results folder.
        figures: Whether figures are drawn; a first version of a page has none.
    """
    from experiments.report import study_report

    study_report.write_study(study, out, figures)


def render_scoreboard(studies: Sequence[Study], out: Path) -> str:
    """Return the scoreboard as a page, from the tables of studies, and write nothing; called in a worker.

    Args:
        studies: All studies that it shows.
        out: The results folder.
    """
    from experiments.report import site

    return site.board_page(studies, out)


def write_site(studies: Sequence[Study], out: Path) -> None:
    """Write scoreboard.csv and index.html; called in a worker.

    Args:
        studies: All studies that the scoreboard shows.
        out: The results folder.
    """
    from experiments.report import site

    site.write_scoreboard(studies, out)


def write_reports(changed: Sequence[Study], out: Path, jobs: int | None, summary: Summary, listener: Listener) -> None:
    """Write tables, figures and pages of studies and the scoreboard, with several worker processes.

    Args:
        changed: Studies whose own files are written; the scoreboard shows every study that has results.
        out: The results folder.
        jobs: Number of processes; None for as many as there are cores.
        summary: Collects the pages, and the tracebacks of what could not be written.
        listener: Logs the names of the studies.
    """
    names = ", ".join(study.name for study in changed) if len(changed) < 4 else f"{len(changed)} studies"
    listener.log(f"writing tables, figures and pages of {names}")
    # Before the files are read: a change that comes in between makes the reports outdated.
    marks = {study.name: fingerprint(study, StudyFolder.of(study.name, out)) for study in changed}
    with only_writer(out, listener):
        executor = LocalExecutor(jobs or usable_cores())
        try:
            errors: list[str] = []
            for calls in (
                [CallFunction(write_study, (study, out, True)) for study in changed],
                [CallFunction(write_site, (tuple(studies_with_results(changed, out)), out))],
            ):
                for call in calls:
                    executor.submit(call)
                errors += [event.traceback for event in executor.events() if isinstance(event, Broken)]
        finally:
            executor.close()
    summary.report_errors += errors
    for study in changed:
        folder = StudyFolder.of(study.name, out)
        if not errors:
            write_mark(study, folder, marks[study.name])
        summary.pages += [page for page in (folder.path / "report.html",) if page.is_file()]
    summary.pages += [page for page in (out / "index.html",) if page.is_file()]


@contextmanager
def only_writer(out: Path, listener: Listener) -> Iterator[None]:
    """Hold the lock of a results folder, so that two processes write its scoreboard one after the other.

    Args:
        out: The results folder.
        listener: Logs that another process holds the lock.
    """
    lock = FolderLock(out / ".lock")
    if not lock.try_acquire():
        listener.log(f"another process writes pages in {out}; waiting for it")
        while not lock.try_acquire():
            time.sleep(_SECONDS_BETWEEN_TRIES)
    try:
        yield
    finally:
        lock.release()


def outdated(study: Study, out: Path) -> bool:
    """Whether the reports of a study are out of date."""
    folder = StudyFolder.of(study.name, out)
    return folder.runs.is_file() and read_mark(folder.reported).get("made_from") != fingerprint(study, folder)


def fingerprint(study: Study, folder: StudyFolder) -> str:
    """Return a hash of what the reports of a study are made from: its runs, its text and the recorded looks."""
    content = folder.runs.read_bytes() if folder.runs.is_file() else b""
    looks = repr(read_looks(folder)) if read_looks(folder) else ""
    return hashlib.sha256(content + study.text.encode() + looks.encode()).hexdigest()


def write_mark(study: Study, folder: StudyFolder, made_from: str) -> None:
    """Write what the reports of a study were made from.

    Args:
        study: The study.
        folder: Its folder.
        made_from: Its fingerprint before they were written.
    """
    write_atomically(folder.reported, json.dumps({"made_from": made_from, "file": study.file}) + "\n")


def read_mark(path: Path) -> dict[str, str]:
    """Read what the reports of a study were made from.

    Args:
        path: The study's ``.reported``.

    Returns:
        ``made_from``, a fingerprint, and ``file``, the YAML; {} where there is no readable mark.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_namesakes(studies: Sequence[Study], out: Path) -> None:
    """Raise an error where a folder has the results of another YAML file with the same name.

    Args:
        studies: Studies to run.
        out: The results folder.

    Raises:
        ExperimentsError: A study's folder was written for another file, which still exists.
    """
    for study in studies:
        folder = StudyFolder.of(study.name, out)
        other = Path(read_mark(folder.reported).get("file", study.file))
        if other.is_file() and other.resolve() != Path(study.file).resolve():
            advice = "give --out another folder, or rename one of the two files"
            raise ExperimentsError(f"{folder.path} has the results of {other}, not of {study.file}: {advice}")


def studies_with_results(loaded: Sequence[Study], out: Path) -> list[Study]:
    """Return every study that has runs in a results folder and whose YAML can still be read, for the scoreboard.

    Args:
        loaded: Studies that are loaded already, with ``--set`` applied; they are returned with or without runs.
        out: The results folder.

    Returns:
        Studies by name. A study changed with ``--set`` ("dropout@1f3a9c2e") has only its own page: it is omitted unless
        it is among those loaded.
    """
    studies = {study.name: study for study in loaded}
    for name, source in _sources(out):
        if name not in studies and "@" not in name and StudyFolder.of(name, out).runs.is_file():
            study = _load(source)
            if study is not None and study.name == name:
                studies[name] = study
    return [studies[name] for name in sorted(studies)]


def _sources(out: Path) -> Iterator[tuple[str, str]]:
    """Yield names of studies, each with its YAML file or its name in configs/."""
    from experiments.language import study_names

    for path in sorted(out.glob("*/.reported")):
        mark = read_mark(path)
        if "file" in mark:
            yield path.parent.name, mark["file"]
    for name in study_names():
        yield name, name


def _load(source: str) -> Study | None:
    from experiments.language import load_study

    try:
        return load_study(source)
    except (ExperimentsError, OSError):
        return None
