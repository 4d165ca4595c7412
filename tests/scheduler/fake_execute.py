"""Run functions that train nothing: keys of a run's configuration decide what happens to it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from experiments.errors import Problem
from experiments.scheduler.worker import RunFunctions
from tests.fakes import make_result, words_of

_held = []  # memory that is never given back


def prepare(runs):
    for run in runs:
        if "kill_build" in words_of(run.config) and is_first(words_of(run.config)["kill_build"]):
            os.kill(os.getpid(), signal.SIGKILL)
        if "refuse" in words_of(run.config):
            yield run, (Problem(None, "model.hidden", words_of(run.config)["refuse"]),)


def execute(runs, on_progress=None):
    for run in runs:
        config = words_of(run.config)
        if "log" in config:
            with Path(config["log"]).open("a") as log:
                log.write(f"{os.getpid()} {run.variant} {run.protocol} {run.repeat}\n")
        _held.append(bytearray(config.get("hold", 0)))
        if "mark" in config:
            Path(config["mark"]).touch()
            while not Path(config["wait_for"]).exists():
                time.sleep(0.01)
        on_progress(run.variant, 1, 2)
        if run.repeat in config.get("die", ()):
            os._exit(7)
        if run.repeat in config.get("signal", ()) and is_first(config.get("signalled")):
            os.kill(os.getpid(), signal.SIGKILL)
        if run.repeat in config.get("stop", ()):
            os.kill(os.getpid(), signal.SIGSTOP)
        if run.repeat in config.get("kill", ()):
            kill_worker(config.get("killed"))
        time.sleep(config.get("sleep", 0))
        error = "Traceback ...\nValueError: as told" if run.repeat in config.get("fail", ()) else ""
        yield make_result(run, error=error, device=visible_device())


def is_first(mark):
    """Return whether a mark is not there yet, and leave it; without a mark each time is the first."""
    if mark is None:
        return True
    there = Path(mark).exists()
    Path(mark).touch()
    return not there


def kill_worker(mark):
    """Kill the process that started the fork server of this one, which is a Dask worker; with a mark, once only."""
    if not is_first(mark):
        return
    server = Path(f"/proc/{os.getppid()}/stat").read_text()
    os.kill(int(server.rpartition(")")[2].split()[1]), signal.SIGKILL)
    time.sleep(60)


def visible_device():
    """Return where TensorFlow would train in this process, were there a GPU."""
    return "cpu" if os.environ.get("CUDA_VISIBLE_DEVICES") == "-1" else "gpu"


def count(runs):
    for run in runs:
        yield run, float(words_of(run.config).get("operations", 0))


def broken(runs, on_progress=None):
    raise ImportError("no_such_module")


FUNCTIONS = RunFunctions(execute, prepare, count, preload="tests.fakes")
BROKEN_FUNCTIONS = RunFunctions(broken, prepare, preload="tests.fakes")
