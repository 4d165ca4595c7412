"""Figures and pages from tables and verdicts; nothing here trains."""

from __future__ import annotations

from experiments.report.comparison import write_comparison
from experiments.report.site import write_page, write_report

__all__ = ["write_comparison", "write_page", "write_report"]
