"""Which device trains which runs, on a list of devices that is faked."""

from dataclasses import replace

import pytest

from experiments.scheduler.device import GPU_OPERATIONS, Devices
from experiments.scheduler.placement import place
from experiments.scheduler.plan import Selection, make_plan
from tests.fakes import make_study

SIZES = {"small": 1e3, "large": 2 * GPU_OPERATIONS, "rate[rate=0.4]": 1e3, "rate[rate=0.5]": GPU_OPERATIONS}
OPERATIONS = {("fake", name): operations for name, operations in SIZES.items()}
BOTH = Devices(4, "GPU: Fake")


@pytest.fixture
def plan(tmp_path):
    return make_plan(make_study(*SIZES, repeats=2), tmp_path, Selection())


def placed(placement):
    return {run.variant: task.device for task in placement.tasks for run in task.runs}


def test_each_run_is_placed_by_its_own_size_also_inside_a_bundle(plan):
    placement = place([plan], BOTH, OPERATIONS)
    assert placed(placement) == {name: BOTH.device_for(operations) for name, operations in SIZES.items()}
    assert {task.runs[0].variant for task in placement.tasks if task.device == "gpu"} == {"large"}
    assert {run.variant for run in placement.on_gpu()} == {"large", "rate[rate=0.5]"}
    assert sum(len(task.runs) for task in placement.tasks) == 16


def test_other_variants_and_repeats_of_the_plan_change_no_device(plan, tmp_path):
    whole = placed(place([plan], BOTH, OPERATIONS))
    for name in SIZES:
        part = make_plan(plan.study, tmp_path, Selection(variants=[name], repeats=1))
        assert placed(place([part], BOTH, OPERATIONS)) == {name: whole[name]}


@pytest.mark.parametrize(
    ("devices", "used"),
    [(Devices(4), {"cpu"}), (Devices(4, "GPU: Fake", forced=True), {"gpu"}), (BOTH, {"cpu", "gpu"})],
)
def test_operations_are_needed_only_where_both_devices_train(plan, devices, used):
    operations = OPERATIONS if devices.needs_operations else {}
    assert {task.device for task in place([plan], devices, operations).tasks} == used


def test_the_line_counts_rows_and_programs(plan):
    twin = replace(plan.study.variants[0], name="twin")
    study = replace(plan.study, variants=(*plan.study.variants, twin))
    both = make_plan(study, plan.folder.path.parent, Selection())
    assert both.to_run == 20
    operations = OPERATIONS | {("fake", "twin"): SIZES["small"]}
    # The values of a grid share a program on one device, and the two runs of twins are trained once.
    assert (
        place([both], BOTH, operations).text(BOTH)
        == "GPU: Fake: 8 runs of 1 program; CPU, 4 workers: 12 runs of 1 program"
    )
