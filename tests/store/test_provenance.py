"""With what the runs of a study were made, and what of it differs now."""

import json

import pytest

from experiments.errors import ExperimentsError
from experiments.language import load_study
from experiments.store.folder import StudyFolder
from experiments.store.loading import load_results
from experiments.store.provenance import (
    FORMAT,
    changed_environment,
    changed_tables,
    read_environment,
    refuse_newer_format,
    resolved_text,
    write_environment,
)
from tests.language.test_table_sources import STUDY
from tests.tabular.tables import houses, written


@pytest.fixture
def folder(tmp_path):
    folder = StudyFolder.of("study", tmp_path)
    folder.path.mkdir()
    write_environment(folder, {"device": "CPU, 2 workers"}, others_stay=False)
    return folder


def test_nothing_differs_from_what_was_just_written(folder):
    assert read_environment(folder)["precision"] == "float32"
    assert changed_environment(folder, "CPU, 8 workers") == changed_environment(folder, None) == []


def test_a_version_a_precision_or_a_device_that_differs_is_named(folder):
    content = read_environment(folder)
    numpy = content["versions"]["numpy"]
    content |= {"precision": "float64", "versions": {**content["versions"], "numpy": "1.0"}}
    folder.environment.write_text(json.dumps(content))
    assert changed_environment(folder, "GPU: NVIDIA H200") == [
        f"numpy 1.0, now {numpy}",
        "precision float64, now float32",
        "device CPU, now GPU: NVIDIA H200",
    ]


def test_a_device_that_still_trains_beside_another_does_not_differ(folder):
    assert changed_environment(folder, "GPU: NVIDIA H200; CPU, 2 workers") == []
    write_environment(folder, {"device": "GPU: NVIDIA H200; CPU, 2 workers"}, others_stay=False)
    assert changed_environment(folder, "CPU, 2 workers") == ["device GPU: NVIDIA H200 and CPU, now CPU"]


def test_the_environment_of_runs_that_stay_is_kept_beside_a_newer_one(folder):
    content = read_environment(folder)
    numpy = content["versions"]["numpy"]
    content |= {"runs": 40, "versions": {**content["versions"], "numpy": "1.0"}}
    folder.environment.write_text(json.dumps(content))
    for _ in range(2):
        write_environment(folder, {"device": "CPU, 2 workers", "runs": 3}, others_stay=True)
    (earlier,) = read_environment(folder)["earlier"]
    assert earlier["runs"] == 40
    assert changed_environment(folder, None) == [f"numpy 1.0, now {numpy}"]
    write_environment(folder, {"device": "CPU, 2 workers", "runs": 43}, others_stay=False)
    assert changed_environment(folder, None) == []


def test_what_was_not_recorded_does_not_differ(folder):
    folder.environment.write_text(json.dumps({"finished": "long ago"}))
    assert changed_environment(folder, "CPU, 2 workers") == []


def test_results_of_a_newer_version_are_refused_with_what_to_do(folder):
    refuse_newer_format(folder)
    folder.environment.write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(ExperimentsError, match=rf"format {FORMAT + 1}; this version reads up to format {FORMAT}"):
        refuse_newer_format(folder)
    folder.runs.write_text("study\n")
    with pytest.raises(ExperimentsError, match="Update this project"):
        load_results("study", folder.path.parent)


def test_a_table_that_has_changed_since_the_runs_is_named(tmp_path):
    (tmp_path / "houses.csv").write_text(written(houses()))
    (tmp_path / "study.yaml").write_text(STUDY + "  other: {data.houses.without: [town]}\n")
    folder = StudyFolder.of("study", tmp_path / "results")
    study = load_study(tmp_path / "study.yaml")
    assert changed_tables(folder, study) == []
    folder.path.mkdir(parents=True)
    folder.resolved.write_text(resolved_text(study))
    assert changed_tables(folder, study) == []
    (tmp_path / "houses.csv").write_text(written(houses(30)))
    assert changed_tables(folder, load_study(tmp_path / "study.yaml")) == ["houses.csv"]
