"""A trigger is added in two places: its class with its rule, and its name with its default threshold."""

import pytest

from experiments.language.allowed import OWN_TRIGGERS
from experiments.training import triggers
from tests.additions import run_with_additions

ADDITIONS = {
    "training/triggers.py": {
        "": '''

class StopAtValue(Trigger):
    """Stop when the value is at most ``threshold``."""

    default_threshold = 0.5

    def fires(self) -> bool:
        """Return whether the value is low enough."""
        return self._values[-1] <= self.threshold


@firing_rule(StopAtValue)
def _at_value(window: Window) -> tf.Tensor:
    return window.values[0] <= window.threshold
''',
    },
    "language/allowed.py": {"OWN_TRIGGERS: Final[dict[str, float]] = {\n": '    "StopAtValue": 0.5,\n'},
}

STUDY = """
title: A toy
question: Does a new trigger work?
source: Nowhere, Unit 0
data:
  points: {make_moons: {n_samples: 40}}
  split: {train: 30, test: 10}
model:
  output: {Dense: {units: 1, activation: sigmoid}}
training:
  optimizer: {SGD: 0.5}
  loss: mse
  epochs: 200
  callbacks: {stop: {StopAtValue: {monitor: loss, threshold: 0.1}}}
repeats: 1
protocols: [published]
variants: {baseline: {}}
claims: []
"""

SCRIPT = f"""
from pathlib import Path

from experiments.language import load_study
from experiments.run.execute import execute

Path("toy.yaml").write_text({STUDY!r})
study = load_study(Path("toy.yaml"))
for engine in ("compiled", "keras"):
    (result,) = execute(study.runs(engine=engine))
    print(result.error, result.scalars["tier"], result.scalars["epochs_run"], result.scalars["stopped_because"])
"""


@pytest.mark.slow
def test_a_trigger_in_two_places_is_checked_and_trained_by_both_engines(tmp_path):
    compiled, fitted = run_with_additions(tmp_path, ADDITIONS, SCRIPT).splitlines()
    tier, epochs, reason = compiled.split()
    assert (tier, reason) == ("xla", "early_stopping")
    assert 1 < int(epochs) < 200
    assert fitted.split() == ["fit", epochs, reason]


def test_both_places_have_the_same_triggers_and_thresholds():
    assert {kind.__name__: kind.default_threshold for kind in triggers.FIRING_RULES} == OWN_TRIGGERS
