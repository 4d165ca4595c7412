"""The verbs ``run`` and ``report``: train missing runs, write tables, figures and pages, and print the outcome."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.display import make_console, make_listener, make_table
from experiments.cli.exit_codes import FAILED, INTERRUPTED, WELL
from experiments.cli.studies import RESULTS, every_name, load_all, with_own_folder
from experiments.errors import ExperimentsError
from experiments.protocols import JUDGED_PROTOCOLS, TUNED, TUNING

if TYPE_CHECKING:
    from experiments.language import Study
    from experiments.scheduler.collect import Summary
    from experiments.scheduler.plan import Plan, Selection
    from experiments.session.progress import Listener
    from experiments.session.run_studies import Options

_FAILURES_SHOWN = 10
_PROTOCOLS = {"both": None, "all": JUDGED_PROTOCOLS}
"""Values of ``--protocol`` that name several; None for those of each variant."""


def run(arguments: Namespace) -> int:
    """Run the studies given, or all of them."""
    from experiments.session.decide import decide_studies
    from experiments.session.run_studies import run_studies

    if bool(arguments.studies) == arguments.all:
        raise ExperimentsError("name the studies to run, or --all for every study in configs/ (not both)")
    studies = _asked_for(arguments)
    for study in studies:
        for line in study.left_out:
            print(f"{study.name}: {line}")
    if arguments.sets and arguments.out:
        _refuse_to_replace_unchanged(studies, arguments)
    elif arguments.sets:
        studies = [with_own_folder(study) for study in studies]
    studies = _with_choice(_having(studies, arguments.variant), arguments.only)
    options = _options(arguments)
    if arguments.dry_run:
        return _print_plans(studies, options.out, options.selection)
    listener = make_listener()
    start = time.monotonic()
    if arguments.decide:
        return max(_print_summary(each, start, listener) for each in decide_studies(studies, options, listener))
    return _print_summary(run_studies(studies, options, listener), start, listener)


def _print_summary(summary: Summary, start: float, listener: Listener) -> int:
    """Print what was done, with failures and pages, and return the exit code."""
    if summary.trained:
        listener.log(_result_line(summary, time.monotonic() - start))
    if summary.without_xla:
        listener.log(f"not by XLA: {', '.join(sorted(summary.without_xla))}")
    slowest = ", ".join(f"{name} {seconds:,.0f} s" for name, seconds in summary.slowest())
    if len(summary.seconds) > 1:
        listener.log(f"slowest (seconds of worker time): {slowest}")
    return _print_ending(summary, listener)


def write_report(arguments: Namespace) -> int:
    """Write the reports of the studies given, or of all that have results."""
    from experiments.scheduler.collect import Summary
    from experiments.session.reporting import studies_with_results, write_reports
    from experiments.store.folder import StudyFolder

    out, listener, summary = Path(arguments.out or RESULTS), make_listener(), Summary()
    studies = load_all(arguments.studies) or studies_with_results([], out)
    without = [study.name for study in studies if not StudyFolder.of(study.name, out).runs.is_file()]
    if without or not studies:
        what = ", ".join(without) or "any study"
        raise ExperimentsError(f"there are no results of {what} in {out}/; python -m experiments run makes them")
    write_reports(studies, out, arguments.jobs, summary, listener)
    return _print_ending(summary, listener)


def _asked_for(arguments: Namespace) -> list[Study]:
    """Load the studies given, in the order given, or all of them in the order of the decks."""
    from experiments.scheduler.plan import in_order

    if not arguments.all:
        return load_all(arguments.studies, arguments.sets)
    return in_order(load_all(every_name(), arguments.sets))


def _refuse_to_replace_unchanged(changed: Sequence[Study], arguments: Namespace) -> None:
    """Raise an error where results of a study without ``--set`` are in the folder that ``--set`` and ``--out`` name."""
    from experiments.scheduler.plan import replaced_runs
    from experiments.store.folder import StudyFolder

    unchanged = {study.file: study for study in load_all([study.file for study in changed])}
    for study in changed:
        count = replaced_runs(unchanged[study.file], study, Path(arguments.out))
        if count:
            folder, own = StudyFolder.of(study.name, arguments.out).path, with_own_folder(study).name
            raise ExperimentsError(
                f"{folder}/ has {count:,} runs of {study.file} without --set, which would be replaced: give --out "
                f"another folder, or leave --out away, then the changed study has its own, {RESULTS}/{own}/"
            )


def _having(studies: Sequence[Study], variants: Sequence[str] | None) -> list[Study]:
    """Return the studies that have some of the variants; raise an error for a variant that none has."""
    if not variants:
        return list(studies)
    if len(studies) == 1:
        studies[0].select(variants)
    known = {study.name: set(study.names) for study in studies}
    for name in variants:
        if not any(name in names for names in known.values()):
            raise ExperimentsError(f"no study has a variant {name!r}; python -m experiments show STUDY lists them")
    return [study for study in studies if set(variants) & known[study.name]]


def _with_choice(studies: Sequence[Study], only: str | None) -> list[Study]:
    """Return the studies that have variants of a choice; raise an error where none has."""
    from experiments.scheduler.plan import CHOICES

    kept = [study for study in studies if only is None or CHOICES[only](study)]
    if not kept:
        names = ", ".join(study.name for study in studies)
        raise ExperimentsError(f"--only {only}: expected studies that have such variants, found {names}")
    return kept


def _options(arguments: Namespace) -> Options:
    from experiments.scheduler.plan import Selection
    from experiments.session.run_studies import Options

    selection = Selection(
        variants=arguments.variant,
        only=arguments.only,
        protocols=_PROTOCOLS.get(arguments.protocol, (arguments.protocol,)),
        repeats=arguments.repeats,
        engine=arguments.engine,
        force=arguments.force,
    )
    options = Options(
        out=Path(arguments.out or RESULTS),
        selection=selection,
        jobs=arguments.jobs,
        device=arguments.device,
        fail_fast=arguments.fail_fast,
    )
    if arguments.insecure and not arguments.dask:
        raise ExperimentsError("--insecure is about the address of --dask, which is not given")
    return _on_dask(options, arguments) if arguments.dask else options


def _on_dask(options: Options, arguments: Namespace) -> Options:
    from experiments.scheduler.dask_executor import DaskWorkers

    workers = DaskWorkers(arguments.dask, insecure=arguments.insecure)
    return replace(options, choose_devices=workers.choose_devices, make_executor=workers.make_executor)


def _print_plans(studies: Sequence[Study], out: Path, selection: Selection) -> int:
    from experiments.scheduler.plan import make_plan

    plans = [make_plan(study, out, selection) for study in studies]
    heads, counts = ["done", "to run"], [[plan.done, plan.to_run] for plan in plans]
    if TUNED in (selection.protocols or ()):
        heads += ["of them to choose rates", "then about", "epochs", "of them for rates"]
        counts = [[*count, *_tuned_counts(plan)] for count, plan in zip(counts, plans, strict=True)]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    names = [*(plan.study.name for plan in plans), "total"]
    rows = [(name, *(f"{count:,}" for count in row)) for name, row in zip(names, [*counts, totals], strict=True)]
    make_console().print(make_table(("study", *heads), rows, right=heads))
    return WELL


def _tuned_counts(plan: Plan) -> list[int]:
    """Count runs that try rates and that their results ask for, and the epochs of all runs and of these and "tuned"."""
    planned = [run for group in plan.groups for run in group]
    tried = [run for run in planned if run.protocol == TUNING]
    tuned = [*(run for run in planned if run.protocol in (TUNED, TUNING)), *plan.later]
    epochs = [sum(run.config.training.epochs for run in runs) for runs in ([*planned, *plan.later], tuned)]
    return [len(tried), len(plan.later), *epochs]


def _result_line(summary: Summary, seconds: float) -> str:
    tiers = ", ".join(f"{count:,} {tier}" for tier, count in sorted(summary.tiers.items()))
    trained = f"{summary.trained:,} runs in {seconds:,.1f} s" + (f" ({tiers})" if tiers else "")
    return f"{trained}, {len(summary.failures):,} failed, {summary.done:,} done before"


def _print_ending(summary: Summary, listener: Listener) -> int:
    """Print failures, errors and pages, and return the exit code."""
    for failure in summary.failures[:_FAILURES_SHOWN]:
        listener.log(f"failed: {failure.study}: {failure.run}: {failure.error} ({failure.traceback})")
    if len(summary.failures) > _FAILURES_SHOWN:
        listener.log(f"and {len(summary.failures) - _FAILURES_SHOWN:,} more; the column error of runs.csv has them all")
    for error in summary.report_errors:
        listener.log(f"the runs are done and kept, but a table, figure or page could not be made:\n{error}")
    for page in summary.pages[-3:]:
        listener.log(str(page))
    if summary.interrupted:
        listener.log("interrupted; the same command goes on from here")
        return INTERRUPTED
    return FAILED if summary.failures or summary.report_errors else WELL
