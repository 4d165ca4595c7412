"""Progress of a call of ``run``: counts of runs, studies and epochs, the time left, and the interface of displays."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from experiments.session.estimate import Estimate

if TYPE_CHECKING:
    from experiments.language.study import Run
    from experiments.scheduler.collect import Summary
    from experiments.scheduler.executor import Finished, RunProgress
    from experiments.scheduler.plan import Plan

# Tables, figures and page of a study; those of earlier studies are written while later ones are trained.
_SECONDS_A_PAGE = 8.0

WAITING, RUNNING, WRITING, DONE = "waiting", "running", "writing", "done"


@dataclass
class Part:
    """Progress of one study of a call.

    Attributes:
        name: Name of the study.
        title: Its title.
        total: Rows that its table will gain.
        left: Rows that are still missing.
        begun: Whether any of its runs has begun.
        written: Whether its page shows all of its runs.
    """

    name: str
    title: str
    total: int
    left: int
    begun: bool = False
    written: bool = False

    @property
    def state(self) -> str:
        """One of "waiting", "running", "writing" (all is trained, the page is not written) and "done"."""
        if self.left:
            return RUNNING if self.begun else WAITING
        return DONE if self.written else WRITING


class Tally:
    """Counts for every kind of display.

    Args:
        plans: Plans with something to do.
        finished: Plans of the same call with nothing to do.
        estimate: Estimate of the time left; by default one without times of earlier calls.

    Attributes:
        current: Study and variant of the latest event.
    """

    def __init__(self, plans: Sequence[Plan], finished: Sequence[Plan] = (), estimate: Estimate | None = None) -> None:
        self._estimate = estimate or Estimate()
        self._workers = 1
        self._rows: dict[tuple[str, str], int] = {}
        self._parts: dict[str, Part] = {}
        self._later: dict[str, Sequence[Run]] = {}
        for plan in plans:
            self.plan(plan)
        self._finished = [Part(plan.study.name, plan.study.title, 0, 0, written=True) for plan in finished]
        self.current = ""
        self._start = time.monotonic()
        self._epochs = 0
        self._running: dict[tuple[str, str], int] = {}

    @property
    def parts(self) -> list[Part]:
        """Every study of the call, those with nothing to do last."""
        return [*self._parts.values(), *self._finished]

    @property
    def total(self) -> int:
        """Rows that the tables will gain."""
        return sum(part.total for part in self._parts.values())

    @property
    def done(self) -> int:
        """Rows that are finished."""
        return sum(part.total - part.left for part in self._parts.values())

    def plan(self, plan: Plan) -> None:
        """Set what is expected of a study.

        Args:
            plan: Replaces an earlier plan of the same study; another process may have done a part of that.
        """
        study = plan.study
        self._rows |= {(study.name, group[0].hash): len(group) for group in plan.groups}
        self._later[study.name] = plan.later
        rows = plan.to_run + len(plan.later)
        self._parts[study.name] = Part(study.name, study.title, rows, rows)
        self._estimate.plan([*(group[0] for group in plan.groups), *plan.later])

    def extend(self, plan: Plan) -> None:
        """Set what is expected of a study after its earlier plan is trained.

        Args:
            plan: Its runs take the place of those that the earlier plan expected later.
        """
        name = plan.study.name
        self._rows |= {(name, group[0].hash): len(group) for group in plan.groups}
        part, rows = self._parts[name], plan.to_run + len(plan.later)
        part.total += rows - part.left
        part.left = rows
        self._estimate.exchange(self._later[name], [*(group[0] for group in plan.groups), *plan.later])
        self._later[name] = plan.later

    def begin(self, workers: int, on_gpu: Sequence[Run] = ()) -> None:
        """Start the clock before the first run is trained.

        Args:
            workers: Number of runs that are trained on the CPU at once.
            on_gpu: Runs that the GPU trains meanwhile, one after another.
        """
        self._start, self._workers = time.monotonic(), workers
        there = {(run.study, run.base) for run in on_gpu}
        later = (run for runs in self._later.values() for run in runs if (run.study, run.base) in there)
        self._estimate.move_to_gpu((*on_gpu, *later))

    def end(self) -> None:
        """Write the times of the runs for the estimates of later calls; training is over."""
        self._estimate.write()

    def progress(self, event: RunProgress) -> None:
        """Count the epochs of a run in training."""
        self.current = f"{event.study}: {event.variant}"
        self._parts[event.study].begun = True
        self._running[event.study, event.variant] = event.done

    def finished(self, event: Finished) -> None:
        """Count a finished run."""
        run = event.result.run
        self._estimate.finished(run, event.seconds)
        self.current = f"{run.study}: {run.variant}"
        self._running.pop((run.study, run.variant), None)
        self._epochs += int(event.result.scalars.get("epochs_run", 0))
        part = self._parts[run.study]
        part.begun = True
        part.left -= self._rows[run.study, run.hash]

    def written(self, study: str) -> None:
        """Count a study whose page shows all of its runs."""
        self._parts[study].written = True

    @property
    def seconds(self) -> float:
        """Seconds since training began."""
        return time.monotonic() - self._start

    @property
    def epochs_per_second(self) -> float:
        """Epochs of all workers together, compiling and evaluating included."""
        return (self._epochs + sum(self._running.values())) / max(self.seconds, 0.1)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last page is written; None before the first run is finished."""
        if not self.done:
            return None
        pages = max(1, sum(part.state == WRITING for part in self._parts.values()))
        return self._estimate.seconds_left(self._workers) + pages * _SECONDS_A_PAGE

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {clock(self.seconds_left)} left"
        trained = sum(not part.left for part in self._parts.values())
        runs = f"{self.done:,}/{self.total:,} runs, {trained}/{len(self._parts)} studies"
        return f"{runs}, {self.epochs_per_second:,.0f} epochs/s{left}, {self.current}"


def clock(seconds: float) -> str:
    """Return a duration as text.

    Example:
        >>> clock(425), clock(4025)
        ('7:05', '1:07:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Listener(Protocol):
    """Interface of displays; the command line has one for terminals and one for files and pipes."""

    def log(self, line: str) -> None:
        """Print a line that stays."""

    def begin(self, tally: Tally) -> None:
        """Show progress from now on; training begins.

        Args:
            tally: Its counts change until ``end``.
        """

    def update(self) -> None:
        """Refresh the progress; the tally has changed."""

    def study_written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print the outcome of a study; its page is written.

        Args:
            study: Name of the study.
            verdicts: Protocol to verdict to number of claims.
            seconds: Worker time.
        """

    def end(self) -> None:
        """Show no more progress; training is over or interrupted."""


@dataclass(frozen=True)
class Monitor:
    """The objects of a call that record and show its events.

    Attributes:
        summary: Result of the call, for its last lines.
        tally: Counts of the runs.
        listener: Display.
    """

    summary: Summary
    tally: Tally
    listener: Listener
