"""Texts in CSV files: a spreadsheet runs a cell as a formula that begins with one of four signs.

An apostrophe before it makes the cell a text, in the file as well as in a cell that a person types.

    >>> cell_of("=1+1"), cell_of("-0.5"), text_of("'=1+1")
    ("'=1+1", '-0.5', '=1+1')
"""

from __future__ import annotations

_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def cell_of(text: str) -> str:
    """Return the cell for a text; a number stays as it is."""
    return f"'{text}" if _is_formula(text) else text


def text_of(cell: str) -> str:
    """Return the text of a cell; the inverse of ``cell_of``."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    if not text.lstrip("'").startswith(_SIGNS):
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False
