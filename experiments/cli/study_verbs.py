"""The verbs about studies, which train nothing: ``list``, ``check``, ``show`` and ``code``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.display import make_console, make_table
from experiments.cli.studies import RESULTS, every_name, load_all
from experiments.errors import ConfigError, ExperimentsError

if TYPE_CHECKING:
    from experiments.language import Study


def show_study(arguments: Namespace) -> int:
    """Print the resolved configuration of the base, or of a variant or each point of a grid."""
    from experiments.language import load_study
    from experiments.language.show import show_study as render

    study = load_study(arguments.study, sets=arguments.sets)
    chosen = study.select([arguments.variant]) if arguments.variant else [None]
    sys.stdout.write("\n".join(render(study, variant) for variant in chosen))
    return 0


def show_code(arguments: Namespace) -> int:
    """Print one run as a script."""
    from experiments.language import load_study
    from experiments.script import exact_script, plain_script

    study = load_study(arguments.study, sets=arguments.sets)
    variant, *others = study.select([arguments.variant])
    if others:
        names = ", ".join(repr(point.name) for point in (variant, *others))
        raise ExperimentsError(f"{arguments.variant!r} is a grid; a script trains one of its points: {names}")
    if arguments.protocol not in variant.protocols:
        raise ExperimentsError(f"{variant.name} runs under {' and '.join(variant.protocols)} only")
    runs = study.runs(
        variants=[variant.name], protocols=[arguments.protocol], repeats=arguments.repeat + 1, engine="keras"
    )
    write = exact_script if arguments.exact else plain_script
    sys.stdout.write(write(runs[-1]))
    return 0


_COLUMNS = ("study", "question", "variants", "runs", "done")


def list_studies(arguments: Namespace) -> int:
    """Print one line for each study: those in ``configs/`` first, then the shipped ones."""
    from experiments.language import known_names

    out = Path(arguments.out or RESULTS)
    rows = [_row(name, out) for name in known_names()]
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


def check_studies(arguments: Namespace) -> int:
    """Check the studies given, or all of them, and print their numbers of variants, runs and claims."""
    from experiments.language.table_sources import describe_tables

    studies = load_all(arguments.studies or every_name())
    if arguments.results:
        return _check_results(studies, Path(arguments.out or RESULTS))
    if arguments.build:
        _build(studies)
    variants = sum(len(study.variants) for study in studies)
    runs = sum(study.count() for study in studies)
    claims = sum(len(study.claims) for study in studies)
    subject = studies[0].file if len(studies) == 1 else f"{len(studies)} studies"
    counts = ", ".join(map(_counted, (variants, runs, claims), ("variant", "run", "claim")))
    print(f"{subject}: all well; {counts}")
    for line in describe_tables(variant.config for study in studies for variant in study.all_variants):
        print(f"  {line}")
    return 0


def _check_results(studies: Sequence[Study], out: Path) -> int:
    """Check the files of results.

    Raises:
        ExperimentsError: With a line for each file that is not as it was written; the folder does not exist.
    """
    from experiments.store.checksum import check_files
    from experiments.store.folder import StudyFolder

    lines, files = [], 0
    for study in studies:
        try:
            files += check_files(StudyFolder.of(study.name, out))
        except ExperimentsError as error:
            lines.append(str(error))
    if lines:
        raise ExperimentsError("\n".join(lines))
    if not out.is_dir() and out != Path(RESULTS):  # a folder that somebody named; before the first run there is none
        raise ExperimentsError(f"there are no results to check in {out}/; python -m experiments run makes them")
    print(f"{out}: {_counted(files, 'file')} of runs and curves as they were written")
    return 0


def _build(studies: Sequence[Study]) -> None:
    """Build every variant under each protocol in worker processes, as ``run`` does before it trains.

    Raises:
        ConfigError: Keras or scikit-learn refused a configuration.
    """
    from experiments.scheduler.device import choose_devices
    from experiments.session.run_studies import local_executor
    from experiments.session.train import build_variants

    devices = choose_devices("cpu", None)  # Keras refuses the same on every device
    executor = local_executor(devices)
    try:
        build_variants(
            studies, tuple(run for study in studies for run in study.runs(repeats=1)), executor, devices.workers
        )
    finally:
        executor.close()


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
