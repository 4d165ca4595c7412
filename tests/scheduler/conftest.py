"""The executors under test, with functions that train nothing."""

import logging

import dask.config
import pytest
from distributed import LocalCluster

from experiments.scheduler.dask_cluster import DaskCluster
from experiments.scheduler.dask_executor import DaskExecutor
from experiments.scheduler.local import LocalExecutor
from tests.marks import ON_LINUX
from tests.scheduler.fake_execute import FUNCTIONS


@pytest.fixture(scope="session")
def dask_address():
    """The address of a scheduler with two workers on this machine."""
    with dask.config.set({"distributed.worker.daemon": False}):
        cluster = LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            memory_limit=0,
        )
    yield cluster.scheduler_address
    cluster.close(timeout=10)


@pytest.fixture
def make_executor(request):
    """Return a function that makes an executor by its name; all are closed at the end."""
    made = []

    def make(name, functions=FUNCTIONS):
        if name == "dask":
            cluster = DaskCluster(request.getfixturevalue("dask_address"))
            made.append(DaskExecutor(cluster, functions))
        else:
            made.append(LocalExecutor(2, functions=functions, forked=name == "forked"))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture(params=["spawned", pytest.param("forked", marks=ON_LINUX), "dask"])
def executor(request, make_executor):
    return make_executor(request.param)
