"""A listener that remembers, and the options of tests that train nothing."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from experiments.cli.interruption import Interruption
from experiments.scheduler.executor import Finished, Prepared, Refused, Tick, Train
from experiments.scheduler.local import LocalExecutor
from experiments.session import pages as writing
from experiments.session.run_studies import Options, run_studies
from tests.scheduler.fake_execute import FUNCTIONS


class InThisProcess:
    """An executor without workers: the three methods are all that a session needs."""

    def __init__(self, devices):
        self._tasks = []

    def submit(self, task, *, first=False):
        self._tasks.insert(0 if first else len(self._tasks), task)

    def events(self):
        while self._tasks:
            task = self._tasks.pop(0)
            if isinstance(task, Train):
                for result in FUNCTIONS.execute(task.runs, lambda *_: None):
                    scalars = result.scalars and result.scalars | {"device": task.device}
                    yield Finished(replace(result, scalars=scalars), 0.1)
            else:
                yield from (Refused(run, problems) for run, problems in FUNCTIONS.prepare(task.runs))
                yield Prepared()
            yield Tick()

    def close(self):
        self._tasks.clear()


def fake_executor(devices, *, forked=False):
    """Return an executor with processes that train nothing."""
    return LocalExecutor(devices.workers, gpu=bool(devices.gpu), functions=FUNCTIONS, forked=forked)


def forked_fake_executor(devices):
    """The same with forked workers."""
    return fake_executor(devices, forked=True)


class Watcher:
    def __init__(self, *, aloud=False):
        self.lines, self.pages, self.moves, self.ended, self.aloud = [], [], 0, 0, aloud

    def log(self, line):
        self.lines.append(line)
        if self.aloud:
            print(line, flush=True)

    def begin(self, tally):
        self.tally = tally

    def update(self):
        self.moves += 1

    def study_written(self, study, verdicts, seconds):
        self.pages.append(study)
        if self.aloud:
            print(f"written {study}", flush=True)

    def end(self):
        self.ended += 1


def run(studies, out, *, aloud=False, **options):
    """Run studies and give the summary and the watcher; without ``make_executor`` in this process."""
    watcher = Watcher(aloud=aloud)
    settings = {"jobs": 2, "device": "cpu", "report": False, "make_executor": InThisProcess} | options
    return run_studies(studies, Options(out=Path(out), **settings), watcher), watcher


def start(studies, folder, out, way="spawned", *, pages=False):
    """Run studies in a process of its own."""
    path = folder / "studies.pickle"
    path.write_bytes(pickle.dumps(studies))
    command = [sys.executable, "-m", "tests.session.watch", str(path), str(out), way, *(["pages"] if pages else [])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition, seconds=60):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# One run as a process, to be killed or interrupted; its arguments: STUDIES_PICKLE OUT forked|spawned [pages].
if __name__ == "__main__":
    _, _pickle, _out, _way, *_pages = sys.argv
    _make = forked_fake_executor if _way == "forked" else fake_executor
    writing.SECONDS_AFTER_CTRL_C = 60.0  # a machine that is busy with other tests needs more than the usual four
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may have been started without both
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    _interruption = Interruption()
    with _interruption.handled():
        _summary, _ = run(
            pickle.loads(Path(_pickle).read_bytes()), _out, aloud=True, report=bool(_pages), make_executor=_make
        )
    sys.exit(_interruption.exit_code if _summary.interrupted else 0)
