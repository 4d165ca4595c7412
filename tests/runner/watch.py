"""A listener that remembers, and the options of tests that train nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.runner import run as running
from experiments.runner.local import LocalExecutor
from experiments.runner.run import Options, run_studies

EXECUTE = "tests.runner.fake_execute"


class Watcher:
    def __init__(self, *, aloud=False):
        self.lines, self.events, self.ended, self.aloud = [], [], 0, aloud

    def say(self, line):
        self.lines.append(line)
        if self.aloud:
            print(line, flush=True)

    def begin(self, plans):
        self.plans = plans

    def progress(self, event):
        self.events.append(event)

    def finished(self, event):
        self.events.append(event)

    def end(self):
        self.ended += 1


def run(studies, out, *, aloud=False, **options):
    """Run studies and give the summary and the watcher."""
    watcher = Watcher(aloud=aloud)
    settings = {"jobs": 2, "device": "cpu", "report": False, "execute": EXECUTE} | options
    return run_studies(studies, Options(out=Path(out), **settings), watcher), watcher


def always_forked(*jobs, **options):
    """An executor that forks its workers, which a run with ``EXECUTE`` would spawn."""
    return LocalExecutor(*jobs, **options | {"forked": True})


# One run as a process of its own, to be killed or interrupted; its arguments: STUDY_PICKLE OUT forked|spawned.
if __name__ == "__main__":
    import pickle

    _, _pickle, _out, _way = sys.argv
    if _way == "forked":
        running.LocalExecutor = always_forked
    _summary, _ = run([pickle.loads(Path(_pickle).read_bytes())], _out, aloud=True)
    sys.exit(130 if _summary.interrupted else 0)
