"""Tables and lines for people, in a terminal or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

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
