"""``report``: tables, figures and pages of studies from what is in their folders, and the marks of what was made."""

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
from experiments.scheduler.executor import Broken, Call, Executor
from experiments.scheduler.local import LocalExecutor
from experiments.session.progress import Listener
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder
from experiments.store.lock import FolderLock

if TYPE_CHECKING:
    from experiments.language.study import Study


TABLES = "experiments.analysis:write_tables"
FIGURES = "experiments.report.figures:write_figures"
PAGE = "experiments.report.site:write_page"
SITE = "experiments.report.site:write_report"

_SECONDS_BETWEEN_TRIES = 0.2


def outdated(study: Study, out: Path) -> bool:
    """Tell whether a study has results that its tables, figures and pages were not made from."""
    folder = StudyFolder.of(study.name, out)
    return folder.runs.is_file() and read_mark(folder.reported).get("made_from") != fingerprint(study, folder)


def report(changed: Sequence[Study], out: Path, jobs: int | None, summary: Summary, listener: Listener) -> None:
    """Write tables, then figures, then pages, spread over worker processes.

    Args:
        changed: Studies whose own files are written; the scoreboard shows every study that has results.
        out: The results folder.
        jobs: Number of processes; None for as many as there are cores.
        summary: Gets the pages, and the tracebacks of what could not be made.
        listener: Told what is being written.
    """
    names = ", ".join(study.name for study in changed) if len(changed) < 4 else f"{len(changed)} studies"
    listener.say(f"writing tables, figures and pages of {names}")
    # A fingerprint taken first: a change that comes in between is noticed by the next run.
    marks = {study.name: fingerprint(study, StudyFolder.of(study.name, out)) for study in changed}
    with alone_in(out, listener):
        executor = LocalExecutor(jobs or usable_cores())
        try:
            errors = _write(changed, studies_with_results(changed, out), out, executor)
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
def alone_in(out: Path, listener: Listener) -> Iterator[None]:
    """Hold the results folder, so that of two scoreboards the later one is written later.

    Args:
        out: The results folder.
        listener: Told when another process has to be waited for.
    """
    lock = FolderLock(out / ".lock")
    if not lock.try_acquire():
        listener.say(f"another process writes pages in {out}; waiting for it")
        while not lock.try_acquire():
            time.sleep(_SECONDS_BETWEEN_TRIES)
    try:
        yield
    finally:
        lock.release()


def _write(changed: Sequence[Study], studies: Sequence[Study], out: Path, executor: Executor) -> list[str]:
    steps = [
        [Call(TABLES, ((study,), out)) for study in changed],
        [Call(TABLES, ((), out))],  # the scoreboard, now that all tables are there
        [Call(FIGURES, (study, out)) for study in changed],
        [Call(PAGE, (study, out)) for study in changed],
        [Call(SITE, (tuple(studies), out))],
    ]
    errors: list[str] = []
    for calls in steps:
        for call in calls:
            executor.submit(call)
        errors += [event.traceback for event in executor.events() if isinstance(event, Broken)]
    return errors


def write_mark(study: Study, folder: StudyFolder, made_from: str) -> None:
    """Keep what tables, figures and page of a study were made from, so that they are not made again.

    Args:
        study: The study.
        folder: Its folder.
        made_from: Its fingerprint before they were made.
    """
    write_atomically(folder.reported, json.dumps({"made_from": made_from, "file": study.file}) + "\n")


def fingerprint(study: Study, folder: StudyFolder) -> str:
    """Hash what the tables, figures and page of a study are made from: its runs and its text."""
    content = folder.runs.read_bytes() if folder.runs.is_file() else b""
    return hashlib.sha256(content + study.text.encode()).hexdigest()


def studies_with_results(given: Sequence[Study], out: Path) -> list[Study]:
    """Find every study that has runs in a results folder and whose YAML can still be read.

    Args:
        given: Studies that are loaded already, with ``--set`` applied.
        out: The results folder.

    Returns:
        The given ones and the others, by name. Those made with ``--set`` beside the study they vary ("dropout@1f3a")
        have a page of their own and are left out here unless they are given.
    """
    found = {study.name: study for study in given}
    for name, source in _sources(out):
        if name not in found and "@" not in name and StudyFolder.of(name, out).runs.is_file():
            study = _load(source)
            if study is not None and study.name == name:
                found[name] = study
    return [found[name] for name in sorted(found)]


def read_mark(path: Path) -> dict[str, str]:
    """Read what the pages of a study were made from.

    Args:
        path: The study's ``.reported``.

    Returns:
        ``made_from``, a fingerprint, and ``file``, the YAML; {} where there is nothing that can be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_namesakes(studies: Sequence[Study], out: Path) -> None:
    """Keep the results of one YAML from being taken for those of another one of the same name.

    Args:
        studies: What is to be run.
        out: The results folder.

    Raises:
        ExperimentsError: A study's folder there was written for a file elsewhere that still exists.
    """
    for study in studies:
        folder = StudyFolder.of(study.name, out)
        other = Path(read_mark(folder.reported).get("file", study.file))
        if other.is_file() and other.resolve() != Path(study.file).resolve():
            advice = "give --out another folder, or rename one of the two files"
            raise ExperimentsError(f"{folder.path} has the results of {other}, not of {study.file}: {advice}")


def _sources(out: Path) -> Iterator[tuple[str, str]]:
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
