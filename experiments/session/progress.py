"""How far a run is: rows of the tables, studies and their state, epochs, and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from experiments.session.estimate import Estimate

if TYPE_CHECKING:
    from collections import Counter

    from experiments.scheduler.collect import Summary
    from experiments.scheduler.executor import Finished, Progress
    from experiments.scheduler.plan import Plan


# Tables, figures and page of a study; those of earlier studies are made while later ones are trained.
_SECONDS_A_PAGE = 8.0

WAITING, RUNNING, WRITING, DONE = "waiting", "running", "writing", "done"


@dataclass
class Part:
    """One study of a run.

    Attributes:
        name: Of the study.
        title: For people.
        total: Rows that its table will gain.
        left: Those that have not come.
        begun: Whether a run of it was heard of.
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
        """One of "waiting", "running", "writing" (all is trained, the page is to come) and "done"."""
        if self.left:
            return RUNNING if self.begun else WAITING
        return DONE if self.written else WRITING


class Tally:
    """Counts what is over, for every kind of display.

    Args:
        plans: What is to be done.
        finished: Plans of the same call with nothing to do.
        estimate: Of the time that is left; one that knows nothing of earlier calls where none is given.

    Attributes:
        current: The study and variant last heard of.
    """

    def __init__(self, plans: Sequence[Plan], finished: Sequence[Plan] = (), estimate: Estimate | None = None) -> None:
        self._estimate = estimate or Estimate()
        self._workers = 1
        self._rows: dict[tuple[str, str], int] = {}
        self._parts: dict[str, Part] = {}
        for plan in plans:
            self.plan(plan)
        self._finished = [Part(plan.study.name, plan.study.title, 0, 0, written=True) for plan in finished]
        self.current = ""
        self._start = time.monotonic()
        self._epochs = 0
        self._running: dict[tuple[str, str], int] = {}

    @property
    def parts(self) -> list[Part]:
        """Every study that was asked for, those with nothing to do last."""
        return [*self._parts.values(), *self._finished]

    @property
    def total(self) -> int:
        """Rows that the tables will have gained."""
        return sum(part.total for part in self._parts.values())

    @property
    def done(self) -> int:
        """Rows that have come."""
        return sum(part.total - part.left for part in self._parts.values())

    def plan(self, plan: Plan) -> None:
        """Count the runs of a study as they are planned now.

        Args:
            plan: In place of an earlier one of the same study; another run may have done a part of it.
        """
        study = plan.study
        self._rows |= {(study.name, group[0].hash): len(group) for group in plan.groups}
        self._parts[study.name] = Part(study.name, study.title, plan.to_run, plan.to_run)
        self._estimate.plan([group[0] for group in plan.groups])

    def begin(self, workers: int) -> None:
        """Start the clock: the first run is about to be trained.

        Args:
            workers: How many runs are trained at once.
        """
        self._start, self._workers = time.monotonic(), workers

    def end(self) -> None:
        """Keep what the runs took for the next call; training is over."""
        self._estimate.write()

    def progress(self, event: Progress) -> None:
        """Count the epochs of a run in training."""
        self.current = f"{event.study}: {event.variant}"
        self._parts[event.study].begun = True
        self._running[event.study, event.variant] = event.done

    def finished(self, event: Finished) -> None:
        """Count a run that is over."""
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
        """Since training began."""
        return time.monotonic() - self._start

    @property
    def epochs_per_second(self) -> float:
        """Epochs of all workers together, compiling and evaluating included."""
        return (self._epochs + sum(self._running.values())) / max(self.seconds, 0.1)

    @property
    def seconds_left(self) -> float | None:
        """Until the last page is written; None before the first run is over."""
        if not self.done:
            return None
        pages = max(1, sum(part.state == WRITING for part in self._parts.values()))
        return self._estimate.worker_seconds_left() / self._workers + pages * _SECONDS_A_PAGE

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {clock(self.seconds_left)} left"
        trained = sum(not part.left for part in self._parts.values())
        runs = f"{self.done:,}/{self.total:,} runs, {trained}/{len(self._parts)} studies"
        return f"{runs}, {self.epochs_per_second:,.0f} epochs/s{left}, {self.current}"


def clock(seconds: float) -> str:
    """Write a time as 7:05 or 1:07:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Listener(Protocol):
    """Hears how a run goes on; the command line's listeners show it in a terminal or as plain lines."""

    def say(self, line: str) -> None:
        """Hear one sentence for people."""

    def begin(self, tally: Tally) -> None:
        """Hear that runs are about to be trained; the tally counts them."""

    def moved(self) -> None:
        """Hear that the tally has counted a run that is over, or epochs of one in training."""

    def written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Hear that the page of a study is written: protocol to verdict to number of claims; seconds of worker time."""

    def end(self) -> None:
        """Hear that training is over, however it ended."""


@dataclass(frozen=True)
class Watch:
    """Who hears what happens in a call.

    Attributes:
        summary: For the lines at the end.
        tally: Counts the runs.
        listener: Shows it while it happens.
    """

    summary: Summary
    tally: Tally
    listener: Listener
