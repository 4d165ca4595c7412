"""What XLA is told, and that a program loaded from disk is the one that was compiled."""

import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from experiments import xla
from experiments.runner.bundles import make_bundles
from experiments.runner.local import LocalExecutor
from experiments.runner.tasks import Finished, Train
from experiments.study import load_study

STUDY = Path(__file__).parent / "cli" / "study.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, and nothing said to XLA; gives the folder of the programs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    monkeypatch.setenv("XLA_FLAGS", "")
    return tmp_path / ".xla_cache"


def told():
    """The folder that XLA was told to use, or None."""
    flags = os.environ.pop("TF_XLA_FLAGS", None)
    return flags and Path(flags.split()[0].partition("=")[2])


def test_xla_is_told_once_and_the_users_own_options_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=somewhere")
    xla.allow_single_kernels()
    xla.allow_single_kernels()
    assert os.environ["XLA_FLAGS"].startswith("--xla_dump_to=somewhere --xla_backend_extra_options=")
    assert os.environ["XLA_FLAGS"].count("xla_backend_extra_options") == 1
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_extra_options=xla_cpu_optimize_for_size=true")
    xla.allow_single_kernels()
    assert os.environ["XLA_FLAGS"] == "--xla_backend_extra_options=xla_cpu_optimize_for_size=true"


def test_programs_of_other_options_or_processors_have_a_folder_of_their_own(folder, monkeypatch):
    xla.keep_programs()
    first = told()
    assert (Path.cwd() / first).parent == folder
    xla.keep_programs()
    assert told() == first
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=1")
    xla.keep_programs()
    other_options = told()
    monkeypatch.setattr(xla, "_processor", lambda: "another one")
    xla.keep_programs()
    assert len({first, other_options, told()}) == 3


def test_the_users_own_flags_are_left_alone(folder, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_clustering_debug")
    xla.keep_programs()
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_clustering_debug"
    assert not folder.exists()


def test_nothing_is_stored_where_nothing_can_be(folder, monkeypatch):
    folder.write_text("not a folder")
    xla.keep_programs()
    assert told() is None
    folder.unlink()
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1_000_000))
    xla.keep_programs()
    assert told() is None


@pytest.fixture
def train():
    """Trains a small study's programs in a given order; gives what was computed, by run, and the programs stored."""
    runs = [run for run in load_study(str(STUDY)).runs(repeats=1) if run.protocol == "published"]

    def train(order=1):
        executor = LocalExecutor(1, forked=True)
        try:
            for bundle in make_bundles(runs)[::order]:
                executor.submit(Train(bundle))
            results = [event.result for event in executor.events() if isinstance(event, Finished)]
        finally:
            executor.close()
        assert [(result.error, result.scalars["tier"]) for result in results] == [("", "xla")] * len(runs)
        programs = {path: path.stat().st_mtime_ns for path in Path(".xla_cache").rglob("*.pb")}
        return {result.run.hash: result.history for result in results}, programs

    return train


def assert_same(first, second):
    assert set(first) == set(second)
    for name, history in first.items():
        for key, curve in history.items():
            np.testing.assert_array_equal(second[name][key], curve)


def test_a_stored_program_computes_the_same_and_a_broken_one_is_compiled_anew(folder, train):
    first, stored = train()
    assert len(stored) == 2
    for size in (1000, 0):
        broken, whole = stored
        os.truncate(broken, size)
        again, now = train()
        assert_same(first, again)
        assert set(now) == set(stored)
        assert now[whole] == stored[whole]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one process carries out many tasks")
def test_a_program_is_found_whatever_was_traced_before(folder, train):
    first, stored = train()
    again, now = train(order=-1)
    assert_same(first, again)
    assert now == stored
