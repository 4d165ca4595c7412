"""Count the functions that a value passes through, from the study file to the pages.

    python -m tools.travel [--code FOLDER]    # FOLDER: another checkout of this repository, such as an older one

A small study is run and reported with a profiler in every process. A function counts for a value where one of its
arguments is that value: the rate of a Dropout or the component that holds it, the record of one run, or a claim. The
result is a table: value, functions, files, packages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

STUDY = """\
title: One dropout layer
question: Where does its rate go?
source: ours
topic: Better generalization
data:
  points: {make_circles: {n_samples: 60, noise: 0.1, random_state: 1}}
  split: {train: 30, test: 30}
model:
  hidden: {Dense: {units: 5, activation: relu}}
  output: {Dense: {units: 1, activation: sigmoid}}
training:
  optimizer: Adam
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 3
variants:
  baseline: {}
  dropout: {model.drop: {Dropout: 0.4321, after: hidden}}
claims:
  - {says: Dropout helps., expect: dropout.test_accuracy > baseline.test_accuracy, source: ours}
"""
PROFILER = """
import os, sys, threading
ROOT, OUT = os.environ["TRAVEL_ROOT"], os.environ["TRAVEL_OUT"]
RUN = {"Run", "TrainingRecord", "Outcome", "RunResult", "StagedRun", "Row"}
CLAIM = {"Claim", "Expression", "Comparison", "JudgedClaim", "Judged", "Verdict", "Finding", "Evidence", "ClaimRow"}
EXPECT = "dropout.test_accuracy > baseline.test_accuracy"
found = set()

def kinds(value):
    name = type(value).__name__
    if isinstance(value, dict) and "Dropout" in value:
        yield "Dropout as plain data"
    elif getattr(value, "name", None) == "Dropout" and hasattr(value, "arguments"):
        yield "Dropout as a value"
    elif type(value) is float and value == 0.4321:
        yield "rate of the Dropout"
    if name in RUN:
        yield "one run"
    if name in CLAIM or (type(value) is str and value == EXPECT) or (isinstance(value, dict) and "expect" in value):
        yield "one claim"

def profile(frame, event, argument):
    if event != "call":
        return
    code = frame.f_code
    if not code.co_filename.startswith(ROOT) or code.co_name.startswith("<"):
        return
    count = code.co_argcount + code.co_kwonlyargcount
    for name in code.co_varnames[:count]:
        try:
            for kind in kinds(frame.f_locals.get(name)):
                entry = kind + "\\t" + code.co_filename[len(ROOT):] + "\\t" + code.co_qualname
                if entry not in found:
                    found.add(entry)
                    with open(OUT, "a") as file:
                        file.write(entry + "\\n")
        except Exception:
            pass

sys.setprofile(profile)
threading.setprofile(profile)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the small study under the profiler and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--code", type=Path, default=Path.cwd(), help="checkout whose package is measured")
    parser.add_argument("--list", action="store_true", help="also list the functions")
    given = parser.parse_args(arguments)
    code = given.code.resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "travel.yaml").write_text(STUDY, encoding="utf-8")
        (work / "sitecustomize.py").write_text(PROFILER, encoding="utf-8")
        environment = os.environ | {
            "PYTHONPATH": f"{work}{os.pathsep}{code}",
            "TRAVEL_ROOT": f"{code}{os.sep}experiments{os.sep}",
            "TRAVEL_OUT": str(work / "found.txt"),
        }
        for verb in (("run", "--repeats", "2", "--jobs", "1", "--out", "results"), ("code", "--variant", "dropout")):
            command = [sys.executable, "-m", "experiments", verb[0], "travel.yaml", *verb[1:]]
            subprocess.run(command, cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL)
        entries = {tuple(line.split("\t")) for line in (work / "found.txt").read_text().splitlines()}
    functions = defaultdict(set)
    for kind, file, function in entries:
        functions[kind].add((file, function))
    print(f"{'value':22} {'functions':>9} {'files':>6} {'packages':>9}")
    for kind, passed in sorted(functions.items()):
        files = {file for file, _ in passed}
        packages = {Path(file).parts[0] for file in files}
        print(f"{kind:22} {len(passed):9} {len(files):6} {len(packages):9}")
        if given.list:
            print("\n".join(f"    {file}: {function}" for file, function in sorted(passed)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
