"""What ``--only`` asks for, of the studies that are shipped and of a small one."""

import pytest

from experiments.language import load_study, parse_study, study_names
from experiments.scheduler.bundles import bundle_key
from experiments.scheduler.choice import CLAIMED, SLIDES, chosen_variants
from experiments.scheduler.plan import Selection, make_plan
from tests.report.conftest import STUDY
from tests.scheduler.test_order import CASE_STUDIES

STUDIES = [load_study(name) for name in study_names()]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_study_has_variants_that_its_claims_name(study):
    assert chosen_variants(study, CLAIMED)


def test_the_slides_show_named_variants_of_the_case_studies():
    shown = {study.name: chosen_variants(study, SLIDES) for study in STUDIES}
    assert sorted(name for name, variants in shown.items() if variants) == sorted(CASE_STUDIES)
    assert not any("[" in variant for variants in shown.values() for variant in variants)
    assert shown["weight_regularization"] == ["baseline", "l2", "l2_hidden_and_output"]


def test_a_grid_of_one_program_is_kept_and_one_of_a_program_a_value_is_not(tmp_path):
    units = "  units: {grid: {units: {model.hidden.units: [3, 4]}}}\n"
    claim = "  - says: Width helps.\n    expect: units.test_accuracy increasing over units\n"
    text = STUDY.replace("claims:\n", f"{units}claims:\n{claim}")
    study = parse_study(text, name="s", file="s.yaml")
    chosen = chosen_variants(study, CLAIMED)
    assert {name.partition("[")[0] for name in chosen} == {"baseline", "dropout", "wide", "rate"}
    runs = [run for group in make_plan(study, tmp_path, Selection(only=CLAIMED)).groups for run in group]
    assert {run.variant for run in runs} == set(chosen)
    assert len({bundle_key(run.config) for run in runs if run.grid}) == 1
