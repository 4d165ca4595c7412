import os

import pytest

from experiments.store.files import remove_leftovers, safe_name, write_atomically, write_if_changed
from experiments.store.lock import FolderLock


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def test_content_is_replaced_and_no_temporary_file_stays(tmp_path):
    path = tmp_path / "new" / "table.csv"
    write_atomically(path, "a\n")
    write_atomically(path, b"b\n")
    assert path.read_bytes() == b"b\n"
    assert names_in(path.parent) == ["table.csv"]


def test_a_failed_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_atomically(path, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["table.csv"]


def test_unchanged_content_is_not_written_again(tmp_path):
    path = tmp_path / "page.html"
    assert write_if_changed(path, "same")
    before = path.stat().st_mtime_ns
    assert not write_if_changed(path, "same")
    assert path.stat().st_mtime_ns == before


def test_leftovers_of_a_killed_writer_are_removed(tmp_path):
    (tmp_path / ".tmp-123-0").write_text("half")
    (tmp_path / "runs.csv").write_text("whole")
    remove_leftovers(tmp_path)
    assert names_in(tmp_path) == ["runs.csv"]


@pytest.mark.parametrize("name", ["dropout", "rate[rate=0.4]", "both[norm=1,value=-0.5]", "adam-2.x+y"])
def test_ordinary_names_stay_as_they_are(name):
    assert safe_name(name) == name


def test_hostile_names_become_different_safe_names(tmp_path):
    names = ["../../etc/passwd", "..\\..\\etc\\passwd", "a:b", "a*b", "a\nb", "<script>", "x" * 400, "x" * 401, "ä/ö"]
    safe = {safe_name(name) for name in names}
    assert len(safe) == len(names)
    for name in safe:
        (tmp_path / name).write_text("")
    assert {path.name for path in tmp_path.iterdir()} == safe


def test_a_lock_is_held_once_and_free_again_after_release(tmp_path):
    first, second = FolderLock(tmp_path / "s" / ".lock"), FolderLock(tmp_path / "s" / ".lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()
