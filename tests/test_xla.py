"""What XLA is told, and that a program loaded from disk is the one that was compiled."""

import os
import platform
import random
import re
import shutil
import struct
import tempfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from experiments import xla
from experiments.language import load_study
from experiments.scheduler.bundles import make_bundles
from experiments.scheduler.executor import Finished, Note, Train
from experiments.scheduler.local import LocalExecutor
from experiments.stored_programs import ProgramStore
from tests.marks import ON_LINUX

STUDY = Path(__file__).parent / "cli" / "study.yaml"


KEY = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, and nothing said to XLA; gives the folder of the programs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setenv("TF_XLA_FLAGS", "")  # so that it is as before in the end, whatever the test leaves
    del os.environ["TF_XLA_FLAGS"]
    monkeypatch.setattr(xla.KeptPrograms, "any_loaded", False)
    return tmp_path / ".xla_cache"


@pytest.fixture
def keep(folder, tmp_path):
    """What a new process does before a task; gives its programs and the folder that XLA was told to use, or None."""
    made = []

    def keep(key=KEY):
        os.environ.pop("TF_XLA_FLAGS", None)
        made.append(tmp_path / f"task {len(made)}")
        programs = xla.keep_programs(key, made[-1])
        flags = os.environ.get("TF_XLA_FLAGS")
        assert flags is None or flags.startswith(f'--tf_xla_persistent_cache_directory="{made[-1]}" ')
        assert (flags is None) == (programs is None) == (not made[-1].exists())
        return programs, flags and made[-1]

    return keep


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_xla_is_told_once_and_the_users_own_options_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=somewhere")
    xla.allow_single_kernels()
    xla.allow_single_kernels()
    assert os.environ["XLA_FLAGS"].startswith("--xla_dump_to=somewhere --xla_backend_extra_options=")
    assert os.environ["XLA_FLAGS"].count("xla_backend_extra_options") == 1
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_extra_options=xla_cpu_optimize_for_size=true")
    xla.allow_single_kernels()
    assert os.environ["XLA_FLAGS"] == "--xla_backend_extra_options=xla_cpu_optimize_for_size=true"


@ON_LINUX
def test_programs_of_other_options_or_processors_have_a_folder_of_their_own(folder, keep, monkeypatch):
    keep()
    keep()
    assert len(names(folder)) == 1
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=1")
    keep()
    assert len(names(folder)) == 2
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0" else "1")
    keep()
    assert len(names(folder)) == 3
    monkeypatch.setattr(xla, "_processor", lambda: "another one")
    keep()
    assert len(names(folder)) == 4


@ON_LINUX
def test_a_task_has_copies_of_the_programs_of_its_key_and_adds_its_own(keep):
    programs, own = keep()
    assert not programs.loaded
    (own / "one.pb").write_bytes(b"compiled")
    (own / "two.pb123.tmp").write_bytes(b"half wri")
    programs.store_new()
    again, copies = keep()
    assert (again.loaded, again.deleted, names(copies)) == (True, 0, {"one.pb"})
    (copies / "one.pb").write_bytes(b"damaged after it was read")
    again.store_new()
    again.close()
    assert not copies.exists()
    assert (keep()[1] / "one.pb").read_bytes() == b"compiled"
    other, nothing = keep("fedcba9876543210")
    assert not other.loaded
    assert names(nothing) == set()
    xla.delete_programs(KEY)
    assert names(keep()[1]) == set()


@ON_LINUX
def test_what_a_killed_worker_compiled_is_not_loaded(keep):
    _, own = keep()
    (own / "one.pb").write_bytes(b"compiled")
    programs, copies = keep()
    assert not programs.loaded
    assert names(copies) == set()


def test_the_users_own_flags_are_left_alone(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_clustering_debug")
    assert xla.keep_programs(KEY, tmp_path / "task") is None
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_clustering_debug"
    assert not folder.exists()


@ON_LINUX
def test_nothing_is_stored_where_nothing_can_be(folder, keep, monkeypatch):
    folder.write_text("not a folder")
    assert keep() == (None, None)
    folder.unlink()
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1_000_000))
    assert keep() == (None, None)


@ON_LINUX
def test_a_disk_that_fills_up_meanwhile_costs_no_run(keep, monkeypatch):
    programs, own = keep()
    (own / "one.pb").write_bytes(b"compiled")

    def full(**options):
        raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    programs.store_new()
    assert programs.may_have_caused(f"Error: {own}/one.pb123.tmp; No space left on device")
    assert not programs.may_have_caused("tensorflow.python.framework.errors_impl.InvalidArgumentError: shapes")


def train(order=1):
    """Train a small study's programs in a given order; give what was computed, the programs stored, and the notes."""
    runs = [run for run in load_study(str(STUDY)).runs(repeats=1) if run.protocol == "published"]
    executor = LocalExecutor(1, forked=True)
    results, notes = {}, []
    try:
        for bundle in make_bundles(runs)[::order]:
            executor.submit(Train(bundle))
        for event in executor.events():
            if isinstance(event, Finished):
                assert event.result.error == ""
                assert event.result.scalars["tier"] == "xla"
                results[event.result.run.hash] = event.result.history
            if isinstance(event, Note):
                notes.append(event.text)
    finally:
        executor.close()
    assert len(results) == len(runs)
    return results, programs_in(Path(".xla_cache")), notes


def programs_in(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*.pb")}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What a first training computes, and the folder of its programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("trained"))
        patch.setenv("XLA_FLAGS", "")
        patch.setenv("TF_XLA_FLAGS", "")
        del os.environ["TF_XLA_FLAGS"]
        results, stored, notes = train()
        assert (len(stored), notes) == (2, [])
        return results, Path(".xla_cache").resolve()


@pytest.fixture
def first(folder, trained):
    """What the first training computed; its programs are stored in the working directory."""
    results, stored = trained
    shutil.copytree(stored, folder)
    return results


def assert_same(first, second):
    assert set(first) == set(second)
    for name, history in first.items():
        for key, curve in history.items():
            np.testing.assert_array_equal(second[name][key], curve)


@pytest.mark.slow
@ON_LINUX
def test_a_stored_program_computes_the_same_whatever_was_traced_before(folder, first):
    stored = programs_in(folder)
    again, now, notes = train(order=-1)
    assert_same(first, again)
    assert now == stored
    assert notes == []


def flipped(draw, stored):
    content = bytearray(stored)
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(content)


@ON_LINUX
@pytest.mark.slow
def test_a_damaged_program_is_compiled_anew_with_a_note_and_computes_the_same(folder, first):
    stored = programs_in(folder)
    draw = random.Random(2)
    for _ in range(4):
        broken, whole = draw.sample(sorted(stored), 2)
        (folder / broken).write_bytes(flipped(draw, (folder / broken).read_bytes()))
        again, now, notes = train()
        assert_same(first, again)
        assert set(now) == set(stored)
        assert now[whole] == stored[whole]
        assert notes == ["a stored program was damaged, or others could write to it; it is compiled anew"]
        stored = now


@pytest.mark.slow
@ON_LINUX
def test_a_program_of_a_folder_that_others_can_write_to_is_not_used(folder, first):
    stored = programs_in(folder)
    folder.chmod(0o777)
    again, now, notes = train()
    assert_same(first, again)
    assert now == stored
    assert notes == [".xla_cache is not used to store compiled programs: other users may write to it"]


def of_another(stored, others):
    return others


def cut_short(stored, others):
    return stored[: len(stored) // 2]


def without_machine_code(stored, others):
    start = stored.index(b"\x7fELF")
    return stored[:start] + bytes(len(stored) - start)


def fatal(stored, others):
    """Give the same program with instructions that no processor has, in all sections of all object files."""
    undefined = b"\x06" if platform.machine() == "x86_64" else b"\x00"
    content = bytearray(stored)
    for match in re.finditer(b"\x7fELF", stored):
        file = match.start()
        (table,), (count,) = struct.unpack_from("<Q", stored, file + 40), struct.unpack_from("<H", stored, file + 60)
        for section in range(count):
            _, kind, flags, _, start, size = struct.unpack_from("<IIQQQQ", stored, file + table + 64 * section)
            if kind == 1 and flags & 4:  # bits of the program, executable
                content[file + start : file + start + size] = undefined * size
    return bytes(content)


@ON_LINUX
@pytest.mark.slow
@pytest.mark.parametrize("spoil", [fatal, of_another, cut_short, without_machine_code])
def test_a_program_that_does_not_load_costs_no_run_and_changes_no_number(folder, first, spoil):
    """It was stored with the right checksum: for the store it is what XLA wrote."""
    stored = programs_in(folder)
    (machine,) = folder.iterdir()
    store = ProgramStore(machine)
    keys = [path.name.split(".")[0] for path in stored]
    (one, programs), (_, others) = [(key, store.read(key)[0]) for key in keys]
    for (name, content), other in zip(programs.items(), others.values(), strict=True):
        store.write(one, name, spoil(content, other))
    again, _, notes = train()
    assert_same(first, again)
    assert [note.partition(": ")[2] for note in notes] == [
        "a stored program did not fit; it was deleted and compiled anew"
    ]
    assert store.read(one) == ({}, 0)
    healed, now, notes = train()
    assert_same(first, healed)
    assert set(now) == set(stored)
    assert notes == []
