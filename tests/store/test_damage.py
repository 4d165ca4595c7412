"""Files that were cut, changed or belong to others: nothing of others is deleted, and no damage lasts for ever."""

import errno
import hashlib
import io
import random
from pathlib import Path

import numpy as np
import pytest

from experiments.cli.main import main
from experiments.errors import ExperimentsError
from experiments.language import load_study
from experiments.store import lock as locking
from experiments.store.checksum import changed_table, check_files
from experiments.store.files import DamagedError
from experiments.store.folder import StudyFolder
from experiments.store.lock import FolderLock
from experiments.store.merge import merge, set_damaged_aside
from experiments.store.npz import npz_bytes, read_npz
from experiments.store.staging import read_staged, stage, staged_files
from experiments.store.table import Key, finished, read_index, read_rows
from tests.fakes import folder_bytes, make_result, make_study

STUDY = make_study("baseline", "dropout")
SUB_FOLDERS = ("history", "boundaries", "errors")


def merged(out, results):
    folder = StudyFolder.of(STUDY.name, out)
    stage(folder.staging, results)
    merge(STUDY, folder)
    return folder


def all_results():
    """Every run of the study, the last of which failed: all sub-folders have a file."""
    *runs, last = STUDY.runs()
    return [*(make_result(run) for run in runs), make_result(last, error="ValueError: no")]


@pytest.mark.parametrize("place", SUB_FOLDERS)
@pytest.mark.parametrize("name", ["my_notes.txt", "mine.npz", ".tmp-of-mine", "x.published.npz.damaged", "1.txt"])
def test_a_file_of_somebody_else_stays(place, name, tmp_path):
    folder = merged(tmp_path, all_results())
    mine = folder.path / place / name
    mine.write_text("mine")
    merged(tmp_path, all_results())
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("place", SUB_FOLDERS)
@pytest.mark.parametrize(
    "name", ["mine", "@eaDir", ".ipynb_checkpoints", ".tmp-1-1", "a.published.npz", "a.fresh.1.txt"]
)
def test_a_folder_in_a_folder_of_results_stays_and_stops_no_merge(place, name, tmp_path):
    folder = merged(tmp_path, all_results())
    mine = folder.path / place / name / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    merged(tmp_path, all_results())
    assert mine.read_text() == "mine"
    assert len(read_rows(folder.runs)) == len(STUDY.runs())


@pytest.mark.parametrize("place", [".", ".staging", "figures", "tensorboard", *SUB_FOLDERS])
def test_a_folder_that_is_a_link_is_refused_and_its_target_stays_as_it_is(place, tmp_path):
    folder = StudyFolder.of(STUDY.name, tmp_path / "results")
    target = tmp_path / "others"
    target.mkdir()
    for name in ("a.published.npz", "a.fresh.0.txt", ".tmp-1-1", "notes.txt"):
        (target / name).write_text("not ours")
    link = folder.path / place
    link.parent.mkdir(parents=True)
    link.symlink_to(target, target_is_directory=True)
    before = folder_bytes(target)
    with pytest.raises(ExperimentsError, match="is a symbolic link, which is not followed"):
        merge(STUDY, folder)
    assert folder_bytes(target) == before


def cut(content):
    return content[:200]


def flipped(at):
    def flip(content):
        changed = bytearray(content)
        changed[int(at * (len(content) - 1))] ^= 16
        return bytes(changed)

    return flip


def pickled(_):
    content = io.BytesIO()
    np.save(content, np.array([{}], object), allow_pickle=True)
    return content.getvalue()


def renamed(content):
    name = content.rfind(b"PK\x01\x02") + 46
    return content[:name] + b"?" + content[name + 1 :]


DAMAGES = {
    "empty": lambda _: b"",
    "cut": cut,
    "one byte short": lambda content: content[:-1],
    "text": lambda _: b"hello",
    "an array": lambda _: npz_bytes({"x": np.zeros(3)}),
    "a pickle": pickled,
    "flipped at the start": flipped(0),
    "flipped in the middle": flipped(0.4),
    "another name in the list of members": renamed,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("kind", ["curves", "boundaries"])
def test_a_damaged_file_is_set_aside_and_its_runs_are_not_done(kind, damage, tmp_path):
    uninterrupted = folder_bytes(merged(tmp_path / "whole", all_results()).path)
    folder = merged(tmp_path / "damaged", all_results())
    path = folder.boundary("baseline") if kind == "boundaries" else folder.history("baseline", "published")
    content = damage(path.read_bytes())
    path.write_bytes(content)
    again = next(run for run in STUDY.runs() if (run.variant, run.protocol) == ("baseline", "published"))
    stage(folder.staging, [make_result(again)])
    (line,) = merge(STUDY, folder)
    aside = path.with_name(f"{path.name}.damaged")
    assert line == f"{path} is damaged and was renamed to {aside.name}; its runs count as not done"
    assert aside.read_bytes() == content
    done = finished(read_index(folder.runs))
    assert {key for key in done if key[:2] == ("baseline", "published")} == {Key("baseline", "published", 0)}
    assert sum(key[:2] != ("baseline", "published") for key in done) == 8

    merged(tmp_path / "damaged", all_results())
    aside.unlink()
    assert folder_bytes(folder.path) == uninterrupted


def test_damaged_files_are_found_before_their_runs_are_trained(tmp_path):
    folder = merged(tmp_path, all_results())
    for path in (folder.history("dropout", "fresh"), folder.history("baseline", "fresh")):
        path.write_bytes(cut(path.read_bytes()))
    (line,) = set_damaged_aside(folder, [("dropout", "fresh"), ("dropout", "published")])
    assert "dropout.fresh.npz is damaged" in line
    assert {key[:2] for key in finished(read_index(folder.runs))} == {
        ("baseline", "published"),
        ("baseline", "fresh"),
        ("dropout", "published"),
    }


def test_a_damaged_file_is_named_to_those_who_only_read_it(tmp_path):
    path = merged(tmp_path, all_results()).history("dropout", "fresh")
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(DamagedError, match=r"dropout.fresh.npz is damaged: .* --force trains its runs again"):
        read_npz(path)


@pytest.mark.parametrize("damage", [DAMAGES[name] for name in ("empty", "cut", "one byte short", "text")])
def test_a_damaged_staged_file_is_set_aside_and_the_others_are_merged(damage, tmp_path):
    folder = StudyFolder.of(STUDY.name, tmp_path)
    stage(folder.staging, all_results())
    path = folder.staging / "00-torn.zip"
    path.write_bytes(damage(staged_files(folder.staging)[0].read_bytes()))
    (line,) = merge(STUDY, folder)
    assert "00-torn.zip is damaged and was renamed to 00-torn.zip.damaged" in line
    assert len(read_rows(folder.runs)) == len(STUDY.runs())
    assert not staged_files(folder.staging)
    assert merge(STUDY, folder) == []


def test_a_flipped_bit_in_a_staged_file_gives_its_runs_or_a_damaged_file(tmp_path):
    stage(tmp_path, [make_result(STUDY.runs()[0])])
    (path,) = staged_files(tmp_path)
    content, damaged, draw = path.read_bytes(), 0, random.Random(0)
    for bit in draw.sample(range(8 * len(content)), 1500):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            assert len(read_staged(path)) == 1
        except DamagedError:
            damaged += 1
    assert damaged > 1000


def test_an_empty_table_with_staged_runs_is_damaged_and_nothing_is_dropped(tmp_path):
    folder = merged(tmp_path, all_results())
    folder.runs.write_bytes(b"")
    stage(folder.staging, all_results())
    before = folder_bytes(folder.path)
    with pytest.raises(ExperimentsError, match=r"runs.csv is damaged: bring back a copy of it"):
        merge(STUDY, folder)
    assert folder_bytes(folder.path) == before


def test_a_long_error_is_cut_in_the_table_and_whole_in_its_file(tmp_path):
    trace = "Traceback (most recent call last):\n  ...\nValueError: " + "x" * 200_000
    folder = merged(tmp_path, [make_result(STUDY.runs()[0], error=trace)])
    (row,) = read_rows(folder.runs)
    assert len(row["error"]) == 500
    assert row["error"].startswith("ValueError: xxx")
    assert folder.error("baseline", "published", 0).read_text() == trace


@pytest.mark.skipif("fcntl" not in vars(locking), reason="Windows has other locks")
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EIO])
def test_a_file_system_without_locks_is_named(number, tmp_path, monkeypatch):
    monkeypatch.setattr(locking.fcntl, "flock", failing(number))
    with pytest.raises(ExperimentsError, match=r"results/fake cannot be locked .*--out a folder"):
        FolderLock(tmp_path / "results/fake/.lock").try_acquire()


@pytest.mark.skipif("fcntl" not in vars(locking), reason="Windows has other locks")
@pytest.mark.parametrize("number", [errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES])
def test_a_lock_that_is_held_is_waited_for(number, tmp_path, monkeypatch):
    monkeypatch.setattr(locking.fcntl, "flock", failing(number))
    assert not FolderLock(tmp_path / ".lock").try_acquire()


def failing(number):
    def flock(*_):
        raise OSError(number, "as told")

    return flock


def test_a_number_that_something_else_has_changed_is_noticed_and_stays_noticed(tmp_path):
    folder = merged(tmp_path, all_results())
    assert merge(STUDY, folder) == []
    assert check_files(folder) == 1 + len(folder.runs_files("history")) + len(folder.runs_files("boundaries"))
    text = folder.runs.read_text()
    folder.runs.write_text(text.replace(",0.", ",1.", 1))
    for _ in range(2):  # a merge that writes no row does not accept it
        (line,) = merge(STUDY, folder)
        assert str(folder.runs) in line
        assert "changed after it was written" in line
    with pytest.raises(ExperimentsError, match="changed after it was written"):
        check_files(folder)
    folder.checksum.unlink()
    assert merge(STUDY, folder) == []
    check_files(folder)


def test_the_checksum_is_one_that_other_programs_read(tmp_path):
    folder = merged(tmp_path, all_results())
    content = folder.runs.read_bytes()
    assert folder.checksum.read_text() == f"{hashlib.sha256(content).hexdigest()}  runs.csv\n"


@pytest.mark.parametrize("at", ["runs.csv.sha256", "runs.csv"])
def test_a_kill_while_the_table_is_replaced_is_no_change(at, tmp_path, monkeypatch):
    first, *others = all_results()
    folder = merged(tmp_path, [first])
    stage(folder.staging, others)
    replace = Path.replace

    def killed(self, target):
        replaced = replace(self, target)
        if Path(target).name == at:
            raise KeyboardInterrupt
        return replaced

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            merge(STUDY, folder)
    assert changed_table(folder) is None
    assert merge(STUDY, folder) == []
    assert len(folder.checksum.read_text().splitlines()) == 1
    assert check_files(folder)


def test_check_results_names_each_file_that_is_not_as_it_was_written(tmp_path, capsys):
    study = load_study("dropout")
    folder = StudyFolder.of(study.name, tmp_path)
    stage(folder.staging, [make_result(run) for run in study.runs(variants=["baseline"], repeats=2)])
    merge(study, folder)
    assert main(["check", "dropout", "--results", "--out", str(tmp_path)]) == 0
    assert "4 files of runs and curves as they were written" in capsys.readouterr().out
    folder.runs.write_text(folder.runs.read_text() + "\n")
    curves = folder.history("baseline", "fresh")
    curves.write_bytes(curves.read_bytes()[:200])
    assert main(["check", "dropout", "--results", "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert str(folder.runs) in error
    assert f"{curves} is damaged" in error
