"""The scoreboard before there is anything on it, made without pandas so that it is there at once."""

from __future__ import annotations

from experiments.report.page import SCRIPTS, fingerprint, render

NOTHING_YET = "No results yet: python -m experiments run --all writes them."
_EMPTY = {"header": "", "notes": (), "counts": (), "topics": (), "rows": 0, "studies": (), "speed": None}


def start_page() -> str:
    """Render the scoreboard of a run that has just begun."""
    return render("index.html", SCRIPTS["index.html"], fingerprint(b""), home="index.html", board=_EMPTY)
