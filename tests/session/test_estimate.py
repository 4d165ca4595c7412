"""The time that is left, on synthetic times: a worker for each of two cores, no clock."""

import json
import math
import random

import pytest

from experiments.language import load_study, study_names
from experiments.scheduler.bundles import make_bundles
from experiments.scheduler.plan import in_order, stage_of
from experiments.session.estimate import Estimate, expected_seconds

WORKERS = 2


@pytest.fixture(scope="module")
def bundles():
    studies = in_order(load_study(name) for name in study_names())
    return [bundle for study in studies for bundle in make_bundles(study.runs(repeats=6), stage_of(study))]


def durations(bundles, slower=1.0, spread=0.0, seed=1):
    """What each run takes: as expected by size, times a factor of the machine and one of each program."""
    draw = random.Random(seed)
    times = []
    for bundle in bundles:
        program, each = (slower * math.exp(draw.gauss(0, spread)) for _ in range(2))
        seconds = [each * expected_seconds(run.config) for run in bundle]
        times.append([seconds[0] + 4.0 * program, *seconds[1:]])
    return times


def play(estimate, bundles, times, until):
    """Let two workers train for some seconds; give the estimate then and the time that really was left."""
    for study in {run.study: None for bundle in bundles for run in bundle}:
        estimate.plan([run for bundle in bundles for run in bundle if run.study == study])
    spent, total = 0.0, sum(map(sum, times)) / WORKERS
    for bundle, seconds in zip(bundles, times, strict=True):
        for run, taken in zip(bundle, seconds, strict=True):
            if spent / WORKERS >= until:
                return estimate.seconds_left(WORKERS), total - spent / WORKERS
            estimate.finished(run, taken)
            spent += taken
    return estimate.seconds_left(1), 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("slower", [0.3, 1.0, 4.0])
def test_after_two_minutes_it_is_within_a_third_where_nothing_is_known(bundles, slower, seed):
    left, truth = play(Estimate(), bundles, durations(bundles, slower, spread=0.5, seed=seed), until=120)
    assert 2 / 3 < left / truth < 4 / 3


@pytest.mark.parametrize("slower", [0.5, 3.0])
def test_what_programs_took_last_time_is_known_next_time_on_a_busier_machine_too(bundles, tmp_path, slower):
    path = tmp_path / ".timings.json"
    usual = durations(bundles, spread=1.5)
    first = Estimate(path)
    play(first, bundles, usual, until=math.inf)
    first.write()
    later = [[slower * seconds for seconds in times] for times in usual]
    left, truth = play(Estimate(path), bundles, later, until=120)
    assert 2 / 3 < left / truth < 4 / 3
    assert path.stat().st_size < 50_000


def test_the_gpu_trains_its_runs_while_the_cpu_trains_the_others(bundles):
    runs, times = [run for bundle in bundles[:9] for run in bundle if run.study == bundles[0][0].study], {}
    for part in (runs, runs[:12], runs[12:]):
        estimate = Estimate()
        estimate.plan(part)
        times[len(part)] = estimate.seconds_left(1)
    estimate.plan(runs)
    estimate.move_to_gpu(runs[:12])
    assert estimate.seconds_left(1) == pytest.approx(max(times[12], times[len(runs) - 12]))
    for run in runs:
        estimate.finished(run, 1.0)
    assert estimate.seconds_left(1) == 0


def test_nothing_is_left_when_all_is_over(bundles):
    left, _ = play(Estimate(), bundles, durations(bundles), until=math.inf)
    assert left == 0


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"a": 1}', '{"a": ["x", 1.0]}', '{"a": [1.0]}', '{"a": [-1.0, 1.0]}']
)
def test_a_damaged_file_is_as_good_as_none(bundles, tmp_path, content):
    path = tmp_path / ".timings.json"
    path.write_text(content)
    left, _ = play(Estimate(path), bundles, durations(bundles), until=0)
    assert left == play(Estimate(), bundles, durations(bundles), until=0)[0]


def test_times_of_programs_that_were_not_run_stay(bundles, tmp_path):
    path = tmp_path / ".timings.json"
    for part in (bundles[:3], bundles[3:6]):
        estimate = Estimate(path)
        play(estimate, part, durations(part), until=math.inf)
        estimate.write()
    assert len(json.loads(path.read_text())) == 6
