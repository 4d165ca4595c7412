"""Compare the local pool with Dask workers on the eight case studies, also while workers are killed.

python -m benchmarks.executors                  # local pool, Dask, both with a worker killed every 20 s: half an hour
python -m benchmarks.executors --ways local dask
python -m benchmarks.executors --repeats 3 --every 5     # a trial of the measurement itself

Each way trains what ``make slides`` does, with no stored program, into a folder of its own. A way whose workers are
killed repeats its command until it ends well. Then every file of results is compared with those of the first way, apart
from times.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.surroundings import ROOT, own_python

_WAYS = {
    "local": ("local pool", (), False),
    "dask": ("`--dask local:2`", ("--dask", "local:2"), False),
    "local-killed": ("local pool, workers killed", (), True),
    "dask-killed": ("`--dask local:2`, workers killed", ("--dask", "local:2"), True),
}
_MEASURED_TIMES = ("seconds", "device")


@dataclass
class Outcome:
    """What one way took.

    Attributes:
        seconds: Wall time of all its calls.
        calls: Calls until one ended well.
        kills: Workers that were killed.
    """

    seconds: float
    calls: int
    kills: int


def train(out: Path, arguments: list[str], every: float | None) -> Outcome:
    """Train the case studies.

    Args:
        out: The results folder.
        arguments: Of ``run``.
        every: Seconds after which a worker is killed; None for never.
    """
    verb = ["run", "--all", "--only", "slides", "--out", str(out)]
    command = [str(own_python()), "-m", "experiments", *verb, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    outcome = Outcome(0.0, 0, 0)
    start = time.perf_counter()
    code = 1
    while code:
        outcome.calls += 1
        with tempfile.TemporaryDirectory() as folder:  # with no stored program
            call = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
            over = threading.Event()
            killer = threading.Thread(target=_kill_workers, args=(call.pid, every, over, outcome), daemon=True)
            if every is not None:
                killer.start()
            code = call.wait()
            over.set()
    outcome.seconds = time.perf_counter() - start
    return outcome


def _kill_workers(call: int, every: float, over: threading.Event, outcome: Outcome) -> None:
    draw = random.Random(0)
    while not over.wait(every):
        found = sorted(workers_of(call))
        if found:
            os.kill(draw.choice(found), signal.SIGKILL)
            outcome.kills += 1


def workers_of(call: int) -> Iterator[int]:
    """Yield the worker processes of a call on Linux: those that multiprocessing started, without its trackers.

    Args:
        call: Process id of the call.
    """
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:  # it has just ended
            continue
    left = list(children.get(call, ()))
    while left:
        process = left.pop()
        left += children.get(process, ())
        try:
            command = Path(f"/proc/{process}/cmdline").read_text()
        except OSError:
            continue
        if "multiprocessing" in command and "resource_tracker" not in command:
            yield process


def differences(one: Path, other: Path) -> list[str]:
    """List what differs between two results folders, apart from times.

    Args:
        one: A results folder.
        other: Another one.

    Returns:
        A line for each file that is missing or differs.
    """
    files = sorted({path.relative_to(folder) for folder in (one, other) for path in folder.glob("*/**/*.npz")})
    files += sorted({path.relative_to(folder) for folder in (one, other) for path in folder.glob("*/runs.csv")})
    return [str(file) for file in files if _content(one / file) != _content(other / file)]


def _content(path: Path) -> object:
    if not path.is_file():
        return None
    if path.suffix != ".csv":
        return path.read_bytes()
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: cell for name, cell in row.items() if not name.startswith(_MEASURED_TIMES)}
            for row in csv.DictReader(file)
        ]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", nargs="+", choices=list(_WAYS), default=list(_WAYS))
    parser.add_argument("--repeats", type=int, help="fewer than the studies have")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills (default 20)")
    parser.add_argument("--keep", type=Path, help="keep the results in this folder")
    options = parser.parse_args()
    repeats = [] if options.repeats is None else ["--repeats", str(options.repeats)]
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        print("| way | wall time | calls | workers killed | files that differ |\n|---|---|---|---|---|")
        for way in options.ways:
            label, arguments, killed = _WAYS[way]
            outcome = train((folder / way).absolute(), [*arguments, *repeats], options.every if killed else None)
            differing = differences(folder / options.ways[0], folder / way)
            print(
                f"| {label} | {outcome.seconds:.0f} s | {outcome.calls} | {outcome.kills} | "
                f"{', '.join(differing) or 'none'} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
