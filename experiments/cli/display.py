"""How a run goes on: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.table import Table

    from experiments.session.progress import Listener, Tally


_SECONDS_BETWEEN_LINES = 30.0


def make_listener() -> Listener:
    """Make the listener that suits standard output."""
    console = make_console()
    return TerminalListener(console) if console.is_terminal else PlainListener(console)


class PlainListener:
    """Lines for a file or a pipe: one a study when its page is written, and one every half minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._last = 0.0

    def say(self, line: str) -> None:
        """Print a line at once, also into a pipe."""
        self._console.print(line)
        sys.stdout.flush()

    def begin(self, tally: Tally) -> None:
        """Print how far the tally is from now on."""
        self._tally, self._last = tally, time.monotonic()

    def moved(self) -> None:
        """Print a line when the last one is half a minute old."""
        self._say_now_and_then()

    def written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print what came out of a study."""
        self.say(_outcome(study, verdicts, seconds))

    def end(self) -> None:
        """Print no more about the tally."""
        self._tally = None

    def _say_now_and_then(self) -> None:
        if self._tally and time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self.say(str(self._tally))


class TerminalListener:
    """One line that moves, below the lines that stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._bar: Bar | None = None

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line)

    def begin(self, tally: Tally) -> None:
        """Show the moving line."""
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        self._tally = tally
        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self._bar = RichProgress(BarColumn(20), text, console=self._console, transient=True, expand=True)
        self._bar.add_task("", total=self._tally.total)
        self._bar.start()

    def moved(self) -> None:
        """Move the line."""
        self._show()

    def written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print what came out of a study, in a line that stays."""
        self.say(_outcome(study, verdicts, seconds))

    def end(self) -> None:
        """Take the moving line away."""
        if self._bar:
            self._bar.stop()
        self._tally = self._bar = None

    def _show(self) -> None:
        if self._bar and self._tally:
            self._bar.update(self._bar.task_ids[0], completed=self._tally.done, description=str(self._tally))


def _outcome(study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> str:
    """Write what came out of a study: ``dropout: published 7 supported, 2 contradicted, 2 open; fresh ...; 38 s``."""
    parts = [f"{protocol} {_counted(counts)}" for protocol, counts in verdicts.items()] or ["no claims"]
    time_taken = [f"{seconds:,.0f} s"] if seconds else []
    return f"{study}: {'; '.join(parts + time_taken)}"


def _counted(counts: Counter[str]) -> str:
    supported, contradicted = counts["supported"], counts["contradicted"]
    return f"{supported} supported, {contradicted} contradicted, {counts.total() - supported - contradicted} open"


# Without a terminal nothing shall be wrapped at 80 columns: a file or a pipe takes a table as wide as it is.
_WIDTH_OF_A_FILE = 200


def make_console() -> Console:
    """Make a console for standard output; what is printed with it is taken literally, brackets and all."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    return Console(markup=False, highlight=False, emoji=False, width=width, soft_wrap=not sys.stdout.isatty())


def make_table(columns: Iterable[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()) -> Table:
    """Make a table of texts.

    Args:
        columns: Headings.
        rows: Cells, taken literally.
        right: Headings of the columns that hold numbers.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    numbers = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
