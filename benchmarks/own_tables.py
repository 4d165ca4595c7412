"""Measure what ``new --data`` and ``run`` take for the tables of scikit-learn.

python -m benchmarks.own_tables                      # six tables, some ten minutes; prints a table
python -m benchmarks.own_tables --tables wine iris
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import sklearn.datasets

from benchmarks.surroundings import ROOT, own_python

_TABLES = ("iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud")


@dataclass(frozen=True)
class Outcome:
    """What the study of one table took, with no stored program.

    Attributes:
        networks: Networks that were trained.
        seconds: Wall time of both commands.
    """

    networks: int
    seconds: float


def measure(name: str, folder: Path) -> Outcome:
    """Write a table, a study of it with ``new``, and run the study.

    Args:
        name: Of the function ``load_<name>`` of scikit-learn.
        folder: Empty; the table, the study and its results are written there.
    """
    table = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
    table.frame.to_csv(folder / f"{name}.csv", index=False)
    targets = [table.target.name] if isinstance(table.target, pd.Series) else list(table.target.columns)
    wanted = [argument for target in targets for argument in ("--target", target)]
    start = time.perf_counter()
    _call(folder, "new", "--data", f"{name}.csv", *wanted, f"of_{name}")
    _call(folder, "run", f"of_{name}")
    seconds = time.perf_counter() - start
    return Outcome(len(pd.read_csv(folder / "results" / f"of_{name}" / "runs.csv")), seconds)


def _call(folder: Path, *arguments: str) -> None:
    command = [own_python(), "-m", "experiments", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=_TABLES, default=_TABLES)
    print("| table of scikit-learn | networks | wall time |\n|---|---|---|")
    for name in parser.parse_args().tables:
        with tempfile.TemporaryDirectory() as folder:
            outcome = measure(name, Path(folder))
        print(f"| {name} | {outcome.networks} | {outcome.seconds:.0f} s |", flush=True)


if __name__ == "__main__":
    main()
