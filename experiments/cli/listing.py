"""``list``: which studies there are, and how much of each is done."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.screen import make_console, make_table
from experiments.cli.studies import RESULTS, every_name
from experiments.errors import ConfigError

if TYPE_CHECKING:
    from experiments.language import Study

_COLUMNS = ("study", "question", "variants", "runs", "done")


def list_studies(arguments: Namespace) -> int:
    """Print one line a study."""
    out = Path(arguments.out or RESULTS)
    rows = [_row(name, out) for name in every_name()]
    make_console().print(make_table(_COLUMNS, rows, right=("variants", "runs")))
    return 0


def _row(name: str, out: Path) -> tuple[str, ...]:
    from experiments.language import load_study

    try:
        study = load_study(name)
    except ConfigError as error:
        return name, f"cannot be read: python -m experiments check {name}", "", "", f"{len(error.problems)} problems"
    return name, study.question, str(len(study.variants)), *_progress(study, out)


def _progress(study: Study, out: Path) -> tuple[str, str]:
    from experiments.scheduler.plan import Selection, make_plan

    plan = make_plan(study, out, Selection())
    total = plan.done + plan.to_run
    return f"{total:,}", "yes" if not plan.to_run else f"{plan.done:,}" if plan.done else "no"
