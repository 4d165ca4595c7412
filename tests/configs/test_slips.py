"""What docs/errata.md says of configurations and tests."""

import re
from pathlib import Path

import pytest

from experiments.language import load_study

ROOT = Path(__file__).parents[2]
TESTS = sorted(
    set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")))
)


def hidden_layers(study, variant):
    config = next(found.config for found in study.variants if found.name == variant)
    return [name for name in config.model.names if name.startswith("hidden_")]


def test_the_slides_relu_network_has_one_layer_less():
    study = load_study(ROOT / "configs" / "vanishing_gradients.yaml")
    assert len(hidden_layers(study, "relu_4x5_he")) == 4
    assert len(hidden_layers(study, "relu_5x5_he")) == len(hidden_layers(study, "tanh_5x5")) == 5


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_every_slip_has_its_test(file, name):
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
