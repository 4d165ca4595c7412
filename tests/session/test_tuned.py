"""Runs that depend on the results of earlier ones, in one call: rates are tried, then the best one is scored."""

from collections import Counter

import pytest

from experiments.language import parse_study
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED, TUNING
from experiments.scheduler.executor import Finished, Prepare
from experiments.scheduler.plan import Selection
from experiments.session import pages as writing
from experiments.session import train as training
from experiments.store.folder import StudyFolder
from experiments.store.rate_search import search_of, search_scores
from experiments.store.table import read_rows
from tests.fakes import folder_bytes, make_result
from tests.scheduler import fake_execute
from tests.scheduler.test_tuned_plan import TEXT
from tests.session.watch import InThisProcess, fake_executor, run

STUDY = parse_study(TEXT, name="rates", file="rates.yaml")
OTHER = parse_study(TEXT.replace("n_samples: 100", "n_samples: 200"), name="others", file="others.yaml")
ALL = Selection(protocols=("published", "fresh", TUNED))


def rows_of(out, study=STUDY):
    return read_rows(StudyFolder.of(study.name, out).runs)


def check(out, study=STUDY):
    """Check that every search is over and that exactly its best rate is scored."""
    rows, form = rows_of(out, study), tuned_form(study)
    scores = search_scores(form, rows)
    for variant in form.variants:
        search = search_of(form, variant, scores)
        tried = Counter(row["variant"] for row in rows if row["protocol"] == TUNING and row["group"] == variant.name)
        assert tried == {rate.point.name: 3 for rate in search.tried}
        tuned = [row for row in rows if (row["variant"], row["protocol"]) == (variant.name, TUNED)]
        at = {float(row["grid.learning_rate"]) for row in tuned}
        assert search.best is not None and at == ({search.best.value} if search.best.factor != 1 else set())
        assert len(tuned) in (0, 4)


@pytest.mark.parametrize("executor", [InThisProcess, fake_executor])
def test_one_call_tries_rates_and_scores_the_best_and_the_next_call_does_nothing(tmp_path, executor):
    summary, watcher = run([STUDY, OTHER], tmp_path, selection=ALL, make_executor=executor)
    for study in (STUDY, OTHER):
        check(tmp_path, study)
    assert summary.trained == sum(len(rows_of(tmp_path, study)) for study in (STUDY, OTHER))
    assert watcher.tally.done == watcher.tally.total == summary.trained
    before = folder_bytes(tmp_path)
    again, watcher = run([STUDY, OTHER], tmp_path, selection=ALL)
    assert again.trained == 0 and watcher.lines == [f"{summary.trained} done, nothing to run"]
    run([STUDY], tmp_path, selection=Selection())
    assert folder_bytes(tmp_path) == before


class BuildsMeanwhile(InThisProcess):
    """Builds a study before the last task of the one before is trained, as a second worker would."""

    def submit(self, task, *, first=False):
        super().submit(task, first=first)
        if isinstance(task, Prepare) and len(self._tasks) > 1:
            self._tasks[-2:] = reversed(self._tasks[-2:])


@pytest.mark.parametrize("executor", [InThisProcess, BuildsMeanwhile])
def test_the_study_that_begins_first_is_trained_to_its_end_first(tmp_path, executor, monkeypatch):
    handle, seen = training._handle, []

    def noted(event, *others):
        seen.extend([event.result.run.study] if isinstance(event, Finished) else [])
        handle(event, *others)

    monkeypatch.setattr(training, "_handle", noted)
    third = parse_study(TEXT.replace("n_samples: 100", "n_samples: 300"), name="thirds", file="thirds.yaml")
    run([STUDY, OTHER, third], tmp_path, selection=ALL, make_executor=executor)
    assert list(dict.fromkeys(seen)) == ["rates", "others", "thirds"]
    assert seen == sorted(seen, key=["rates", "others", "thirds"].index)


@pytest.mark.parametrize("stop_at", [1, 20, 53, 54, 56])
def test_an_interrupted_call_goes_on_and_ends_with_the_same_files(tmp_path, stop_at, monkeypatch):
    run([STUDY], tmp_path / "whole", selection=ALL)
    handle, seen = training._handle, []

    def interrupt(event, *arguments):
        handle(event, *arguments)
        seen.append(event)
        if sum(isinstance(one, training.Finished) for one in seen) == stop_at:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "_handle", interrupt)
    summary, _ = run([STUDY], tmp_path / "stopped", selection=ALL)
    assert summary.interrupted
    monkeypatch.setattr(training, "_handle", handle)
    rest, _ = run([STUDY], tmp_path / "stopped", selection=ALL)
    assert summary.trained + rest.trained == len(rows_of(tmp_path / "whole"))
    assert folder_bytes(tmp_path / "stopped") == folder_bytes(tmp_path / "whole")


def test_a_failed_run_leaves_the_search_open_for_the_next_call(tmp_path, monkeypatch):
    def fail_some(run, *, error, device):
        if run.protocol == TUNING and run.base == "adam" and run.grid["learning_rate"] == 0.001:
            error = "Traceback ...\nValueError: no"
        return make_result(run, error=error, device=device)

    monkeypatch.setattr(fake_execute, "make_result", fail_some)
    summary, _ = run([STUDY], tmp_path, selection=ALL)
    assert len(summary.failures) == 3
    assert not [row for row in rows_of(tmp_path) if (row["variant"], row["protocol"]) == ("adam", TUNED)]
    monkeypatch.setattr(fake_execute, "make_result", make_result)
    run([STUDY], tmp_path, selection=ALL)
    check(tmp_path)


def test_the_page_is_complete_when_the_tuned_runs_are_there(tmp_path, monkeypatch):
    requested = []
    monkeypatch.setattr(
        writing.Pages, "request", lambda self, study, *, complete: requested.append((study.name, complete))
    )
    run([STUDY], tmp_path, selection=ALL)
    assert requested[-1] == ("rates", True) and (("rates", True) not in requested[:-1])
