"""Which runs are planned and in which order, of the studies that are shipped and of small ones."""

from dataclasses import replace

import pytest

from experiments.language import load_study, parse_study, study_names
from experiments.language.tuned_form import tuned_form
from experiments.scheduler.bundles import bundle_key, make_bundles
from experiments.scheduler.plan import Selection, Stage, claimed_variants, in_order, make_plan, slide_variants, stage_of
from experiments.session.estimate import expected_seconds
from tests.fakes import make_study
from tests.report.conftest import STUDY

STUDIES = [load_study(name) for name in study_names()]
CASE_STUDIES = [
    "weight_regularization",
    "weight_constraint",
    "dropout",
    "noise",
    "early_stopping",
    "data_scaling",
    "vanishing_gradients",
    "gradient_clipping",
]


def test_the_case_studies_come_first_in_their_decks_order_and_the_others_deck_by_deck():
    studies = in_order(load_study(name) for name in study_names())
    assert [study.name for study in studies[:8]] == CASE_STUDIES
    assert {study.order for study in studies[8:]} == {None}
    sources = [study.source for study in studies[8:]]
    assert sources == sorted(sources)


def test_what_the_slides_show_comes_before_other_variants_and_those_before_grids(tmp_path):
    text = STUDY.replace("  baseline: {}\n", "  grid: {grid: {units: {model.hidden.units: [3, 4]}}}\n  baseline: {}\n")
    text = text.replace("  rate:\n", "  unclaimed: {model.hidden.units: 7}\n  rate:\n")
    study = parse_study(text, name="s", file="s.yaml")
    runs = [group[0] for group in make_plan(study, tmp_path, Selection()).groups]
    stages = [stage_of(study)(run) for run in runs]
    assert stages == sorted(stages)
    assert [run.variant for run in runs if stage_of(study)(run) == Stage.NAMED] == ["unclaimed"] * 12
    protocols = [run.protocol for run in runs if run.variant == "wide"]
    assert protocols == ["published"] * 6 + ["fresh"] * 6
    first_of_each = [stage_of(study)(bundle[0]) for bundle in make_bundles(runs, stage_of(study))]
    assert first_of_each == sorted(first_of_each)


def test_the_order_changes_no_run(tmp_path):
    study = load_study("dropout")
    planned = {run.hash: run for group in make_plan(study, tmp_path, Selection()).groups for run in group[:1]}
    assert all(planned[run.hash].seed == run.seed for run in study.runs())
    assert planned.keys() == {run.hash for run in study.runs()}


def test_studies_without_a_place_are_sorted_by_deck_and_name():
    named = [replace(make_study("a", name=name), source=deck) for name, deck in (("z", "A"), ("b", "B"), ("a", "B"))]
    last = replace(make_study("a", name="first"), source="C", order=1)
    assert [study.name for study in in_order([*named[::-1], last])] == ["first", "z", "a", "b"]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_study_has_variants_that_its_claims_name(study):
    assert claimed_variants(study)


def test_the_slides_show_named_variants_of_the_case_studies():
    shown = {study.name: slide_variants(study) for study in STUDIES}
    assert sorted(name for name, variants in shown.items() if variants) == sorted(CASE_STUDIES)
    assert not any("[" in variant for variants in shown.values() for variant in variants)
    assert shown["weight_regularization"] == ["baseline", "l2", "l2_hidden_and_output"]


def test_tuned_rates_take_less_than_half_of_the_time_of_all_other_runs():
    scored = [(variant, variant.repeats * len(variant.protocols)) for study in STUDIES for variant in study.variants]
    tuned = [
        (variant, len(study.tuning.factors) * study.tuning.repeats + variant.repeats)
        for study in STUDIES
        for variant in tuned_form(study).variants
    ]
    seconds, tuned_seconds = (
        sum(expected_seconds(variant.config) * runs for variant, runs in counted) for counted in (scored, tuned)
    )
    assert 0 < tuned_seconds < seconds / 2


def test_a_grid_of_one_program_is_kept_and_one_of_a_program_a_value_is_not(tmp_path):
    units = "  units: {grid: {units: {model.hidden.units: [3, 4]}}}\n"
    claim = "  - says: Width helps.\n    expect: units.test_accuracy increasing over units\n"
    text = STUDY.replace("claims:\n", f"{units}claims:\n{claim}")
    study = parse_study(text, name="s", file="s.yaml")
    chosen = claimed_variants(study)
    assert {name.partition("[")[0] for name in chosen} == {"baseline", "dropout", "wide", "rate"}
    runs = [run for group in make_plan(study, tmp_path, Selection(only="claimed")).groups for run in group]
    assert {run.variant for run in runs} == set(chosen)
    assert len({bundle_key(run.config) for run in runs if run.grid}) == 1
