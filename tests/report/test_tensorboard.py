import numpy as np
import pytest

import experiments
from experiments.report.tensorboard import main, write_events
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.staging import stage
from tests.fakes import make_result, make_study

STUDY = make_study("plain", "odd name?", name="events")


@pytest.fixture
def out(tmp_path):
    folder = StudyFolder.of(STUDY.name, tmp_path)
    stage(folder.staging, [make_result(run) for run in STUDY.runs()])
    merge(STUDY, folder)
    return tmp_path


def read(folder):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.iterdir()
    events = [event for event in loader.LegacyEventFileLoader(str(path)).Load() if event.summary.value]
    return [(event.summary.value[0].tag, event.step, event.summary.value[0].simple_value) for event in events]


def test_each_variant_and_protocol_is_a_run_with_the_mean_curves(out):
    folders = write_events("events", out)
    assert len(folders) == 2 * len(STUDY.protocols)
    history = experiments.load_history("events", "plain", "published", out=out)
    expected = np.nanmean(history["loss"], axis=0)
    written = {
        step: value for tag, step, value in read(out / "events" / "tensorboard" / "plain.published") if tag == "loss"
    }
    assert sorted(written) == list(range(1, history.epochs + 1))
    np.testing.assert_allclose([written[step] for step in sorted(written)], expected, rtol=1e-6)


def test_writing_again_replaces(out):
    write_events("events", out)
    folder = write_events("events", out)[0]
    assert len(list(folder.iterdir())) == 1


def test_a_study_without_curves_is_named(tmp_path, capsys):
    assert main(["nothing", "--out", str(tmp_path)]) == 2
    assert "python -m experiments run nothing" in capsys.readouterr().err
