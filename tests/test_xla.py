"""What XLA is told, and that a program loaded from disk is the one that was compiled."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from experiments import xla
from experiments.runner.bundles import make_bundles
from experiments.runner.local import LocalExecutor
from experiments.runner.tasks import Finished, Train
from experiments.study import load_study
from tests.marks import ON_LINUX

STUDY = Path(__file__).parent / "cli" / "study.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, and nothing said to XLA; gives the folder of the programs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setenv("TF_XLA_FLAGS", "")  # so that it is as before in the end, whatever the test leaves
    del os.environ["TF_XLA_FLAGS"]
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


def test_what_a_crash_left_is_removed(folder):
    xla.keep_programs()
    programs = told()
    whole, old, new = programs / "whole.pb", programs / "old.pb123.tmp", programs / "new.pb123.tmp"
    # Two fields, numbers 1 and 2, both of bytes: tag, length, content.
    whole.write_bytes(b"\x0a\x03abc\x12\x01d")
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    bad = [b"", b"\x0a", b"\x0a\x03ab", bytes(50), b"\xff" * 1000, b"\x0a" + b"\xff" * 9 + b"\x01", b"\x08\x01"]
    for number, content in enumerate(bad):
        (programs / f"bad{number}.pb").write_bytes(content)
    xla.keep_programs()
    assert told() == programs
    assert set(programs.iterdir()) == {whole, new}


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
        programs = {path: path.stat().st_mtime_ns for path in Path(".xla_cache").rglob("*.pb")}
        assert {result.scalars["tier"] for result in results if not result.error} <= {"xla"}
        return {result.run.hash: result.error or result.history for result in results}, programs

    return train


def assert_same(first, second):
    assert set(first) == set(second)
    for name, history in first.items():
        for key, curve in history.items():
            np.testing.assert_array_equal(second[name][key], curve)


@ON_LINUX
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


@ON_LINUX
def test_a_program_is_found_whatever_was_traced_before(folder, train):
    first, stored = train()
    again, now = train(order=-1)
    assert_same(first, again)
    assert now == stored


@ON_LINUX
def test_what_cannot_be_read_fails_a_run_and_never_leads_to_another_program(folder, train):
    _, (one, other) = train()
    shutil.copy(one, other)
    results, _ = train()
    failures = [result for result in results.values() if isinstance(result, str)]
    assert failures
    assert all("Serialized" in failure for failure in failures)
