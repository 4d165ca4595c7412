"""Figures and pages of an ``Analysis``; nothing here trains."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.report.comparison import write_comparison
    from experiments.report.site import write_report, write_scoreboard
    from experiments.report.study_report import write_study

__all__ = ["write_comparison", "write_report", "write_scoreboard", "write_study"]

_PLACES = {
    "write_comparison": "comparison",
    "write_report": "site",
    "write_scoreboard": "site",
    "write_study": "study_report",
}


def __getattr__(name: str) -> Any:
    """Import a function on first use: the first page of a run needs none of their libraries."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
