"""Reports during training: a study is written by a process beside the workers as soon as its runs are merged.

A study with grids gets a first version of its page, without figures, when its named variants are trained. A version
that is requested while an older one of the same study is written replaces what waits, so that writing never delays
training.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.scheduler.device import usable_cores
from experiments.scheduler.executor import Broken, CallFunction, Event, Returned, Tick
from experiments.scheduler.local import LocalExecutor
from experiments.session.live import Live
from experiments.session.progress import Monitor
from experiments.session.reporting import (
    fingerprint,
    only_writer,
    render_scoreboard,
    studies_with_results,
    write_mark,
    write_site,
    write_study,
)
from experiments.store.folder import StudyFolder

if TYPE_CHECKING:
    from experiments.language.study import Study

# After Ctrl-C the call ends within five seconds; killing the workers and merging their runs takes the rest.
SECONDS_AFTER_CTRL_C = 4.0


@dataclass
class _Version:
    """A version of a study's reports.

    Attributes:
        study: The study.
        complete: Whether all of its runs are there, so that figures are worth drawing.
        made_from: Fingerprint of the results that it is made from.
        begun: Time at which a worker got it.
    """

    study: Study
    complete: bool
    made_from: str = ""
    begun: float = 0.0


class Pages:
    """Writes the reports of one call of ``run``.

    Args:
        out: The results folder.
        jobs: Number of processes once nothing is trained any more; None for as many as there are cores.
        studies: All studies of the call.
        monitor: Records written pages and errors.
        wanted: Whether anything is written at all.
    """

    def __init__(
        self, out: Path, jobs: int | None, studies: Sequence[Study], monitor: Monitor, *, wanted: bool
    ) -> None:
        self._out, self._studies, self._wanted = out, list(studies), wanted
        self._tally, self._summary, self._listener = monitor.tally, monitor.summary, monitor.listener
        self._jobs = jobs or usable_cores()
        self._at_once = 1
        # Always on this machine, where the results folder is.
        self._executor = LocalExecutor(1)
        self._waiting: dict[str, _Version] = {}
        self._writing: dict[str, _Version] = {}
        self._board_outdated = self._board_rendering = False
        self._written: list[Path] = []
        self._live = Live(out, self._tally)

    def begin(self) -> None:
        """Write the live scoreboard."""
        if self._wanted:
            self._live.begin()

    def request(self, study: Study, *, complete: bool) -> None:
        """Request a version of a study's reports; its runs were merged.

        Args:
            study: The study.
            complete: Whether all of its runs are there, so that figures are worth drawing.
        """
        if self._wanted:
            self._waiting.pop(study.name, None)
            self._waiting[study.name] = _Version(study, complete)

    @property
    def requested(self) -> bool:
        """Whether reports of any study were requested."""
        return bool(self._waiting or self._writing or self._written)

    def poll(self) -> None:
        """Handle the events so far and submit what waits; returns at once."""
        self._submit()
        for event in self._executor.events():
            if isinstance(event, Tick):
                break
            self._handle(event)
            self._submit()
        self._live.beat()

    def finish(self) -> None:
        """Write everything that waits, with all cores, and the final scoreboard."""
        if not self._wanted:
            return
        self._use_all_cores()
        self._work_until(lambda: False)
        self._live.write()
        studies = studies_with_results(self._studies, self._out)  # another process may have added some
        with only_writer(self._out, self._listener):
            self._live.stop()
            self._executor.submit(CallFunction(write_site, (tuple(studies), self._out)))
            events = list(self._executor.events())
        self._summary.report_errors += [event.traceback for event in events if isinstance(event, Broken)]
        self._summary.pages += self._written
        self._summary.pages += [page for page in (self._out / "index.html",) if page.is_file()]

    def hurry(self) -> None:
        """Write the reports of merged runs without figures, within a few seconds; for Ctrl-C."""
        if not self._wanted:
            return
        end = time.monotonic() + SECONDS_AFTER_CTRL_C
        self._drop_figures()
        self._use_all_cores()
        self._work_until(lambda: time.monotonic() > end)
        left = sorted({*self._waiting, *self._writing})
        if left:
            self._listener.log(f"the pages of {', '.join(left)} are not up to date; the next run writes them")
        self._summary.pages += self._written

    def close(self) -> None:
        """Kill the processes and remove the progress from the scoreboard."""
        self._executor.close()
        self._live.close()

    def _use_all_cores(self) -> None:
        self._at_once = self._jobs
        self._executor.widen(self._jobs)

    def _work_until(self, over: Callable[[], bool]) -> None:
        while not over():
            self._submit()
            if not (self._writing or self._board_rendering):
                return
            for event in self._executor.events():
                self._handle(event)
                self._live.beat()
                self._submit()
                if over():
                    return

    def _submit(self) -> None:
        """Submit versions that wait, complete ones first, one a study; and the scoreboard."""
        while len(self._writing) < self._at_once:
            free = [version for name, version in self._waiting.items() if name not in self._writing]
            if not free:
                break
            self._write(self._waiting.pop(min(free, key=lambda version: not version.complete).study.name))
        if self._board_outdated and not self._board_rendering:
            self._board_outdated, self._board_rendering = False, True
            studies = studies_with_results(self._studies, self._out)
            shown = tuple(study for study in studies if StudyFolder.of(study.name, self._out).runs.is_file())
            self._executor.submit(CallFunction(render_scoreboard, (shown, self._out)))

    def _write(self, version: _Version) -> None:
        # Before the files are read: a change that comes in between makes the reports outdated.
        version.made_from = fingerprint(version.study, StudyFolder.of(version.study.name, self._out))
        version.begun = time.time()
        self._writing[version.study.name] = version
        self._executor.submit(CallFunction(write_study, (version.study, self._out, version.complete)))

    def _handle(self, event: Event) -> None:
        if not isinstance(event, (Returned, Broken)) or not isinstance(event.task, CallFunction):
            return
        if event.task.function is render_scoreboard:
            self._board_rendering = False
            if isinstance(event, Returned):
                self._live.show(event.value)
            else:
                self._summary.report_errors.append(event.traceback)
            return
        name = event.task.arguments[0].name
        version = self._writing.pop(name)
        self._board_outdated = True
        if name in self._waiting:  # a table that was replaced while it was read is read again
            return
        if isinstance(event, Broken):
            self._summary.report_errors.append(event.traceback)
        self._record(version, written=isinstance(event, Returned))

    def _record(self, version: _Version, *, written: bool) -> None:
        folder = StudyFolder.of(version.study.name, self._out)
        page = folder.path / "report.html"
        if page.is_file() and page not in self._written:
            self._written.append(page)
        if version.complete:
            if written:
                write_mark(version.study, folder, version.made_from)
            self._tally.written(version.study.name)
            seconds = self._summary.seconds.get(version.study.name, 0.0)
            self._listener.study_written(version.study.name, _verdicts(folder.path / "claims.csv"), seconds)

    def _drop_figures(self) -> None:
        """Kill what draws figures, and restart the versions whose page is not written yet."""
        drawing = any(version.complete for version in self._writing.values())
        for version in (*self._writing.values(), *self._waiting.values()):
            version.complete = False
        if not drawing:
            return
        self._executor.close()
        self._executor = LocalExecutor(self._jobs)
        self._board_outdated, self._board_rendering = True, False
        for name, version in list(self._writing.items()):
            page = StudyFolder.of(name, self._out).path / "report.html"
            if page.is_file() and page.stat().st_mtime > version.begun:  # a page is written first without figures
                del self._writing[name]
                self._record(version, written=False)
            else:
                self._write(version)


def _verdicts(claims: Path) -> dict[str, Counter[str]]:
    """Count the verdicts of a study by protocol."""
    counts: dict[str, Counter[str]] = {}
    if claims.is_file():
        with claims.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                counts.setdefault(row["protocol"], Counter())[row["verdict"]] += 1
    return counts
