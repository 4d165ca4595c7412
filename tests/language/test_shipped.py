"""Every shipped study: loads without a problem and shows and copies itself."""

import pytest

from experiments.language import load_study, parse_study, study_names
from experiments.language.loader import load_yaml
from experiments.language.located import plain
from experiments.language.problems import Problems
from experiments.language.show import new_study, show_study

NAMES = study_names()


def test_there_are_studies():
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_study_loads(name):
    study = load_study(name)
    assert study.variants
    assert len({variant.name for variant in study.variants}) == len(study.variants)
    assert study.runs(repeats=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_study_can_be_shown_and_copied(name):
    study = load_study(name)
    for variant in study.variants:
        assert plain(load_yaml(show_study(study, variant), "shown", Problems())) == variant.config.to_plain()
    copy = parse_study(new_study(study, "mine"), name="mine", file="mine.yaml")
    assert [variant.config for variant in copy.variants] == [variant.config for variant in study.variants]
