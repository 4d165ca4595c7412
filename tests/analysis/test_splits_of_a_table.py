"""Splits of one table overlap: every interval of a mean under fresh is wider for it, and the page says so."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.analysis import analyse
from experiments.analysis.differences import compare_variants
from experiments.analysis.sweeps import sweeps
from experiments.language import parse_study
from experiments.report.study_page import study_page
from tests.analysis.examples import runs, together
from tests.tabular.tables import houses, written

STUDY = """title: Houses
question: What do houses cost?
data:
  houses: {table: {file: houses.csv, target: price, encoder: OneHotEncoder}}
  split: {train: 0.6, test: 0.3, shuffle: true}
model:
  output: {Dense: {units: 1}}
training: {optimizer: Adam, loss: mse, metrics: [r2_score], epochs: 2, validate_on: test}
variants:
  a: {}
  b: {training.epochs: 3}
  few: {data.split.test: 0.4}
  rate: {grid: {rate: {training.epochs: [4, 5, 6]}}}
claims:
  - {says: One., expect: b.test_r2_score > a.test_r2_score}
  - {says: Two., expect: a.test_r2_score == b.test_r2_score ± 0.5}
  - {says: Three., expect: spread(b.test_r2_score) < spread(a.test_r2_score)}
  - {says: Four., expect: rate.test_r2_score increasing over rate}
  - {says: Five., expect: rate.test_r2_score peaks inside rate}
  - {says: Six., expect: few.test_r2_score > a.test_r2_score}
  - {says: Seven., expect: usually(b.test_r2_score > a.test_r2_score)}
"""
REPEATS = 20
WIDER = {overlap: math.sqrt((1 / REPEATS + overlap) * REPEATS) for overlap in (3 / 7, 2 / 3)}


@pytest.fixture(scope="module")
def analyses(tmp_path_factory):
    """The analysis of a study with a table, and of the same runs with rows drawn anew."""
    folder = tmp_path_factory.mktemp("houses")
    (folder / "houses.csv").write_text(written(houses()))
    table = parse_study(STUDY, name="houses", file="houses.yaml", folder=str(folder))
    drawn = STUDY.replace("{table: {file: houses.csv, target: price, encoder: OneHotEncoder}}", "{make_friedman1: {}}")
    independent = parse_study(drawn, name="houses", file="houses.yaml")
    rng = np.random.default_rng(1)
    made = together(
        *(
            runs(variant.name, protocol, test_r2_score=rng.normal(0.8, 0.1, REPEATS))
            for variant in table.variants
            for protocol in ("published", "fresh")
        )
    )
    return analyse(table, made), analyse(independent, made)


def widths(analysis, protocol):
    verdicts = [verdict for verdict in analysis.verdicts if verdict.protocol == protocol]
    return [verdict.effect.interval.high - verdict.effect.interval.low for verdict in verdicts]


def test_intervals_are_wider_under_fresh_and_as_before_under_published(analyses):
    table, independent = analyses
    assert widths(table, "published") == widths(independent, "published")
    ratios = np.divide(widths(table, "fresh"), widths(independent, "fresh"))
    difference, equivalence, spread, slope, peak, few, share = ratios
    assert [difference, equivalence, peak] == pytest.approx([WIDER[3 / 7]] * 3)
    assert few == pytest.approx(WIDER[2 / 3])
    assert 1 < slope <= WIDER[3 / 7] + 1e-9  # a slope ends at 1
    assert spread > 1.5
    assert share == 1


def test_p_values_and_repeats_needed_follow_the_interval(analyses):
    for before, after in zip(analyses[1].verdicts, analyses[0].verdicts, strict=True):
        if after.protocol == "fresh" and after.number == 1:
            interval = after.effect.interval
            error = (interval.high - interval.low) / 2 / stats.t.ppf(0.975, REPEATS - 1)
            assert interval.p == pytest.approx(2 * stats.t.sf(abs(interval.estimate) / error, REPEATS - 1))
            assert interval.p > before.effect.interval.p
            assert after.repeats_needed is None


def test_means_sweeps_and_differences_are_wider_too(analyses):
    def widths_of(analysis):
        metric = "test_r2_score"
        summary = analysis.summary.query(f"protocol == 'fresh' and metric == '{metric}' and variant == 'a'").iloc[0]
        sweep = sweeps(analysis.study, analysis.runs, [metric])[-1]
        difference = compare_variants(analysis.study, analysis.runs, ["a", "b"], [metric])[-1]
        assert sweep.protocol == difference.protocol == "fresh"
        return [found.high - found.low for found in (summary, sweep.intervals[0], difference.effect.interval)]

    np.testing.assert_allclose(np.divide(*map(widths_of, analyses)), WIDER[3 / 7])


def test_the_page_says_so(analyses):
    notes = [study_page(analysis, claims=(), environment={}, out=Path("nowhere")).notes for analysis in analyses]
    assert "splits of one table" in notes[0][-1]
    assert not any("splits of one table" in note for note in notes[1])
