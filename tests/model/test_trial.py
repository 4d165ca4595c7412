"""What only Keras can judge is heard with its dotted path before anything trains."""

from __future__ import annotations

import pytest

from experiments.data import load_data
from experiments.errors import ConfigError
from experiments.model.trial import try_model
from tests.model.cases import OUTPUT, configuration, dense
from tests.model.steps import built


def refused(config):
    data = load_data(config, "published", 0)
    with pytest.raises(ConfigError) as error:
        try_model(built(config, data, 0), data)
    (problem,) = error.value.problems
    return problem


def test_a_loss_that_does_not_fit_the_targets():
    problem = refused(configuration(loss="sparse_categorical_crossentropy"))
    assert problem.path == "training.loss"
    assert problem.message.startswith("Received a label value")
    assert "[Op:" not in problem.message


def test_an_output_layer_that_does_not_fit_the_targets():
    problem = refused(configuration({"hidden": dense(), "output": dense(3)}))
    assert problem.path == "training.loss"
    assert "\x1b" not in problem.message


def test_what_keras_refuses_with_another_error_than_a_value_error():
    model = {"hidden": dense(), "norm": {"BatchNormalization": {"axis": 5}}, "output": OUTPUT}
    assert refused(configuration(model)).path == "model.norm"


def test_a_metric_that_is_several_numbers():
    problem = refused(configuration(metrics=[{"Recall": {"thresholds": [0.3, 0.7]}}]))
    assert problem.path == "training.metrics"
    assert problem.message == "'recall' is 2 numbers, and a column of runs.csv holds one"
