"""Published figures in the configurations: who measured them, possible values, none twice."""

import math
from collections import Counter
from pathlib import Path

import pytest

from experiments.language import load_study

CONFIGS = Path(__file__).parents[2] / "configs"
STUDIES = {path.stem: load_study(path) for path in sorted(CONFIGS.glob("*.yaml"))}
WITH_FIGURES = {name: study for name, study in STUDIES.items() if study.published}
SOURCES = {
    "tutorial",
    "slides",
    "slides (read off the plot)",
    "reproduction A (2021)",
    "reproduction B (2024)",
    "reproduction C",
    "extensions by a reader (2019)",
}


def test_every_case_study_of_the_main_deck_has_figures():
    assert {
        "weight_regularization", "weight_constraint", "dropout", "noise", "early_stopping", "data_scaling",
        "vanishing_gradients", "gradient_clipping",
    } <= set(WITH_FIGURES)  # fmt: skip


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_figures_are_possible_and_say_who_measured_them(name):
    for figure in WITH_FIGURES[name].published:
        assert figure.by in SOURCES, figure.place
        assert math.isfinite(figure.value), figure.place
        assert figure.value >= 0, figure.place
        if "accuracy" in figure.metric:
            assert figure.value <= 1, figure.place
        if figure.statistic == "std":
            assert figure.of > 1, figure.place


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_no_figure_stands_there_twice(name):
    figures = Counter((f.variant, f.metric, f.by, f.of, f.statistic, f.note) for f in WITH_FIGURES[name].published)
    assert [figure for figure, times in figures.items() if times > 1] == []


@pytest.mark.parametrize("name", STUDIES)
def test_every_claim_names_its_source(name):
    assert [claim.says for claim in STUDIES[name].claims if not claim.source] == []
    assert STUDIES[name].claims


@pytest.mark.parametrize("name", STUDIES)
def test_the_head_says_what_it_is_and_how_to_run_it(name):
    lines = STUDIES[name].text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    assert f"# Run:  python -m experiments run {name}" in lines[:8]
    assert STUDIES[name].topic
    assert STUDIES[name].source
