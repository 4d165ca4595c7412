"""A small study with named variants, a grid, claims and published figures; results made from random numbers."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from experiments.language import parse_study
from experiments.report.figures.style import apply_style
from tests.report.synthetic import write_results

TEXT = """
title: Decouple layers with dropout
question: Does it help?
data:
  points: {make_circles: {n_samples: 100, noise: 0.1, random_state: 1}}
  split: {train: 30, test: 70}
model:
  hidden: {Dense: {units: 5, activation: relu}}
  output: {Dense: {units: 1, activation: sigmoid}}
training: {optimizer: Adam, loss: binary_crossentropy, metrics: [accuracy], epochs: 60, validate_on: test}
record: [weight_norm, gradient_norm]
repeats: 6
variants:
  baseline: {}
  dropout:
    model.drop: {Dropout: 0.4, after: hidden}
  stopped:
    training.callbacks: {stop: {EarlyStopping: {monitor: val_loss, patience: 5}}}
  rate:
    from: dropout
    grid: {rate: {model.drop.rate: [0.001, 0.01, 0.1]}}
claims:
  - {says: Dropout raises test accuracy., expect: dropout.test_accuracy > baseline.test_accuracy}
  - {says: A higher rate shrinks the weights., expect: rate.weight_norm.hidden decreasing over rate}
published:
  - {variant: baseline, test_accuracy: 0.757, by: tutorial}
  - {variant: baseline, test_accuracy: 0.757, by: reproduction A}
"""


@pytest.fixture(scope="module")
def study():
    return parse_study(TEXT, name="tiny", file="tiny.yaml")


@pytest.fixture
def results(study, tmp_path):
    write_results(study, tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def style():
    with apply_style():
        yield


@pytest.fixture
def ax():
    return Figure().add_subplot()
