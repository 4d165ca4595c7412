"""The verb ``compare``: variants of a study side by side, or the changes between two folders of results."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.display import make_console, make_table
from experiments.cli.studies import RESULTS
from experiments.errors import ExperimentsError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.analysis import Effect, FolderChange, PairedDifference
    from experiments.language import Study


def compare(arguments: Namespace) -> int:
    """Compare two folders where two are given, and variants of a study otherwise."""
    names = [arguments.what, *arguments.others]
    _check_folders(names)
    if len(names) == 2 and (all(Path(name).is_dir() for name in names) or any(map(_is_changed, names))):
        first, second = (_folder(name, Path(arguments.out or RESULTS)) for name in names)
        return _compare_folders(first, second, arguments.page)
    if _is_changed(arguments.what):
        raise ExperimentsError(
            f"{arguments.what} is the result of --set, whose variants are compared with those of the study: "
            f"compare {arguments.what.partition('@')[0]} {arguments.what}"
        )
    return _compare_variants(arguments)


def _check_folders(names: Sequence[str]) -> None:
    """Check that two folders are named where the first of two names is that of a folder and of no study.

    Raises:
        ExperimentsError: The second folder is missing.
    """
    from experiments.language import known_names

    first, second = names[0], names[-1]
    alone = len(names) == 2 and Path(first).is_dir() and not Path(second).is_dir()
    if alone and first not in known_names() and not _is_changed(second):
        raise ExperimentsError(f"there is no folder {second!r} to compare {first}/ with")


def _is_changed(name: str) -> bool:
    """Whether a name or path is that of a study changed with ``--set``, such as ``dropout@1f3a9c2e``."""
    return "@" in Path(name).name


def _folder(name: str, out: Path) -> Path:
    """Return a folder of results by its path, or that of a study by its name.

    Raises:
        ExperimentsError: There is no such folder.
    """
    from experiments.store.folder import StudyFolder

    if Path(name).is_dir():
        return Path(name)
    path = StudyFolder.of(name, out).path
    if Path(name).name != name or not path.is_dir():
        changed = sorted(folder.parent.name for folder in out.glob(f"{name.partition('@')[0]}@*/runs.csv"))
        hint = (
            f"; there are those of {', '.join(changed)}"
            if changed
            else "; python -m experiments list shows the studies"
        )
        raise ExperimentsError(f"there are no results of {name!r} in {out}/{hint}")
    return path


def _compare_variants(arguments: Namespace) -> int:
    from experiments.analysis import compare_variants
    from experiments.language import load_study
    from experiments.store.loading import load_results

    study = load_study(arguments.what)
    names = _names(study, arguments.others)
    runs = load_results(study.name, arguments.out or RESULTS)
    _check_metrics(arguments.metric, runs)
    found = compare_variants(study, runs, names, arguments.metric)
    if not found:
        raise ExperimentsError(f"these variants have no runs in common: {', '.join(names)}")
    columns = "protocol", "metric", names[0], "variant", "its mean", "effect, 95 % interval", "verdict", "n"
    table = make_table(columns, map(_variant_row, found), right=(names[0], "its mean", "n"))
    console = make_console()
    console.print(table)
    console.print(f"effect: each variant against {names[0]}, paired by repeat; x is a ratio")
    _write_page(found, arguments.page, f"{study.title}: variants against {names[0]}")
    return 0


def _compare_folders(first: Path, second: Path, page: str | None) -> int:
    from experiments.analysis import compare_folders

    if (first / "runs.csv").is_file() != (second / "runs.csv").is_file():
        raise ExperimentsError(
            f"{first}/ and {second}/: expected two results folders, or two folders of studies, found one of each"
        )
    changes = compare_folders(first, second)
    if not changes:
        raise ExperimentsError(f"{first}/ and {second}/ have no study, variant and protocol in common")
    differing = [change for change in changes if not change.identical]
    columns = "study", "variant", "protocol", "metric", "before", "after", "effect, 95 % interval", "verdict", "n"
    console = make_console()
    if differing:
        console.print(make_table(columns, map(_folder_row, differing), right=("before", "after", "n")))
    same = len(changes) - len(differing)
    console.print(f"{same:,} of {len(changes):,} comparisons are identical in every repeat")
    _write_page(changes, page, f"Before: {first}/, after: {second}/")
    return 0


def _write_page(found: Sequence[PairedDifference] | Sequence[FolderChange], page: str | None, title: str) -> None:
    if page is None:
        return
    from experiments.report.comparison import write_comparison

    print(write_comparison(found, page, title=title))


def _names(study: Study, given: Sequence[str]) -> list[str]:
    """Return names of variants; the name of a grid stands for all of its points."""
    names = list(dict.fromkeys(variant.name for name in given for variant in study.select([name])))
    if len(names) < 2:
        raise ExperimentsError(
            f"expected at least two different variants of {study.name}, found {', '.join(names)}; the first is what "
            "the others are set against"
        )
    return names


def _check_metrics(metrics: Sequence[str] | None, runs: pd.DataFrame) -> None:
    for metric in metrics or ():
        if metric not in runs.columns:
            near = get_close_matches(metric, map(str, runs.columns), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ExperimentsError(f"there is no column {metric!r} in runs.csv{hint}")


def _variant_row(one: PairedDifference) -> tuple[str, ...]:
    return (
        one.protocol,
        one.column,
        _number(one.right),
        one.variant,
        _number(one.left),
        _effect(one.effect),
        one.effect.direction + (f", {one.worst} diverged" if one.worst else ""),
        str(one.effect.interval.n),
    )


def _folder_row(one: FolderChange) -> tuple[str, ...]:
    names = one.study, one.variant, one.protocol, one.metric
    values = _number(one.before), _number(one.after), _effect(one.effect)
    return (*names, *values, one.effect.direction, str(one.effect.interval.n))


def _effect(effect: Effect) -> str:
    interval, unit = effect.interval, effect.unit
    low, high = interval.low, interval.high
    if effect.is_ratio:
        return f"x{interval.estimate:.3g} [{low:.3g}, {high:.3g}]"
    sign = "+" if unit == "difference" else ""
    return f"{interval.estimate:{sign}.3g} [{low:{sign}.3g}, {high:{sign}.3g}]"


def _number(value: float) -> str:
    return f"{value:.4g}"
