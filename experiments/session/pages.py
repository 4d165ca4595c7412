"""Tables, figures and pages while others train: each study's as soon as it is trained, in a process beside the workers.

A study with grids gets a first version of its page when its named variants are through; the figures come with the last
version. What comes while a study is being written replaces what waits, so that pages never hold training up.
"""

from __future__ import annotations

import csv
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.scheduler.device import usable_cores
from experiments.scheduler.executor import Broken, Call, Event, Returned, Tick
from experiments.scheduler.local import LocalExecutor
from experiments.session.live import Live
from experiments.session.progress import Watch
from experiments.session.reporting import (
    FIGURES,
    PAGE,
    SITE,
    TABLES,
    alone_in,
    fingerprint,
    studies_with_results,
    write_mark,
)
from experiments.store.folder import StudyFolder

if TYPE_CHECKING:
    from experiments.language.study import Study

BOARD = "experiments.report.site:board_page"

# Ctrl-C shall leave pages within five seconds; ending the workers and merging their runs takes a part of it.
SECONDS_AFTER_CTRL_C = 4.0


@dataclass
class _Work:
    """A version of a study's page on its way."""

    study: Study
    whole: bool
    steps: deque[str]
    made_from: str = ""
    failed: bool = False


@dataclass
class _Queue:
    """Versions that wait, the last one asked for of each study."""

    waiting: dict[str, _Work] = field(default_factory=dict)

    def put(self, work: _Work) -> None:
        self.waiting.pop(work.study.name, None)
        self.waiting[work.study.name] = work

    def take(self, busy: Sequence[str]) -> _Work | None:
        """Take the first one of a study that is not being written, a whole study before a first version."""
        free = [work for name, work in self.waiting.items() if name not in busy]
        work = min(free, key=lambda work: not work.whole, default=None)
        return self.waiting.pop(work.study.name) if work else None


class Pages:
    """The pages of one call of ``run``.

    Args:
        out: The results folder.
        jobs: Number of processes once nothing is trained any more; None for as many as there are cores.
        studies: All studies of the call.
        watch: Told when a study is written, and what could not be made.
        wanted: Whether anything is to be written at all.
    """

    def __init__(self, out: Path, jobs: int | None, studies: Sequence[Study], watch: Watch, *, wanted: bool) -> None:
        self._out, self._studies, self._wanted = out, list(studies), wanted
        self._tally, self._summary, self._listener = watch.tally, watch.summary, watch.listener
        self._jobs = jobs or usable_cores()
        self._at_once = 1
        self._executor = LocalExecutor(1)
        self._queue = _Queue()
        self._at_work: dict[str, _Work] = {}
        self._board_wanted = self._board_at_work = False
        self._written: list[Path] = []
        self._live = Live(out, self._tally)

    def begin(self) -> None:
        """Write the scoreboard that says how far the run is."""
        if self._wanted:
            self._live.begin()

    def merged(self, study: Study, *, whole: bool) -> None:
        """Write what there is of a study now; its runs were merged.

        Args:
            study: The study.
            whole: Whether all of its runs are there, so that figures are worth drawing.
        """
        if self._wanted:
            steps = (TABLES, PAGE, FIGURES, PAGE) if whole else (TABLES, PAGE)
            self._queue.put(_Work(study, whole, deque(steps)))

    def poll(self) -> None:
        """Take in what the process has done and give it more to do; returns at once."""
        self._hand_out()
        for event in self._executor.events():
            if isinstance(event, Tick):
                break
            self._hear(event)
            self._hand_out()
        self._live.beat()

    def finish(self) -> None:
        """Write everything that is still to be written, with all cores, and the last scoreboard."""
        if not self._wanted:
            return
        self._use_all_cores()
        self._work_until(lambda: False)
        self._live.write()
        self._write_site()
        self._summary.pages += self._written
        self._summary.pages += [page for page in (self._out / "index.html",) if page.is_file()]

    def hurry(self) -> None:
        """After Ctrl-C: write the pages of what is there, without figures, for a few seconds at most."""
        if not self._wanted:
            return
        end = time.monotonic() + SECONDS_AFTER_CTRL_C
        self._without_figures()
        self._use_all_cores()
        self._work_until(lambda: time.monotonic() > end)
        left = sorted({*self._queue.waiting, *self._at_work})
        if left:
            self._listener.say(f"the pages of {', '.join(left)} are not up to date; the next run writes them")
        self._summary.pages += self._written

    def close(self) -> None:
        """End the processes, and take the state of the run off the scoreboard."""
        self._executor.close()
        self._live.close()

    def _use_all_cores(self) -> None:
        self._at_once = self._jobs
        self._executor.widen(self._jobs)

    def _work_until(self, over: Callable[[], bool]) -> None:
        while not over():
            self._hand_out()
            if not (self._at_work or self._board_at_work):
                return
            for event in self._executor.events():
                self._hear(event)
                self._live.beat()
                self._hand_out()
                if over():
                    return

    def _hand_out(self) -> None:
        while len(self._at_work) < self._at_once:
            work = self._queue.take(list(self._at_work))
            if work is None:
                break
            # A fingerprint taken first: a change that comes in between is noticed by the next run.
            work.made_from = fingerprint(work.study, StudyFolder.of(work.study.name, self._out))
            self._at_work[work.study.name] = work
            self._submit(work)
        if self._board_wanted and not self._board_at_work:
            self._board_wanted, self._board_at_work = False, True
            self._executor.submit(Call(BOARD, (self._with_results(), self._out)))

    def _with_results(self) -> tuple[Study, ...]:
        studies = studies_with_results(self._studies, self._out)
        return tuple(study for study in studies if StudyFolder.of(study.name, self._out).runs.is_file())

    def _submit(self, work: _Work) -> None:
        function = work.steps[0]
        studies: object = (work.study,) if function == TABLES else work.study
        self._executor.submit(Call(function, (studies, self._out)))

    def _hear(self, event: Event) -> None:
        if not isinstance(event, (Returned, Broken)) or not isinstance(event.task, Call):
            return
        if event.task.function == BOARD:
            self._board_at_work = False
            if isinstance(event, Returned):
                self._live.show(event.value)
            else:
                self._summary.report_errors.append(event.traceback)
            return
        first = event.task.arguments[0]
        work = self._at_work[(first[0] if isinstance(first, tuple) else first).name]
        self._step_over(work, event)

    def _step_over(self, work: _Work, event: Returned | Broken) -> None:
        name, newer = work.study.name, work.study.name in self._queue.waiting
        if isinstance(event, Broken) and not newer:  # a table that was replaced under its reader is read again
            work.failed = True
            self._summary.report_errors.append(event.traceback)
        if work.steps.popleft() == PAGE:
            self._board_wanted = True
        if newer:
            work.steps.clear()
        if work.steps:
            self._submit(work)
            return
        del self._at_work[name]
        if not newer:
            self._note(work)

    def _note(self, work: _Work) -> None:
        """Say that a study is written, and keep what its pages were made from."""
        folder = StudyFolder.of(work.study.name, self._out)
        page = folder.path / "report.html"
        if page.is_file() and page not in self._written:
            self._written.append(page)
        if work.whole:
            if not work.failed:
                write_mark(work.study, folder, work.made_from)
            self._tally.written(work.study.name)
            seconds = self._summary.seconds.get(work.study.name, 0.0)
            self._listener.written(work.study.name, _verdicts(folder.path / "claims.csv"), seconds)

    def _without_figures(self) -> None:
        """Drop the figures of everything, also those that are being drawn."""
        drawn = [name for name, work in self._at_work.items() if work.steps[0] == FIGURES]
        for work in (*self._at_work.values(), *self._queue.waiting.values()):
            # Its page comes before its figures, and once more after them.
            work.whole, work.steps = False, deque(dict.fromkeys(step for step in work.steps if step != FIGURES))
        if not drawn:
            return
        for name in drawn:
            del self._at_work[name]
        self._executor.close()
        self._executor = LocalExecutor(self._jobs)
        self._board_wanted |= self._board_at_work
        self._board_at_work = False
        for work in self._at_work.values():
            self._submit(work)

    def _write_site(self) -> None:
        """Write the scoreboard for good, of all studies in the folder; another run may have added some."""
        studies = studies_with_results(self._studies, self._out)
        with alone_in(self._out, self._listener):
            self._live.stop()
            for call in (Call(TABLES, ((), self._out)), Call(SITE, (tuple(studies), self._out))):
                self._executor.submit(call)
                events = list(self._executor.events())
                self._summary.report_errors += [event.traceback for event in events if isinstance(event, Broken)]


def _verdicts(claims: Path) -> dict[str, Counter[str]]:
    """Count the verdicts of a study by protocol."""
    counts: dict[str, Counter[str]] = {}
    if claims.is_file():
        with claims.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                counts.setdefault(row["protocol"], Counter())[row["verdict"]] += 1
    return counts
