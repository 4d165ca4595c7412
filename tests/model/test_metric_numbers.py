"""What `check` takes for one number is one number in Keras, and what it refuses is several."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from experiments.language.signatures import classes
from tests.language.texts import problems_of, study_text

REQUIRED = {
    "num_classes": 3,
    "target_class_ids": [0, 1],
    "recall": 0.5,
    "precision": 0.5,
    "specificity": 0.5,
    "sensitivity": 0.5,
}
SETTINGS = {"average": ["macro", "micro", "weighted"], "thresholds": [[0.5], [0.3, 0.7]]}
CASES = [
    (name, {**{given: REQUIRED[given] for given, about in arguments.items() if "required" in about}, **further})
    for name, arguments in classes("metrics").items()
    for further in [{}, *({key: value} for key, values in SETTINGS.items() if key in arguments for value in values)]
]


def numbers_of(metric):
    """Count the numbers of a metric, of rows in the one form of two that it takes."""
    draw = np.random.default_rng(0)
    predictions = draw.dirichlet(np.ones(3), 8).astype(np.float32)
    classes_of_rows = draw.integers(0, 3, 8).astype(np.int32)
    for targets in (np.eye(3, dtype=np.float32)[classes_of_rows], classes_of_rows):
        try:
            metric.update_state(targets, predictions)
        except Exception:
            continue
        return np.asarray(metric.result()).size
    raise AssertionError(f"{metric.name} takes neither classes nor rows of them")


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_check_and_keras_agree_on_what_is_one_number(name, arguments):
    written = json.dumps([{name: arguments}])
    training = f"training: {{optimizer: adam, loss: mse, epochs: 1, metrics: {written}}}"
    refused = [message for _, message in problems_of(study_text(training=training)) if "one number for each" in message]
    assert bool(refused) == (numbers_of(getattr(keras.metrics, name)(**arguments)) > 1)
