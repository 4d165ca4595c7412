"""Record what the suite computes and writes, and compare a later state of the code with the record.

    python -m tools.golden record FOLDER [--repeats N]      # once, before the first change: trains every study
    python -m tools.golden compare FOLDER --hashes          # after each change: hashes of the planned runs (seconds)
    python -m tools.golden compare FOLDER [STUDY ...]       # also every byte of the reports
    python -m tools.golden compare FOLDER [STUDY ...] --train   # also trains again and compares every number

``record`` writes the hash of every run that ``run --all`` plans to ``hashes.txt``, and runs every study and
``golden_faults.yaml`` into ``results/``. ``compare`` plans again, and makes all tables, figures and pages again from
the recorded runs, so the times that they show are the recorded ones too.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from experiments.language import load_study, study_names

FAULTS = Path(__file__).with_name("golden_faults.yaml")
TIMES = ("seconds",)
"""Columns of runs.csv that differ from one run to the next."""
INPUTS = ("runs.csv", "environment.json", "study.yaml", "history", "boundaries", "errors")
"""What training writes; everything else in a study's folder is made from these."""
UNCOMPARED = (".lock", ".live", ".reported", ".timings.json")
"""Files that hold a process number, the time of day, or a path."""
_CODE_HASH = re.compile(rb'<meta name="inputs" content="[0-9a-f]{64}">')


def main(arguments: Sequence[str] | None = None) -> int:
    """Record or compare.

    Returns:
        The exit code: 0 where everything is equal, 1 where something differs.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("record", "compare"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("studies", nargs="*", help="names of the studies whose reports are compared; default all")
    parser.add_argument("--repeats", type=int, default=1, help="record: runs of each variant and protocol")
    parser.add_argument("--train", action="store_true", help="train again and compare runs.csv and the arrays")
    parser.add_argument("--hashes", action="store_true", help="compare nothing but the hashes")
    given = parser.parse_args(arguments)
    if given.action == "record":
        _record(given.folder, given.repeats)
        return 0
    differences = list(_different_hashes(given.folder))
    if not given.hashes:
        work = Path(tempfile.mkdtemp(prefix="golden-"))
        differences += _compare(given.folder, work, given.studies, train=given.train)
        if differences:
            print(f"the files of now are kept in {work}")
        else:
            shutil.rmtree(work)
    for difference in differences:
        print(difference)
    print(f"{len(differences)} differences" if differences else "equal")
    return 1 if differences else 0


def _record(folder: Path, repeats: int) -> None:
    folder.mkdir(parents=True)
    (folder / "hashes.txt").write_text("\n".join(_hashes()) + "\n", encoding="utf-8")
    _train([], folder / "results", repeats)
    _report(_studies_in(folder / "results"), folder / "results")


def _different_hashes(folder: Path) -> Iterator[str]:
    recorded = (folder / "hashes.txt").read_text(encoding="utf-8").splitlines()
    now = list(_hashes())
    yield from (f"planned no longer: {line}" for line in sorted(set(recorded) - set(now)))
    yield from (f"not planned before: {line}" for line in sorted(set(now) - set(recorded)))


def _compare(folder: Path, work: Path, studies: Sequence[str], *, train: bool) -> Iterator[str]:
    recorded, reports = folder / "results", work / "reports"
    chosen = list(studies) or _studies_in(recorded)
    for study in chosen:
        for name in INPUTS:
            _copy(recorded / study / name, reports / study / name)
    _report(chosen, reports)
    for study in chosen:
        yield from _different_files(recorded / study, reports / study)
    if not studies:
        yield from _different_files(recorded, reports, deep=False)
    if train:
        _train(chosen, work / "trained", _recorded_repeats(recorded, chosen))
        for study in chosen:
            yield from _different_numbers(recorded / study, work / "trained" / study)


def _recorded_repeats(recorded: Path, studies: Sequence[str]) -> int:
    rows = (row for study in studies for row in _rows(recorded / study / "runs.csv"))
    return 1 + max(int(row["repeat"]) for row in rows)


def _studies_in(results: Path) -> list[str]:
    return sorted(path.name for path in results.iterdir() if path.is_dir())


def _hashes() -> Iterator[str]:
    """Yield a line for each run that ``run --all`` plans, with its hash."""
    for name in study_names():
        for run in load_study(name).runs():
            yield f"{run.study} {run.variant} {run.protocol} {run.repeat} {run.hash}"


def _train(studies: Sequence[str], out: Path, repeats: int) -> None:
    options = ("--repeats", str(repeats), "--out", str(out))
    chosen = [str(FAULTS) if name == FAULTS.stem else name for name in studies]
    calls = [chosen] if chosen else [["--all"], [str(FAULTS)]]
    for call in calls:
        _experiments("run", *call, *options)


def _report(studies: Sequence[str], out: Path) -> None:
    chosen = [str(FAULTS) if name == FAULTS.stem else name for name in studies]
    _experiments("report", *chosen, "--out", str(out))


def _experiments(*arguments: str) -> None:
    """Call the command line; failed runs (exit code 1) are a part of the record."""
    code = subprocess.run([sys.executable, "-m", "experiments", *arguments], check=False).returncode
    if code not in (0, 1):
        raise SystemExit(f"python -m experiments {' '.join(arguments)} ended with exit code {code}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.is_file():
        shutil.copy(source, target)


def _different_files(recorded: Path, now: Path, *, deep: bool = True) -> Iterator[str]:
    paths = [
        {path.relative_to(folder) for path in (folder.rglob("*") if deep else folder.glob("*")) if path.is_file()}
        for folder in (recorded, now)
    ]
    for path in sorted(path for path in paths[0] | paths[1] if path.name not in UNCOMPARED):
        if path not in paths[1]:
            yield f"missing: {recorded.name}/{path}"
        elif path not in paths[0]:
            yield f"new: {now.name}/{path}"
        elif _content(recorded / path) != _content(now / path):
            yield f"different: {recorded.name}/{path}"


def _content(path: Path) -> bytes:
    """Return the bytes of a file, of a page without the hash of the code that wrote it."""
    content = path.read_bytes()
    return _CODE_HASH.sub(b"", content) if path.suffix == ".html" else content


def _different_numbers(recorded: Path, now: Path) -> Iterator[str]:
    if _rows(recorded / "runs.csv") != _rows(now / "runs.csv"):
        yield f"different numbers: {recorded.name}/runs.csv"
    for path in sorted(recorded.rglob("*.npz")):
        other = now / path.relative_to(recorded)
        if not other.is_file() or not _same_arrays(path, other):
            yield f"different numbers: {recorded.name}/{path.relative_to(recorded)}"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]


def _same_arrays(first: Path, second: Path) -> bool:
    with np.load(first) as one, np.load(second) as other:
        return sorted(one.files) == sorted(other.files) and all(
            one[name].dtype == other[name].dtype and one[name].tobytes() == other[name].tobytes() for name in one.files
        )


if __name__ == "__main__":
    raise SystemExit(main())
