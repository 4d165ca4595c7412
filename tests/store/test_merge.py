from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.store import merge as merging
from experiments.store import run_arrays
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.npz import read_npz
from experiments.store.staging import stage
from experiments.store.table import Key, finished, read_index, read_rows, table_text
from tests.fakes import folder_bytes, make_result, make_study, with_config

STUDY = make_study("baseline", "dropout", "rate[rate=0.4]")


def merged(study, out, batches):
    folder = StudyFolder.of(study.name, out)
    for batch in batches:
        stage(folder.staging, batch)
    merge(study, folder)
    return folder


def all_results(study, **options):
    return [make_result(run) for run in study.runs(**options)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = merged(STUDY, tmp_path_factory.mktemp("uninterrupted"), [all_results(STUDY)])
    return folder_bytes(folder.path)


def test_the_files_of_a_study(tmp_path, expected):
    assert set(expected) == {
        "runs.csv",
        "runs.csv.sha256",
        "study.yaml",
        *(f"history/{name}.{protocol}.npz" for name in ("baseline", "dropout") for protocol in ("published", "fresh")),
        "boundaries/baseline.published.npz",
        "boundaries/dropout.published.npz",
    }


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_order_batches_duplicates_and_merges_in_between_change_nothing(data, expected, tmp_path_factory):
    out = tmp_path_factory.mktemp("interrupted")
    folder = StudyFolder.of(STUDY.name, out)
    results = data.draw(st.permutations(all_results(STUDY)))
    results += data.draw(st.lists(st.sampled_from(results), max_size=5))
    while results:
        size = data.draw(st.integers(1, len(results)))
        stage(folder.staging, results[:size])
        results = results[size:]
        if data.draw(st.booleans()):
            merge(STUDY, folder)
    merge(STUDY, folder)
    assert folder_bytes(folder.path) == expected


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_kill_during_a_merge_changes_nothing(data, expected, tmp_path_factory):
    """The process dies before its n-th write or deletion; the next merge repairs everything."""
    folder = StudyFolder.of(STUDY.name, tmp_path_factory.mktemp("killed"))
    results = data.draw(st.permutations(all_results(STUDY)))
    half = data.draw(st.integers(1, len(results) - 1))
    for part in (results[:half], results[half:]):
        stage(folder.staging, part)
        with pytest.MonkeyPatch.context() as patch:
            die_at(patch, data.draw(st.integers(0, 12)))
            with suppress(KeyboardInterrupt):
                merge(STUDY, folder)
    merge(STUDY, folder)
    assert folder_bytes(folder.path) == expected


def die_at(patch, count):
    left = [count]

    def counted(function):
        def wrapper(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return function(*args, **kwargs)

        return wrapper

    for module in (merging, run_arrays):
        patch.setattr(module, "write_if_changed", counted(module.write_if_changed))
    patch.setattr("pathlib.Path.unlink", counted(type(StudyFolder.of("x").path).unlink))


def test_a_merge_with_nothing_new_touches_no_file(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    merge(STUDY, folder)
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")} == before


def test_staged_files_that_do_not_fit_in_memory_together_are_merged_in_portions(tmp_path, expected, monkeypatch):
    monkeypatch.setattr(merging, "_MOST_BYTES", 1)
    folder = merged(STUDY, tmp_path, [[result] for result in all_results(STUDY)])
    assert folder_bytes(folder.path) == expected


def test_a_changed_variant_leaves_with_its_curves_and_the_others_stay(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    baseline = folder.history("baseline", "published").read_bytes()
    changed = with_config(STUDY, "dropout", 7.0)
    merge(changed, folder)
    assert {row["variant"] for row in read_rows(folder.runs)} == {"baseline", "rate[rate=0.4]"}
    assert not folder.history("dropout", "published").exists()
    assert folder.history("baseline", "published").read_bytes() == baseline


def test_a_removed_variant_leaves_no_file(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    merge(replace(STUDY, variants=STUDY.variants[:1]), folder)
    assert not [name for name in folder_bytes(folder.path) if "dropout" in name]


def test_more_repeats_than_the_yaml_asks_for_stay(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY, repeats=10)])
    merge(STUDY, folder)
    assert len(finished(read_index(folder.runs))) == 3 * 2 * 10


def test_a_row_of_a_repeat_that_no_study_has_leaves(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    rows = read_rows(folder.runs)
    folder.runs.write_text(table_text([*rows, rows[0] | {"repeat": str(10**12)}]))
    merge(STUDY, folder)
    assert read_rows(folder.runs) == rows


def test_another_engine_replaces_the_row_and_its_curve(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    (run,) = STUDY.runs(engine="keras", variants=["baseline"], protocols=["published"], repeats=1)
    result = make_result(run)
    merged(STUDY, tmp_path, [[result]])
    assert finished(read_index(folder.runs))[Key("baseline", "published", 0)] == run.hash
    curve = read_npz(folder.history("baseline", "published"))["loss"][0]
    np.testing.assert_array_equal(curve[: len(result.history["loss"])], result.history["loss"])


def test_a_run_that_is_not_in_the_study_is_not_taken_in(tmp_path):
    other = make_study("baseline", "dropout", "rate[rate=0.4]", "removed")
    folder = merged(STUDY, tmp_path, [all_results(other)])
    assert "removed" not in {row["variant"] for row in read_rows(folder.runs)}


def test_a_failed_run_keeps_its_traceback_and_is_not_done(tmp_path):
    run = STUDY.runs()[0]
    trace = 'Traceback (most recent call last):\n  ...\nValueError: no, "thank" you'
    folder = merged(STUDY, tmp_path, [[make_result(run, error=trace)]])
    (row,) = read_rows(folder.runs)
    assert row["error"] == 'ValueError: no, "thank" you'
    assert row["stopped_because"] == "failed"
    assert folder.error("baseline", "published", 0).read_text() == trace
    assert finished(read_index(folder.runs)) == {}

    merged(STUDY, tmp_path, [[make_result(run)]])
    assert finished(read_index(folder.runs)) == {Key("baseline", "published", 0): run.hash}
    assert not (folder.path / "errors").exists()


def test_curves_of_grid_points_are_kept_where_a_study_has_nothing_else(tmp_path):
    study = make_study("rate[rate=0.1]", "rate[rate=0.2]")
    folder = merged(study, tmp_path, [all_results(study)])
    arrays = read_npz(folder.history("rate[rate=0.2]", "fresh"))
    assert arrays["grid.rate"].tolist() == [0.2, 0.2, 0.2]
    assert arrays["loss"].dtype == np.float32


def test_curves_end_in_nan_after_a_runs_end(tmp_path):
    results = all_results(STUDY)
    folder = merged(STUDY, tmp_path, [results])
    arrays = read_npz(folder.history("baseline", "published"))
    runs = [result for result in results if (result.run.variant, result.run.protocol) == ("baseline", "published")]
    assert arrays["repeat"].tolist() == [0, 1, 2]
    for row, result in zip(arrays["loss"], runs, strict=True):
        length = len(result.history["loss"])
        np.testing.assert_array_equal(row[:length], result.history["loss"])
        assert np.isnan(row[length:]).all()


def test_boundaries_are_stacked_over_repeats(tmp_path):
    folder = merged(STUDY, tmp_path, [all_results(STUDY)])
    arrays = read_npz(folder.boundary("baseline"))
    assert arrays["probability"].shape == (3, 4, 4)
    assert arrays["probability"].dtype == np.float16
    mean = arrays["probability"].astype(np.float32).mean(axis=0)
    np.testing.assert_allclose(arrays["mean_probability"], mean, atol=1e-3)
    assert arrays["x"].shape == (4,)
