"""``report``: tables, figures and pages again, from what is in the results folder."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from experiments.cli.progress import make_listener
from experiments.cli.running import print_ending
from experiments.cli.studies import RESULTS, load_all
from experiments.errors import ExperimentsError


def write_report(arguments: Namespace) -> int:
    """Write what is to be seen of the studies named, or of all that have results."""
    from experiments.scheduler.summary import Summary
    from experiments.session.known import studies_with_results
    from experiments.session.report import report
    from experiments.store.folder import StudyFolder

    out, listener, summary = Path(arguments.out or RESULTS), make_listener(), Summary()
    studies = load_all(arguments.studies) or studies_with_results([], out)
    without = [study.name for study in studies if not StudyFolder.of(study.name, out).runs.is_file()]
    if without or not studies:
        what = ", ".join(without) or "any study"
        raise ExperimentsError(f"there are no results of {what} in {out}/; python -m experiments run makes them")
    report(studies, out, arguments.jobs, summary, listener)
    return print_ending(summary, listener)
