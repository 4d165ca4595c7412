"""What becomes of runs that load stored programs, with a fake in the place of TensorFlow."""

import os
from pathlib import Path

import pytest

from experiments.scheduler.executor import Finished, Note, Train
from experiments.scheduler.local import LocalExecutor
from tests.fakes import FakeStudy, FakeVariant
from tests.marks import ON_LINUX
from tests.session.fake_stored import FUNCTIONS

pytestmark = ON_LINUX
HEALED = "s: a stored program did not fit; it was deleted and compiled anew"


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Carries out a bundle of three runs; gives the repeats that failed, the notes, and the programs then stored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    del os.environ["TF_XLA_FLAGS"]

    def train(**config):
        variant = FakeVariant("v", config=config, repeats=3, protocols=("published",))
        executor = LocalExecutor(1, functions=FUNCTIONS, forked=True)
        try:
            executor.submit(Train(FakeStudy("s", (variant,)).runs()))
            events = list(executor.events())
        finally:
            executor.close()
        results = {event.result.run.repeat: event.result for event in events if isinstance(event, Finished)}
        assert sorted(results) == [0, 1, 2]
        failed = [repeat for repeat, result in sorted(results.items()) if result.failed]
        notes = [event.text for event in events if isinstance(event, Note)]
        return failed, notes, sorted(path.name.split(".", 1)[1] for path in Path(".xla_cache").rglob("*.pb"))

    return train


ALL = ["0.pb", "1.pb", "2.pb"]


@pytest.mark.parametrize("how", ["fail", "die"])
@pytest.mark.parametrize("repeat", [0, 1, 2])
def test_what_fails_with_a_stored_program_only_is_compiled_anew_once(train, how, repeat):
    assert train() == ([], [], ALL)
    assert train(if_loaded={str(repeat): how}) == ([], [HEALED], [])
    assert train(if_loaded={str(repeat): how}) == ([], [], ALL)


@pytest.mark.parametrize("how", ["fail", "die"])
def test_what_fails_without_stored_programs_too_has_failed_and_they_stay(train, how):
    assert train() == ([], [], ALL)
    assert train(always={"1": how}) == ([1], [], ALL)


@pytest.mark.parametrize("how", ["fail", "die"])
def test_programs_of_runs_that_ended_well_are_stored_whatever_comes_after_them(train, how):
    assert train(always={"1": how}) == ([1], [], ["0.pb", "2.pb"] if how == "die" else ALL)


def test_damaged_programs_of_a_bundle_are_noted_once_and_replaced(train):
    train()
    for file in Path(".xla_cache").rglob("*.pb"):
        file.write_bytes(b"damaged")
    assert train() == ([], ["a stored program was damaged, or others could write to it; it is compiled anew"], ALL)
    assert train() == ([], [], ALL)


def test_a_folder_that_others_can_write_to_is_noted_and_not_used(train):
    train()
    Path(".xla_cache").chmod(0o770)
    note = ".xla_cache is not used to store compiled programs: other users may write to it"
    assert train(if_loaded={"0": "die"}) == ([], [note], ALL)
