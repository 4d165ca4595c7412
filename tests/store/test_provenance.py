"""With what the runs of a study were made, and what of it differs now."""

import json

import pytest

from experiments.store.folder import StudyFolder
from experiments.store.provenance import changed_environment, read_environment, write_environment


@pytest.fixture
def folder(tmp_path):
    folder = StudyFolder.of("study", tmp_path)
    folder.path.mkdir()
    write_environment(folder, {"device": "CPU, 2 workers"})
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
    write_environment(folder, {"device": "GPU: NVIDIA H200; CPU, 2 workers"})
    assert changed_environment(folder, "CPU, 2 workers") == ["device GPU: NVIDIA H200 and CPU, now CPU"]


def test_what_was_not_recorded_does_not_differ(folder):
    folder.environment.write_text(json.dumps({"finished": "long ago"}))
    assert changed_environment(folder, "CPU, 2 workers") == []
