"""Killing, interrupting, resuming, two at once: with runs that train nothing."""

import errno
import json
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import replace

import pytest

from experiments.errors import ConfigError, ExperimentsError
from experiments.scheduler import device
from experiments.scheduler.device import GPU_OPERATIONS
from experiments.scheduler.plan import Selection
from experiments.session import run_studies
from experiments.store.folder import StudyFolder
from experiments.store.loading import load_history
from experiments.store.lock import FolderLock
from experiments.store.provenance import read_environment
from experiments.store.table import finished, read_index, read_rows
from tests.fakes import FakeVariant, folder_bytes, make_study
from tests.marks import ON_LINUX
from tests.session.watch import InThisProcess, fake_executor, run, start, wait_until


def study_with(repeats=4, **config):
    names = ("baseline", "dropout", "rate[rate=0.4]")
    variants = tuple(
        FakeVariant(
            name,
            config={"value": float(i), **config},
            grid={"rate": 0.4} if "[" in name else {},
            repeats=repeats,
        )
        for i, name in enumerate(names)
    )
    return replace(make_study(*names, repeats=repeats), variants=variants)


def trained(log):
    return Counter(line.split(maxsplit=1)[1] for line in log.read_text().splitlines()) if log.exists() else Counter()


def test_a_second_run_does_what_is_missing_and_says_so(tmp_path):
    study = study_with()
    summary, watcher = run([study], tmp_path, selection=Selection(repeats=3))
    assert watcher.lines == ["CPU, 2 workers", "0 done, 18 to run"]
    assert (summary.trained, summary.failures, watcher.ended) == (18, [], 1)

    summary, watcher = run([study], tmp_path)
    assert watcher.lines == ["CPU, 2 workers", "18 done, 6 to run"]
    assert summary.trained == 6

    summary, watcher = run([study], tmp_path)
    assert watcher.lines == ["24 done, nothing to run"]
    assert len(finished(read_index(StudyFolder.of("fake", tmp_path).runs))) == 24


@pytest.mark.parametrize("executor", [fake_executor, InThisProcess])
def test_what_is_refused_or_fails_is_the_same_with_and_without_processes(tmp_path, executor):
    with pytest.raises(ConfigError):
        run([study_with(refuse="units must be positive")], tmp_path / "refused", make_executor=executor)
    study = study_with(repeats=2, fail=[1])
    summary, _ = run([study], tmp_path / "some", make_executor=executor)
    assert (summary.trained, len(summary.failures)) == (12, 6)
    run([study], tmp_path / "in process")
    assert folder_bytes(tmp_path / "some") == folder_bytes(tmp_path / "in process")


@pytest.fixture
def fake_gpu(monkeypatch):
    """TensorFlow sees a GPU: the one of a list of devices that is faked."""
    monkeypatch.setattr(device, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(device, "_NAME_GPU", "print('GPU: Fake')")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def devices_of(out):
    return {(row["variant"], row["device"]) for row in read_rows(StudyFolder.of("fake", out).runs)}


def study_of_two_sizes():
    """The variant dropout has a network that is large enough for a GPU."""
    study = study_with(repeats=2)
    large = replace(study.variants[1], config=study.variants[1].config | {"operations": GPU_OPERATIONS})
    return replace(study, variants=(study.variants[0], large, study.variants[2]))


def test_large_networks_train_on_the_gpu_and_the_others_on_the_cpu(tmp_path, fake_gpu):
    study = study_of_two_sizes()
    _, watcher = run([study], tmp_path, device="auto", make_executor=fake_executor)
    assert watcher.lines == [
        "GPU: Fake; CPU, 2 workers",
        "0 done, 12 to run",
        "GPU: Fake: 4 runs of 1 program; CPU, 2 workers: 8 runs of 1 program",
    ]
    assert devices_of(tmp_path) == {("baseline", "cpu"), ("dropout", "gpu"), ("rate[rate=0.4]", "cpu")}
    assert read_environment(StudyFolder.of("fake", tmp_path))["device"] == "GPU: Fake; CPU, 2 workers"


@pytest.mark.slow
def test_the_result_of_a_run_does_not_depend_on_the_rest_of_the_plan(tmp_path, fake_gpu):
    study, apart, together = study_of_two_sizes(), tmp_path / "apart", tmp_path / "together"
    run([study], together, device="auto", make_executor=fake_executor)
    run([study], apart, device="auto", selection=Selection(variants=["dropout"]), make_executor=fake_executor)
    rows = [read_rows(StudyFolder.of("fake", out).runs) for out in (apart, together)]
    assert rows[0] == [row for row in rows[1] if row["variant"] == "dropout"]


@pytest.mark.parametrize(("wanted", "recorded"), [("gpu", "GPU: Fake"), ("cpu", "CPU, 2 workers")])
def test_a_device_that_is_named_trains_all_runs(tmp_path, fake_gpu, wanted, recorded):
    _, watcher = run([study_of_two_sizes()], tmp_path, device=wanted, make_executor=fake_executor)
    assert watcher.lines == [recorded, "0 done, 12 to run"]
    assert {device for _, device in devices_of(tmp_path)} == {wanted}
    assert read_environment(StudyFolder.of("fake", tmp_path))["device"] == recorded


def test_nothing_to_run_touches_no_file(tmp_path):
    study = study_with(repeats=1)
    run([study], tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    run([study], tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_changed_variant_alone_is_trained_again(tmp_path):
    log = tmp_path / "log"
    study = study_with(repeats=2, log=str(log))
    run([study], tmp_path / "results")
    log.unlink()
    changed = replace(study.variants[1], config=study.variants[1].config | {"value": 9.0})
    run([replace(study, variants=(study.variants[0], changed, study.variants[2]))], tmp_path / "results")
    assert {line.split()[0] for line in trained(log)} == {"dropout"}
    assert len(finished(read_index(StudyFolder.of("fake", tmp_path / "results").runs))) == 12


def test_runs_of_other_versions_stay_and_are_announced(tmp_path):
    study = study_with(repeats=2)
    run([study], tmp_path, selection=Selection(repeats=1))
    path = tmp_path / "fake" / "environment.json"
    facts = json.loads(path.read_text())
    facts["versions"]["tensorflow"], facts["device"] = "1.0", "GPU: Old"
    path.write_text(json.dumps(facts))
    _, watcher = run([study], tmp_path)
    (said,) = [line for line in watcher.lines if "tensorflow 1.0, now 2." in line]
    assert "device GPU: Old, now CPU" in said
    assert watcher.lines[-1] == "6 done, 6 to run"
    path.write_text(json.dumps(facts))
    _, watcher = run([study], tmp_path)
    assert "tensorflow 1.0" in watcher.lines[0]
    assert watcher.lines[1] == "12 done, nothing to run"


def test_runs_of_damaged_curves_are_trained_in_the_same_call(tmp_path):
    study = study_with(repeats=3)
    run([study], tmp_path, selection=Selection(repeats=2))
    path = StudyFolder.of("fake", tmp_path).history("dropout", "fresh")
    path.write_bytes(path.read_bytes()[:200])
    summary, watcher = run([study], tmp_path)
    assert [line for line in watcher.lines if "dropout.fresh.npz is damaged and was renamed" in line]
    assert (summary.trained, summary.failures) == (6 + 2, [])
    assert len(load_history("fake", "dropout", "fresh", tmp_path).repeat) == 3
    _, watcher = run([study], tmp_path)
    assert watcher.lines == ["18 done, nothing to run"]


def test_curves_that_are_damaged_during_a_run_are_trained_by_the_next(tmp_path, monkeypatch):
    study = study_with(repeats=3)
    run([study], tmp_path, selection=Selection(repeats=2))
    path = StudyFolder.of("fake", tmp_path).history("dropout", "fresh")
    monkeypatch.setattr(run_studies, "set_damaged_aside", lambda *_: path.write_bytes(b"torn") and [])
    _, watcher = run([study], tmp_path)
    assert [line for line in watcher.lines if "dropout.fresh.npz is damaged and was renamed" in line]
    monkeypatch.undo()
    summary, watcher = run([study], tmp_path)
    assert (watcher.lines[-1], summary.trained) == ("16 done, 2 to run", 2)


def test_a_file_system_without_locks_is_not_waited_for(tmp_path, monkeypatch):
    def unsupported(_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("experiments.store.lock._lock", unsupported)
    with pytest.raises(ExperimentsError, match="give --out a folder on a local file system"):
        run([study_with()], tmp_path)


def test_force_trains_what_is_done(tmp_path):
    study = study_with(repeats=1)
    run([study], tmp_path)
    summary, _ = run([study], tmp_path, selection=Selection(variants=["dropout"], force=True))
    assert summary.trained == 2


def test_equal_configurations_are_trained_once_and_recorded_for_each_variant(tmp_path):
    log = tmp_path / "log"
    study = study_with(repeats=2, log=str(log))
    twin = FakeVariant("rate[rate=0.0]", config=study.variants[0].config, grid={"rate": 0.0}, repeats=2)
    study = replace(study, variants=(twin, *study.variants))
    summary, _ = run([study], tmp_path / "results")
    assert summary.trained == 16
    assert sum(trained(log).values()) == 12
    rows = {
        (row["variant"], row["protocol"], row["repeat"]): row for row in read_rows(tmp_path / "results/fake/runs.csv")
    }
    same = rows["baseline", "fresh", "1"]
    assert rows["rate[rate=0.0]", "fresh", "1"] == same | {
        "variant": "rate[rate=0.0]",
        "group": "rate",
        "grid.rate": "0.0",
    }


def test_a_failing_run_is_recorded_and_the_others_go_on(tmp_path):
    study = study_with(fail=[1])
    summary, _ = run([study], tmp_path)
    assert len(summary.failures) == 6
    assert summary.failures[0].error == "ValueError: as told"
    assert all(failure.traceback.read_text().startswith("Traceback") for failure in summary.failures)
    assert len(finished(read_index(StudyFolder.of("fake", tmp_path).runs))) == 18

    _, watcher = run([study], tmp_path)
    assert "18 done, 6 to run" in watcher.lines


def test_fail_fast_stops_and_keeps_what_was_finished(tmp_path):
    study = study_with(repeats=30, fail=[2], sleep=0.01)
    summary, _ = run([study], tmp_path, fail_fast=True, make_executor=fake_executor)
    assert summary.stopped
    assert summary.failures
    rows = read_rows(tmp_path / "fake" / "runs.csv")
    assert 0 < len(rows) < 180


def test_a_worker_that_dies_costs_the_run_it_was_at(tmp_path):
    study = study_with(die=[1])
    summary, _ = run([study], tmp_path, selection=Selection(variants=["baseline"]), make_executor=fake_executor)
    assert len(summary.failures) == 2
    assert all("exit code 7" in failure.error for failure in summary.failures)
    assert len(finished(read_index(StudyFolder.of("fake", tmp_path).runs))) == 6


def test_what_keras_refuses_is_reported_before_anything_of_its_study_trains(tmp_path):
    log, out = tmp_path / "log", tmp_path / "results"
    good, bad = study_with(log=str(log)), study_with(log=str(log), refuse="units must be positive")
    with pytest.raises(ConfigError) as error:
        run([replace(bad, name="bad"), good], out)
    assert len(error.value.problems) == 3
    assert str(error.value.problems[0]).startswith("configs/baseline.yaml:1:12  model.hidden: units must be positive")
    assert not log.exists()
    assert not list(out.glob("*/runs.csv"))


def test_studies_before_one_that_keras_refuses_are_trained(tmp_path):
    out, good = tmp_path / "results", study_with()
    with pytest.raises(ConfigError):
        run([good, replace(study_with(refuse="units must be positive"), name="bad")], out)
    assert len(finished(read_index(StudyFolder.of("fake", out).runs))) == len(good.runs())
    assert not (out / "bad" / "runs.csv").exists()


def test_what_is_refused_takes_nothing_from_the_results_that_are_there(tmp_path):
    out = tmp_path / "results"
    run([study_with()], out)
    before = folder_bytes(out)
    with pytest.raises(ConfigError):
        run([study_with(rate=0.3, refuse="units must be positive")], out)
    assert folder_bytes(out) == before


def test_results_of_another_file_of_that_name_are_not_touched(tmp_path):
    out, other = tmp_path / "results", tmp_path / "mine" / "fake.yaml"
    other.parent.mkdir()
    other.touch()
    run([study_with()], out)
    mark = StudyFolder.of("fake", out).reported
    mark.write_text(json.dumps({"made_from": "", "file": str(other)}))
    before = folder_bytes(out)
    with pytest.raises(ExperimentsError, match=r"has the results of .*mine.fake.yaml, not of configs/fake.yaml"):
        run([study_with(rate=0.3)], out)
    assert folder_bytes(out) == before
    other.unlink()
    run([study_with(rate=0.3)], out)
    assert folder_bytes(out) != before


WAYS = pytest.mark.parametrize("way", ["spawned", pytest.param("forked", marks=ON_LINUX)])


def staged(folder):
    """The files of finished runs that are not in the tables yet; each holds at least one."""
    return list(folder.rglob(".staging/*.zip"))


def test_killed_at_random_moments_and_resumed_it_is_as_if_nothing_had_happened(tmp_path):
    study = study_with(repeats=15, sleep=0.01)
    run([study], tmp_path / "expected")
    out, choose = tmp_path / "killed", random.Random(4)
    for _ in range(4):
        process = start([study], tmp_path, out)
        time.sleep(0.4 + choose.random())
        process.kill()
        process.communicate()
    run([study], out)
    assert folder_bytes(out) == folder_bytes(tmp_path / "expected")


@pytest.mark.slow
@WAYS
def test_a_kill_loses_only_runs_that_were_not_finished_and_workers_die_with_it(tmp_path, way):
    log = tmp_path / "log"
    study = study_with(repeats=2, sleep=0.5, log=str(log))
    process = start([study], tmp_path, tmp_path / "results", way)
    wait_until(lambda: staged(tmp_path) and sum(trained(log).values()) >= 5)
    finished = sum(trained(log).values()) - 2
    time.sleep(0.3)
    process.kill()
    process.communicate()
    begun, kept = sum(trained(log).values()), len(staged(tmp_path))
    time.sleep(0.7)
    assert sum(trained(log).values()) == begun
    log.unlink()
    run([study], tmp_path / "results")
    assert sum(trained(log).values()) <= 12 - max(finished, kept)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals for another process")
@pytest.mark.parametrize(
    ("number", "way"),
    [
        (signal.SIGINT, "spawned"),
        pytest.param(signal.SIGINT, "forked", marks=ON_LINUX),
        (signal.SIGTERM, "spawned"),
        (getattr(signal, "SIGHUP", signal.SIGTERM), "spawned"),
    ],
)
def test_ctrl_c_and_signals_like_it_end_promptly_and_keep_what_is_there(tmp_path, number, way):
    log = tmp_path / "log"
    study = study_with(repeats=30, sleep=0.2, log=str(log))
    process = start([study], tmp_path, tmp_path / "results", way)
    wait_until(lambda: sum(trained(log).values()) >= 6)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (128 + number, "")
    assert len(read_rows(tmp_path / "results/fake/runs.csv")) >= 2


def test_two_at_once_compute_no_run_twice(tmp_path):
    log = tmp_path / "log"
    study = study_with(repeats=3, log=str(log))
    lock = FolderLock(StudyFolder.of("fake", tmp_path / "results").lock)
    assert lock.try_acquire()
    processes = [start([study], tmp_path, tmp_path / "results") for _ in range(2)]
    for process in processes:
        while "another run is at work on fake; waiting for it" not in process.stdout.readline():
            assert process.poll() is None
    assert not log.exists()
    lock.release()
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(trained(log)) == 18
    assert set(trained(log).values()) == {1}
    assert sum("fake: nothing left to do, the other run has done it" in text for text in said) == 1
