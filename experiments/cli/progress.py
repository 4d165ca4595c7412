"""How a run goes on: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.cli.screen import make_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from experiments.runner.listener import Listener
    from experiments.runner.plan import Plan
    from experiments.runner.tasks import Finished, Progress

_SECONDS_BETWEEN_LINES = 10.0


def make_listener() -> Listener:
    """Make the listener that suits standard output."""
    console = make_console()
    return TerminalListener(console) if console.is_terminal else PlainListener(console)


class Tally:
    """Counts what is over, for both kinds of display.

    Attributes:
        total: Rows of the tables that are to come.
        done: Rows that have come.
        studies: How many studies have anything to run.
        current: The study and variant last heard of.
    """

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._rows = {(plan.study.name, group[0].hash): len(group) for plan in plans for group in plan.groups}
        self._left = {plan.study.name: plan.to_run for plan in plans}
        self.total, self.done = sum(self._left.values()), 0
        self.studies, self.studies_done = len(plans), 0
        self.current = ""
        self._start = time.monotonic()
        self._epochs = 0
        self._running: dict[tuple[str, str], int] = {}

    def progress(self, event: Progress) -> None:
        """Count the epochs of a run in training."""
        self.current = f"{event.study}: {event.variant}"
        self._running[event.study, event.variant] = event.done

    def finished(self, event: Finished) -> str | None:
        """Count a run that is over.

        Returns:
            The name of its study if that was the last of it.
        """
        run = event.result.run
        self.current = f"{run.study}: {run.variant}"
        self._running.pop((run.study, run.variant), None)
        self._epochs += int(event.result.scalars.get("epochs_run", 0))
        rows = self._rows[run.study, run.hash]
        self.done += rows
        self._left[run.study] -= rows
        if self._left[run.study]:
            return None
        self.studies_done += 1
        return run.study

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
        """By the pace so far; None before the first run is over."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {_clock(self.seconds_left)} left"
        runs = f"{self.done:,}/{self.total:,} runs, {self.studies_done}/{self.studies} studies"
        return f"{runs}, {self.epochs_per_second:,.0f} epochs/s{left}, {self.current}"


class PlainListener:
    """Lines for a file or a pipe: one a study, and one every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._last = 0.0

    def say(self, line: str) -> None:
        """Print a line at once, also into a pipe."""
        self._console.print(line)
        sys.stdout.flush()

    def begin(self, plans: Sequence[Plan]) -> None:
        """Start counting."""
        self._tally, self._last = Tally(plans), time.monotonic()

    def progress(self, event: Progress) -> None:
        """Print a line when the last one is ten seconds old."""
        if self._tally:
            self._tally.progress(event)
            self._say_now_and_then(self._tally)

    def finished(self, event: Finished) -> None:
        """Print a line when a study is complete."""
        if not self._tally:
            return
        study = self._tally.finished(event)
        if study:
            self.say(f"{study} is trained: {self._tally}")
        else:
            self._say_now_and_then(self._tally)

    def end(self) -> None:
        """Stop counting."""
        self._tally = None

    def _say_now_and_then(self, tally: Tally) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self.say(str(tally))


class TerminalListener:
    """One line that moves, below the lines that stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._bar: Bar | None = None

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line)

    def begin(self, plans: Sequence[Plan]) -> None:
        """Show the moving line."""
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        self._tally = Tally(plans)
        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self._bar = RichProgress(BarColumn(20), text, console=self._console, transient=True, expand=True)
        self._bar.add_task("", total=self._tally.total)
        self._bar.start()

    def progress(self, event: Progress) -> None:
        """Move the line."""
        if self._tally:
            self._tally.progress(event)
            self._show(self._tally)

    def finished(self, event: Finished) -> None:
        """Move the line; a study that is complete gets one that stays."""
        if not self._tally:
            return
        study = self._tally.finished(event)
        if study:
            self.say(f"{study} is trained")
        self._show(self._tally)

    def end(self) -> None:
        """Take the moving line away."""
        if self._bar:
            self._bar.stop()
        self._tally = self._bar = None

    def _show(self, tally: Tally) -> None:
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=tally.done, description=str(tally))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
