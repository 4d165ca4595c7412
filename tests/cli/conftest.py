import shutil
from pathlib import Path

import pytest

from experiments.language import load_study
from experiments.session import run_studies as running
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.staging import stage
from tests.fakes import make_result
from tests.session.watch import fake_executor


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with one study in ``configs/``, the working directory of the test."""
    (tmp_path / "configs").mkdir()
    shutil.copy(Path(__file__).with_name("study.yaml"), tmp_path / "configs" / "small.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(project):
    """The same with results, made up."""
    study = load_study("small")
    folder = StudyFolder.of("small", "results")
    stage(folder.staging, [make_result(run) for run in study.runs()])
    merge(study, folder)
    return project


@pytest.fixture
def fake_training(monkeypatch):
    """Nothing is trained, and nothing is drawn afterwards."""
    options = running.Options

    def with_fake(**values):
        return options(**values, make_executor=fake_executor, report=False)

    monkeypatch.setattr(running, "Options", with_fake)
