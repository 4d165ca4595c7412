"""Studies and made-up results that the tests of pages share."""

from __future__ import annotations

import pytest

from experiments.language import Study, parse_study

STUDY = """\
title: Decouple layers with dropout
question: Does dropout help?
source: A deck, Unit 1
topic: Better generalization
data:
  points: {make_circles: {n_samples: 100, noise: 0.1, random_state: 1}}
  split: {train: 30, test: 70}
model:
  hidden: {Dense: {units: 50, activation: relu}}
  output: {Dense: {units: 1, activation: sigmoid}}
training:
  optimizer: Adam
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 60
  validate_on: test
record: [weight_norm, gradient_norm]
repeats: 6
summary:
  slide: Dropout helps.
  claims: [1]
  practice: Use dropout.
  rests_on: [{claim: 1, of: {published: supported}}]
variants:
  baseline: {}
  dropout:
    about: Four of ten hidden units are dropped.
    model.drop: {Dropout: 0.4, after: hidden}
  wide:
    model.hidden.units: 200
  rate:
    from: dropout
    grid: {rate: {model.drop.rate: [0.1, 0.3, 0.5, 0.7]}}
claims:
  - says: Dropout raises test accuracy.
    expect: dropout.test_accuracy > baseline.test_accuracy
    why:
      - of: {published: supported, fresh: supported}
        text: Our reason.
        because: dropout.accuracy_gap < baseline.accuracy_gap
  - says: A wide network has a smaller gap.
    expect: wide.accuracy_gap < baseline.accuracy_gap
  - says: The rate has a best value inside.
    expect: rate.test_accuracy peaks inside rate
  - says: It never diverges.
    expect: never(dropout.diverged)
published:
  - {variant: baseline, test_accuracy: 0.757, by: tutorial}
  - {variant: baseline, test_accuracy: 0.771, by: a reader}
diagnosis: {metric: accuracy, target_error: 0.05, margin: 0.05}
"""


@pytest.fixture(scope="session")
def study() -> Study:
    return parse_study(STUDY, name="dropout", file="configs/dropout.yaml")


@pytest.fixture(scope="session")
def twin() -> Study:
    text = STUDY.replace("title: Decouple layers with dropout", "title: A second study").replace(
        "topic: Better generalization", "topic: Optimization"
    )
    return parse_study(text, name="twin", file="configs/twin.yaml")
