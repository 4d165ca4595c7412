"""Dask workers that die or have other code, addresses that are none, and the runs of a session on both executors."""

import subprocess
import sys

import dask.config
import pytest

from experiments.cli.main import main
from experiments.errors import ExperimentsError
from experiments.scheduler.dask_cluster import DaskCluster
from experiments.scheduler.dask_executor import DaskExecutor
from experiments.scheduler.dask_worker import carry_out, code_fingerprint
from experiments.scheduler.executor import Broken, Train
from experiments.scheduler.plan import Selection
from experiments.session.run_studies import Options, run_studies
from tests.fakes import folder_bytes, make_study
from tests.marks import ON_LINUX
from tests.scheduler.fake_execute import FUNCTIONS
from tests.scheduler.test_executors import finished, runs
from tests.session.watch import Watcher


@pytest.fixture
def executor(tmp_path):
    """An executor with two workers of its own, for tests that kill them."""
    made = DaskExecutor(DaskCluster("local:2"), FUNCTIONS)
    yield made
    made.close()


@pytest.mark.slow
@ON_LINUX
def test_the_runs_of_a_killed_dask_worker_are_carried_out_by_another(executor, tmp_path):
    executor.submit(Train(runs(8, kill=[3], killed=str(tmp_path / "mark"), sleep=0.05)))
    results = finished(executor)
    assert sorted(result.run.repeat for result in results) == list(range(8))
    assert not any(result.error for result in results)


@pytest.mark.slow
@ON_LINUX
def test_a_run_that_kills_every_dask_worker_is_found_and_fails_alone():
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # 3 by default: a death takes seconds
        executor = DaskExecutor(DaskCluster("local:2"), FUNCTIONS)
    try:
        executor.submit(Train(runs(3, kill=[1])))
        errors = {result.run.repeat: result.error for result in finished(executor)}
    finally:
        executor.close()
    assert sorted(errors) == [0, 1, 2]
    assert "WorkerDied" in errors.pop(1)
    assert not any(errors.values())


@pytest.mark.slow
def test_runs_that_take_less_time_than_two_compilations_stay_together(executor, tmp_path):
    executor.submit(Train(runs(3, a=1, sleep=0.3)))  # teaches the executor how long a run takes
    finished(executor)
    log = tmp_path / "log"
    executor.submit(Train(runs(16, a=2, sleep=0.3, log=str(log))))
    assert len(finished(executor)) == 16
    processes = {line.split()[0] for line in log.read_text().splitlines()}
    assert len(processes) == 1


def test_a_lost_scheduler_ends_the_call_with_what_to_do(executor):
    executor.submit(Train(runs(2, sleep=30)))
    events = executor.events()
    next(events)
    executor._cluster._owned.close(timeout=5)
    with pytest.raises(ExperimentsError, match=r"is lost\. Finished runs are kept; the same command goes on"):
        list(events)


def test_a_machine_with_other_versions_carries_out_nothing():
    other = tuple((name, "0.1" if name == "keras" else found) for name, found in code_fingerprint())
    (broken,) = carry_out(Train(runs(1)), FUNCTIONS, other, "topic")
    assert isinstance(broken, Broken)
    assert "keras" in broken.traceback
    assert "instead of 0.1" in broken.traceback


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("local:0", "whole number N of at least 1"),
        ("local:two", "whole number N of at least 1"),
        ("nonsense", "the address of a scheduler such as tls://head:8786"),
        ("tcp://192.0.2.1:8786", "without TLS"),
        pytest.param("tcp://127.0.0.1:9", "no Dask scheduler answers there", marks=pytest.mark.slow),
        ("nowhere.json", "no such scheduler file"),
    ],
)
def test_an_address_that_does_not_serve_is_an_error_of_usage(address, message, tmp_path, capsys):
    code = main(["run", "nonlinearity", "--dask", address, "--out", str(tmp_path / "results")])
    assert code == 2
    error = capsys.readouterr().err
    assert message in error
    assert address in error
    assert "Traceback" not in error


def test_insecure_is_about_an_address(capsys):
    assert main(["run", "nonlinearity", "--insecure"]) == 2
    assert "--dask" in capsys.readouterr().err


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExperimentsError, match=r"honest-experiments\[distributed\]"):
        DaskCluster("local:1")


def test_the_local_pool_does_not_import_dask_nor_dask_tensorflow():
    program = (
        "import sys, experiments.session.run_studies, experiments.scheduler.local\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)\n"
        "import distributed, experiments.scheduler.dask_executor\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.slow
def test_a_session_writes_the_same_bytes_on_both_executors(dask_address, tmp_path):
    study = make_study("a", "b", "grid[x=1]", repeats=4)
    for name in ("local", "dask"):
        run_studies([study], _options(tmp_path / name, dask_address if name == "dask" else None), Watcher())
    assert folder_bytes(tmp_path / "local") == folder_bytes(tmp_path / "dask")


def _options(out, address):
    if address is None:
        return Options(out=out, selection=Selection(), report=False, make_executor=_local)
    cluster = DaskCluster(address)
    return Options(
        out=out,
        selection=Selection(),
        report=False,
        choose_devices=lambda wanted, _: cluster.devices(wanted),
        make_executor=lambda _: DaskExecutor(cluster, FUNCTIONS),
    )


def _local(devices):
    from experiments.scheduler.local import LocalExecutor

    return LocalExecutor(devices.workers, functions=FUNCTIONS)
