from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from experiments.store.folder import StudyFolder
from experiments.store.loading import StoredHistories, load_history
from experiments.store.merge import merge
from experiments.store.npz import join_curves, npz_bytes, read_npz, split_curves
from experiments.store.staging import stage
from experiments.store.table import finished, read_index
from tests.fakes import folder_bytes, make_result, make_study, with_config
from tests.store.test_merge import die_at

STUDY = make_study("baseline", "dropout", repeats=250)
PARTS = ("baseline.fresh.npz", "baseline.fresh.100.npz", "baseline.fresh.200.npz")


def results_of(repeats, variant="baseline"):
    runs = STUDY.runs(variants=[variant], protocols=["fresh"], repeats=250)
    return [make_result(run) for run in runs if run.repeat in repeats]


def merged(out, results):
    folder = StudyFolder.of(STUDY.name, out)
    stage(folder.staging, results)
    merge(STUDY, folder)
    return folder


def with_one_long_file(folder):
    """Give a folder the curves as an older version wrote them: all repeats in the first file."""
    first, *others = folder.histories()[folder.history("baseline", "fresh")]
    repeats = {repeat: run for path in (first, *others) for repeat, run in split_curves(read_npz(path)).items()}
    first.write_bytes(npz_bytes(join_curves(repeats, {})))
    for path in others:
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return merged(tmp_path_factory.mktemp("whole"), results_of(range(250)))


def test_each_hundred_of_repeats_has_a_file_of_its_own(whole):
    assert [path.name for path in whole.histories()[whole.history("baseline", "fresh")]] == list(PARTS)
    assert [read_npz(whole.path / "history" / name)["repeat"].tolist() for name in PARTS] == [
        list(range(100)),
        list(range(100, 200)),
        list(range(200, 250)),
    ]


def test_the_curves_of_all_files_are_loaded_as_one(whole):
    history = load_history(STUDY.name, "baseline", "fresh", whole.path.parent)
    assert history.repeat.tolist() == list(range(250))
    for row, result in zip(history["loss"], results_of(range(250)), strict=True):
        length = len(result.history["loss"])
        np.testing.assert_array_equal(row[:length], result.history["loss"])
        assert np.isnan(row[length:]).all()
    stored = StoredHistories(STUDY.name, whole.path.parent, {"a": ("baseline", "fresh"), "b": ("dropout", "fresh")})
    assert list(stored) == ["a"]
    np.testing.assert_array_equal(stored["a"]["loss"], history["loss"])
    assert history.epochs == history["loss"].shape[1] == 5


def test_a_curve_is_decoded_when_it_is_used(whole):
    curves = load_history(STUDY.name, "baseline", "fresh", whole.path.parent).curves
    files = curves.bytes
    assert "loss" in curves and "accuracy" not in curves
    assert sorted(curves) == ["loss", "val_loss"]
    assert curves.bytes == files
    loss = curves["loss"]
    assert curves.bytes == files + loss.nbytes


def test_a_further_run_leaves_the_files_of_other_hundreds_alone(tmp_path, whole):
    folder = merged(tmp_path, results_of(range(249)))
    unread = folder.path / "history" / PARTS[1]
    kept = unread.read_bytes()
    unread.write_bytes(b"not even read")
    assert merge(STUDY, folder) == []
    stage(folder.staging, results_of([249]))
    assert merge(STUDY, folder) == []
    assert unread.read_bytes() == b"not even read"
    unread.write_bytes(kept)
    assert folder_bytes(folder.path) == folder_bytes(whole.path)


def test_a_long_file_of_an_older_version_is_read_and_divided(tmp_path, whole):
    with_one_long_file(merged(tmp_path, results_of(range(249))))
    history = load_history(STUDY.name, "baseline", "fresh", tmp_path)
    assert history.repeat.tolist() == list(range(249))
    assert folder_bytes(merged(tmp_path, results_of([249])).path) == folder_bytes(whole.path)


@pytest.mark.parametrize("count", range(8))
def test_a_kill_while_a_long_file_is_divided_loses_no_curve(count, tmp_path, whole):
    folder = with_one_long_file(merged(tmp_path, results_of(range(249))))
    stage(folder.staging, results_of([249]))
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, count)
        with suppress(KeyboardInterrupt):
            merge(STUDY, folder)
    repeats = load_history(STUDY.name, "baseline", "fresh", tmp_path).repeat.tolist()
    assert set(range(249)) <= set(repeats)
    assert len(set(repeats)) == len(repeats)
    merge(STUDY, folder)
    assert folder_bytes(folder.path) == folder_bytes(whole.path)


def test_files_of_a_changed_or_removed_variant_leave(tmp_path):
    folder = merged(tmp_path, results_of(range(250)) + results_of([0, 120], "dropout"))
    merge(with_config(STUDY, "baseline", 7.0), folder)
    assert sorted(path.name for path in folder.runs_files("history")) == ["dropout.fresh.100.npz", "dropout.fresh.npz"]
    merge(replace(STUDY, variants=STUDY.variants[:1]), folder)
    assert not (folder.path / "history").exists()


def test_only_the_runs_of_a_damaged_hundred_count_as_not_done(tmp_path):
    folder = merged(tmp_path, results_of(range(250)))
    path = folder.path / "history" / PARTS[1]
    path.write_bytes(path.read_bytes()[:200])
    (line,) = merged_lines(folder, results_of([150]))
    assert line == f"{path} is damaged and was renamed to {path.name}.damaged; its runs count as not done"
    done = {key.repeat for key in finished(read_index(folder.runs))}
    assert done == set(range(250)) - set(range(100, 200)) | {150}


def test_all_runs_of_a_damaged_long_file_count_as_not_done(tmp_path):
    folder = with_one_long_file(merged(tmp_path, results_of(range(249))))
    path = folder.history("baseline", "fresh")
    path.write_bytes(path.read_bytes()[:200])
    assert len(merged_lines(folder, results_of([249]))) == 1
    assert {key.repeat for key in finished(read_index(folder.runs))} == {249}


def merged_lines(folder, results):
    stage(folder.staging, results)
    return merge(STUDY, folder)
