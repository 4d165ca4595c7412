"""The pool of processes, with tasks that only note who did them."""

import math
import os
import signal
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from experiments.errors import ExperimentsError
from experiments.scheduler.executor import Broken, CallFunction, Finished, Prepare, Refused, Returned, Train
from experiments.scheduler.local import LocalExecutor
from tests.fakes import FakeStudy, FakeVariant
from tests.marks import ON_LINUX
from tests.scheduler.fake_execute import BROKEN_FUNCTIONS, FUNCTIONS


def runs(repeats, **config):
    study = FakeStudy("s", (FakeVariant("v", config=config, repeats=repeats, protocols=("published",)),))
    return study.runs()


@pytest.fixture(params=[False, pytest.param(True, marks=ON_LINUX)], ids=["spawned", "forked"])
def pool(request):
    made = []

    def make(jobs=2, functions=FUNCTIONS, **options):
        made.append(LocalExecutor(jobs, functions=functions, forked=request.param, **options))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def finished(executor):
    return [event.result for event in executor.events() if isinstance(event, Finished)]


def workers_in(log):
    return [line.split()[0] for line in log.read_text().splitlines()]


def test_every_run_is_answered_once(pool):
    executor = pool()
    executor.submit(Train(runs(5, a=1)))
    executor.submit(Train(runs(4, a=2)))
    results = finished(executor)
    assert {result.run.hash for result in results} == {run.hash for run in (*runs(5, a=1), *runs(4, a=2))}
    assert len(results) == 9


def test_an_idle_worker_takes_over_part_of_a_long_bundle(pool, tmp_path):
    log = tmp_path / "log"
    executor = pool()
    executor.submit(Prepare(runs(1)))  # starting the process shall not count as compiling
    assert finished(executor) == []
    executor.submit(Train(runs(20, log=str(log), sleep=0.1)))
    assert len(finished(executor)) == 20
    assert len(set(workers_in(log))) >= 2  # a forked worker is another process for every part that it takes over


def test_a_worker_that_has_grown_too_large_is_replaced_and_no_run_is_lost(pool, tmp_path):
    log = tmp_path / "log"
    executor = pool(1, memory_limit=1)
    executor.submit(Train(runs(4, log=str(log), hold=1_000_000)))
    assert sorted(result.run.repeat for result in finished(executor)) == [0, 1, 2, 3]
    assert len(set(workers_in(log))) > 1


def test_tasks_of_both_devices_are_carried_out_at_once_and_only_one_process_sees_the_gpu(pool, tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    marks = tmp_path / "cpu", tmp_path / "gpu"
    executor = pool(1, gpu=True)
    for device, own, other in zip(("cpu", "gpu"), marks, reversed(marks), strict=True):
        executor.submit(Train(runs(2, mark=str(own), wait_for=str(other)), device=device))
        executor.submit(Train(runs(3, more=device), device=device))
    results = finished(executor)
    assert len(results) == 10
    for result in results:
        device = result.run.config.get("more") or Path(result.run.config["mark"]).name
        assert result.scalars["device"] == device


def test_a_gpu_is_used_by_one_process_that_keeps_its_programs(pool, tmp_path):
    log = tmp_path / "log"
    executor = pool(2, gpu=True)
    for name in "abc":
        executor.submit(Train(runs(3, log=str(log), name=name, sleep=0.05), device="gpu"))
    assert len(finished(executor)) == 9
    assert len(set(workers_in(log))) == 1


@ON_LINUX
def test_a_worker_without_a_sign_of_life_is_ended_and_its_run_fails(pool):
    executor = pool(1, patience=1.0)
    executor.submit(Train(runs(4, stop=[1], sleep=0.05)))
    errors = {result.run.repeat: result.error for result in finished(executor)}
    assert sorted(errors) == [0, 1, 2, 3]
    assert errors.pop(1).endswith("WorkerDied: no sign of life for 1 s")
    assert not any(errors.values())


def test_calls_give_their_value_or_their_traceback(pool):
    executor = pool(1)
    executor.submit(CallFunction(math.sqrt, (16.0,)))
    executor.submit(CallFunction(math.sqrt, (-1.0,)))
    events = [event for event in executor.events() if isinstance(event, (Returned, Broken))]
    assert events[0].value == 4.0
    assert "ValueError" in events[1].traceback


def test_what_cannot_be_built_is_refused(pool):
    executor = pool(1)
    executor.submit(Prepare(runs(1, refuse="no such thing")))
    (refused,) = [event for event in executor.events() if isinstance(event, Refused)]
    assert refused.problems[0].message == "no such thing"


def test_close_ends_what_is_running_at_once(pool):
    executor = pool()
    executor.submit(Train(runs(1, sleep=60)))
    events = executor.events()
    next(event for event in events if not isinstance(event, Finished))
    start = time.monotonic()
    executor.close()
    assert time.monotonic() - start < 5
    assert list(executor.events()) == []


def test_a_pool_whose_workers_cannot_start_says_so(pool, monkeypatch):
    executor = pool(1)
    monkeypatch.setattr(sys.modules[__name__], "not_there", _not_there, raising=False)
    monkeypatch.setattr(_not_there, "__qualname__", "not_there")
    executor.submit(CallFunction(_not_there, ()))
    assert any(isinstance(event, Broken) for event in executor.events())
    executor = pool(1, functions=BROKEN_FUNCTIONS)
    executor.submit(Train(runs(1)))
    (broken,) = [event for event in executor.events() if isinstance(event, Broken)]
    assert "no_such_module" in broken.traceback


def _not_there():
    """Pickled under a name that the module of the worker does not have."""


def test_workers_that_die_at_once_are_not_started_for_ever(pool, monkeypatch):
    executor = pool(1)
    monkeypatch.setattr("experiments.scheduler.local.work", _die)
    for _ in range(3):
        executor.submit(Train(runs(1)))
    with pytest.raises(ExperimentsError, match="no worker process stays alive"):
        list(executor.events())


def _die(connection, settings):
    raise SystemExit(3)


@ON_LINUX
def test_a_killed_fork_server_is_replaced(make_executor):
    executor = make_executor("forked", FUNCTIONS)
    executor.submit(Train(runs(2)))
    assert len(finished(executor)) == 2
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    executor.submit(Train(runs(3)))
    assert not any(result.error for result in finished(executor))
