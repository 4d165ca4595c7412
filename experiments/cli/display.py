"""Output of the command line: tables, and the progress of a run as a bar in a terminal or as plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.table import Table

    from experiments.session.progress import Listener, Tally


_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_BARS = 0.5
# Without a terminal, rich would wrap tables at 80 columns; a file or a pipe has no width.
_WIDTH_OF_A_FILE = 200


def make_console(file: Any = None) -> Console:
    """Return a console that prints texts literally, brackets included.

    Args:
        file: Prints to this stream; None for standard output.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    return Console(
        file=file, markup=False, highlight=False, emoji=False, width=width, soft_wrap=not sys.stdout.isatty()
    )


class LossyOutput:
    """Standard output that may be lost, such as a closed pipe or a full disk: what is printed then goes nowhere.

    Args:
        stream: The stream.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        try:
            return self._stream.write(text)
        except OSError:
            self._lose()
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self._stream.flush()
        except OSError:
            self._lose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _lose(self) -> None:
        """Redirect the stream, which still has unwritten text in its buffer and is flushed once more at the end."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def make_table(columns: Iterable[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()) -> Table:
    """Return a table of texts.

    Args:
        columns: Headings.
        rows: Cells, printed literally.
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


def make_listener() -> Listener:
    """Return the listener for standard output: a notebook, a terminal, or a file or pipe.

    A training does not end because its output is lost.
    """
    console = make_console(LossyOutput(sys.stdout))
    if console.is_jupyter:
        return NotebookListener()
    return TerminalListener(console) if console.is_terminal else PlainListener(console)


class PlainListener:
    """Prints lines to a file or a pipe: one a study when its page is written, and the progress every half minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._last = 0.0

    def log(self, line: str) -> None:
        """Print a line and flush, so that a reader of the pipe gets it at once."""
        self._console.print(line)
        self._console.file.flush()

    def begin(self, tally: Tally) -> None:
        """Print the progress from now on."""
        self._tally, self._last = tally, time.monotonic()

    def update(self) -> None:
        """Print the progress if the last time was half a minute ago."""
        if self._tally and time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self.log(str(self._tally))

    def study_written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print the outcome of a study."""
        self.log(_outcome(study, verdicts, seconds))

    def end(self) -> None:
        """Print no more progress."""
        self._tally = None


class TerminalListener:
    """Shows a progress bar below the lines that stay.

    The text beside the bar is the tally's own: rich extrapolates the time left from the number of finished runs, but
    runs of different programs differ in length by three orders of magnitude.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally: Tally | None = None
        self._bar: Bar | None = None

    def log(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line)

    def begin(self, tally: Tally) -> None:
        """Show the bar."""
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        self._tally = tally
        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self._bar = RichProgress(BarColumn(20), text, console=self._console, transient=True, expand=True)
        self._bar.add_task("", total=self._tally.total)
        self._bar.start()

    def update(self) -> None:
        """Redraw the bar."""
        if self._bar and self._tally:
            self._bar.update(self._bar.task_ids[0], completed=self._tally.done, description=str(self._tally))

    def study_written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print the outcome of a study in a line that stays."""
        self.log(_outcome(study, verdicts, seconds))

    def end(self) -> None:
        """Remove the bar."""
        if self._bar:
            self._bar.stop()
        self._tally = self._bar = None


class NotebookListener:
    """Shows the progress below a cell, as one output that is replaced; lines that stay are printed.

    The bar of rich would need the package ipywidgets in a notebook.
    """

    def __init__(self) -> None:
        self._tally: Tally | None = None
        self._output: Any = None
        self._last = 0.0

    def log(self, line: str) -> None:
        """Print a line that stays."""
        print(line, flush=True)

    def begin(self, tally: Tally) -> None:
        """Show the bar."""
        from IPython.display import HTML, display

        self._tally, self._last = tally, 0.0
        self._output = display(HTML(""), display_id=True)

    def update(self) -> None:
        """Replace the bar, at most twice a second."""
        from IPython.display import HTML

        if self._tally and time.monotonic() - self._last >= _SECONDS_BETWEEN_BARS:
            self._last = time.monotonic()
            bar = f'<progress max="{self._tally.total}" value="{self._tally.done}"></progress>'
            self._output.update(HTML(f"{bar} {escape(str(self._tally))}"))

    def study_written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Print the outcome of a study in a line that stays."""
        self.log(_outcome(study, verdicts, seconds))

    def end(self) -> None:
        """Remove the bar."""
        from IPython.display import HTML

        if self._tally:
            self._output.update(HTML(""))
        self._tally = self._output = None


def _outcome(study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> str:
    """Return ``dropout: published 7 supported, 2 contradicted, 2 open; fresh ...; 38 s``."""
    parts = [f"{protocol} {_counted(counts)}" for protocol, counts in verdicts.items()] or ["no claims"]
    time_taken = [f"{seconds:,.0f} s"] if seconds else []
    return f"{study}: {'; '.join(parts + time_taken)}"


def _counted(counts: Counter[str]) -> str:
    supported, contradicted = counts["supported"], counts["contradicted"]
    return f"{supported} supported, {contradicted} contradicted, {counts.total() - supported - contradicted} open"
