"""What every executor guarantees: each test is carried out by the local pool and by Dask workers."""

import time

import pytest

from experiments.scheduler.executor import (
    Broken,
    Counted,
    CountOperations,
    Finished,
    Prepare,
    Prepared,
    Refused,
    RunProgress,
    Train,
)
from tests.fakes import FakeStudy, FakeVariant
from tests.marks import ON_LINUX
from tests.scheduler.fake_execute import BROKEN_FUNCTIONS


def runs(repeats, **config):
    study = FakeStudy("s", (FakeVariant("v", config=config, repeats=repeats, protocols=("published",)),))
    return study.runs()


def finished(executor):
    return [event.result for event in executor.events() if isinstance(event, Finished)]


def test_every_run_has_one_result(executor):
    asked = (*runs(5, a=1), *runs(4, a=2))
    executor.submit(Train(asked[:5]))
    executor.submit(Train(asked[5:]))
    results = finished(executor)
    assert sorted(result.run.hash for result in results) == sorted(run.hash for run in asked)
    assert not any(result.error for result in results)


def test_a_run_that_raises_is_a_failed_result_and_the_others_go_on(executor):
    executor.submit(Train(runs(4, fail=[1])))
    errors = {result.run.repeat: result.error for result in finished(executor)}
    assert sorted(errors) == [0, 1, 2, 3]
    assert "as told" in errors.pop(1)
    assert not any(errors.values())


def test_a_run_whose_process_dies_is_a_failed_result_and_the_others_go_on(executor):
    executor.submit(Train(runs(4, die=[2])))
    errors = {result.run.repeat: result.error for result in finished(executor)}
    assert sorted(errors) == [0, 1, 2, 3]
    assert errors.pop(2).endswith("WorkerDied: exit code 7")
    assert not any(errors.values())


@ON_LINUX
def test_a_run_whose_process_is_killed_is_tried_once_more(executor, tmp_path):
    log = tmp_path / "log"
    executor.submit(Train(runs(3, signal=[1], signalled=str(tmp_path / "mark"), log=str(log))))
    results = finished(executor)
    assert sorted(result.run.repeat for result in results) == [0, 1, 2]
    assert not any(result.error for result in results)
    carried_out = [line.rsplit(maxsplit=1)[1] for line in log.read_text().splitlines()]
    assert sorted(carried_out) == ["0", "1", "1", "2"]


@ON_LINUX
def test_a_run_whose_process_is_killed_each_time_fails(executor):
    executor.submit(Train(runs(3, signal=[1])))
    errors = {result.run.repeat: result.error for result in finished(executor)}
    assert sorted(errors) == [0, 1, 2]
    assert errors.pop(1).endswith("WorkerDied: exit code -9")
    assert not any(errors.values())


@ON_LINUX
def test_a_check_whose_process_is_killed_is_done_once_more(executor, tmp_path):
    executor.submit(Prepare(runs(1, kill_build=str(tmp_path / "mark"))))
    (answer,) = [event for event in executor.events() if isinstance(event, (Prepared, Broken))]
    assert isinstance(answer, Prepared)


def test_what_cannot_be_built_is_refused_before_the_answer(executor):
    executor.submit(Prepare((*runs(1, refuse="no such thing"), *runs(1))))
    events = [event for event in executor.events() if isinstance(event, (Refused, Prepared))]
    assert [type(event) for event in events] == [Refused, Prepared]
    assert events[0].problems[0].message == "no such thing"


def test_operations_are_counted(executor):
    executor.submit(CountOperations(runs(2, operations=5e6)))
    assert [event.operations for event in executor.events() if isinstance(event, Counted)] == [5e6, 5e6]


def test_a_task_may_be_submitted_between_two_events(executor):
    executor.submit(Train(runs(1, a=1)))
    results = []
    for event in executor.events():
        if isinstance(event, Finished):
            results.append(event.result.run.hash)
            if len(results) == 1:
                executor.submit(Train(runs(2, a=2)))
    assert len(results) == 3


def test_a_task_that_is_submitted_first_begins_before_those_that_wait(executor):
    for number in range(10):
        executor.submit(Train(runs(4, a=10 + number, sleep=0.1)))
    executor.submit(Train(runs(1, a=3)))
    first = {run.hash for run in runs(2, a=2)}
    seen = []
    for event in executor.events():
        if isinstance(event, Finished):
            seen.append(event.result.run.hash)
            if len(seen) == 1:
                executor.submit(Train(runs(2, a=2)), first=True)
    (other,) = (run.hash for run in runs(1, a=3))
    assert len(seen) == 43
    assert max(map(seen.index, first)) < seen.index(other)


def test_no_event_is_lost_where_a_caller_stops_the_iteration(executor):
    executor.submit(Train(runs(6)))
    first = next(event for event in executor.events() if isinstance(event, Finished))
    assert len([first.result, *finished(executor)]) == 6


@pytest.mark.slow
def test_the_epochs_of_a_long_run_are_announced(executor):
    executor.submit(Train(runs(3, sleep=1.2)))
    (progress, *_) = [event for event in executor.events() if isinstance(event, RunProgress)]
    assert (progress.study, progress.variant, progress.done, progress.total) == ("s", "v", 1, 2)


def test_close_ends_what_is_running_at_once(executor, tmp_path):
    started = tmp_path / "log"
    executor.submit(Train(runs(1, sleep=120, log=str(started))))
    for _ in executor.events():
        if started.exists():
            break
    start = time.monotonic()
    executor.close()
    assert time.monotonic() - start < 10
    assert list(executor.events()) == []
    executor.close()


@pytest.mark.parametrize("name", ["forked", "dask"])
def test_an_error_outside_of_a_run_breaks_the_task(name, make_executor):
    executor = make_executor(name, BROKEN_FUNCTIONS)
    executor.submit(Train(runs(1)))
    (broken,) = [event for event in executor.events() if isinstance(event, Broken)]
    assert "no_such_module" in broken.traceback
