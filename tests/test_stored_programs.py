"""Compiled programs on the disk: whole and this user's own, or deleted before anything loads them."""

import os
import random
import shutil
from pathlib import Path

import pytest

from experiments import stored_programs
from experiments.errors import ExperimentsError
from experiments.stored_programs import ProgramStore
from tests.marks import ON_LINUX

pytestmark = ON_LINUX
KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"
CONTENT = random.Random(0).randbytes(5000)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "machine"


@pytest.fixture
def store(folder):
    return ProgramStore(folder)


@pytest.fixture
def file(store, folder):
    """A stored program."""
    store.write(KEY, "one.pb", CONTENT)
    (file,) = folder.iterdir()
    return file


def test_a_key_gives_its_own_programs_as_they_were_written(store):
    store.write(KEY, "one.pb", CONTENT)
    store.write(KEY, "two.pb", b"")
    store.write(OTHER_KEY, "one.pb", b"other")
    assert store.read(KEY) == ({"one.pb": CONTENT, "two.pb": b""}, 0)
    store.write(KEY, "one.pb", b"later")
    store.delete(OTHER_KEY)
    assert store.read(KEY)[0]["one.pb"] == b"later"
    assert store.read(OTHER_KEY) == ({}, 0)


def test_every_flipped_bit_is_noticed_and_the_file_deleted(store, file):
    stored, draw = file.read_bytes(), random.Random(1)
    ends = [0, 8 * len(CONTENT) - 1, 8 * len(CONTENT), 8 * len(stored) - 1]
    for bit in ends + [draw.randrange(8 * len(stored)) for _ in range(200)]:
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        assert store.read(KEY) == ({}, 1)
        assert not file.exists()
        file.write_bytes(stored)
        assert store.read(KEY) == ({"one.pb": CONTENT}, 0)


@pytest.mark.parametrize(
    "content",
    [CONTENT, b"", bytes(32), CONTENT[:20]],
    ids=["without a checksum", "empty", "zeros", "shorter than a checksum"],
)
def test_what_has_no_checksum_of_its_own_is_deleted(store, file, content):
    file.write_bytes(content)
    assert store.read(KEY) == ({}, 1)
    assert not file.exists()


def test_a_program_is_not_taken_for_another_one(store, file, folder, tmp_path):
    copies = [file.with_name(f"{KEY}.two.pb"), file.with_name(f"{OTHER_KEY}.one.pb")]
    elsewhere = ProgramStore(tmp_path / "cache" / "other machine")
    for copy in (*copies, tmp_path / "cache" / "other machine" / file.name):
        shutil.copy(file, copy)
    assert store.read(KEY) == ({"one.pb": CONTENT}, 1)
    assert store.read(OTHER_KEY) == elsewhere.read(KEY) == ({}, 1)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_program_that_others_can_write_to_is_deleted(store, file, mode):
    file.chmod(mode)
    assert store.read(KEY) == ({}, 1)
    assert not file.exists()


def test_links_and_pipes_are_not_followed(store, file, tmp_path):
    moved = shutil.move(file, tmp_path / "moved")
    file.symlink_to(moved)
    assert store.read(KEY) == ({}, 1)
    os.mkfifo(file)
    assert store.read(KEY) == ({}, 1)
    assert moved.exists()
    assert not os.path.lexists(file)


def test_programs_of_another_user_are_deleted(store, file, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert store.read(KEY) == ({}, 1)
    assert not file.exists()


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_folders_and_programs_are_made_for_this_user_alone(folder, umask):
    before = os.umask(umask)
    try:
        ProgramStore(folder).write(KEY, "one.pb", CONTENT)
    finally:
        os.umask(before)
    (file,) = folder.iterdir()
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder, file)] == [0o700, 0o700, 0o600]
    assert ProgramStore(folder).read(KEY) == ({"one.pb": CONTENT}, 0)


@pytest.mark.parametrize("level", [0, 1], ids=["folder", "parent"])
@pytest.mark.parametrize("fault", ["group", "others", "link", "owner"])
def test_a_folder_that_others_can_change_is_not_used(store, folder, tmp_path, monkeypatch, level, fault):
    part = [folder, folder.parent][level]
    if fault == "link":
        part.symlink_to(part.rename(tmp_path / "moved"), target_is_directory=True)
    elif fault == "owner":
        monkeypatch.setattr(os, "geteuid", lambda: part.stat().st_uid + 1)
    else:
        part.chmod({"group": 0o770, "others": 0o707}[fault])
    words = {"link": "it is a link", "owner": "it belongs to another user"}
    with pytest.raises(ExperimentsError, match=words.get(fault, "other users may write to it")):
        ProgramStore(folder)


def test_a_program_is_there_whole_or_not_at_all(store, folder, monkeypatch):
    """A writer that is killed leaves a file under another name, which is deleted when nobody writes it any more."""

    def killed(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        store.write(KEY, "one.pb", CONTENT)
    (begun,) = folder.iterdir()
    assert store.read(KEY) == ({}, 0)
    assert begun.exists()
    os.utime(begun, (0, 0))
    store.read(KEY)
    assert not begun.exists()


def test_a_full_disk_leaves_nothing(store, folder, monkeypatch):
    def full(self, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        store.write(KEY, "one.pb", CONTENT)
    assert list(folder.iterdir()) == []


def test_what_another_process_deletes_meanwhile_is_just_not_there(store, file, monkeypatch):
    read = stored_programs.os.open

    def deleted_first(path, *arguments):
        file.unlink()
        return read(path, *arguments)

    monkeypatch.setattr(stored_programs.os, "open", deleted_first)
    assert store.read(KEY) == ({}, 0)
