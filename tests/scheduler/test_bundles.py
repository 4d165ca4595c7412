from experiments.scheduler.bundles import bundle_key, make_bundles
from experiments.scheduler.plan import Selection, make_plan
from tests.fakes import FakeStudy, FakeVariant


def config(rate=0.4, units=5, seed=1, epochs=10):
    return {
        "data": {"points": {"make_moons": {"n_samples": 100, "random_state": seed}}},
        "model": {"hidden": {"Dense": {"units": units}}, "drop": {"Dropout": {"rate": rate}}},
        "training": {"epochs": epochs},
    }


def test_rates_and_seeds_do_not_shape_a_program_but_units_do():
    assert bundle_key(config()) == bundle_key(config(rate=0.1, seed=7))
    assert bundle_key(config()) != bundle_key(config(units=6))


def test_bundles_hold_every_run_once_and_the_longest_comes_first():
    variants = (
        FakeVariant("short", config=config(units=2, epochs=1)),
        FakeVariant("a", config=config(rate=0.1)),
        FakeVariant("b", config=config(rate=0.2)),
    )
    runs = FakeStudy("s", variants).runs()
    bundles = make_bundles(runs)
    assert [{run.variant for run in bundle} for bundle in bundles] == [{"a", "b"}, {"short"}]
    assert sorted(run.hash for bundle in bundles for run in bundle) == sorted(run.hash for run in runs)


def test_a_plan_builds_each_variant_once_under_each_protocol(tmp_path):
    variants = FakeVariant("a", config=config(rate=0.1)), FakeVariant("b", config=config(rate=0.2))
    plan = make_plan(FakeStudy("s", variants), tmp_path, Selection())
    first = [(run.variant, run.protocol, run.repeat) for run in plan.first_runs()]
    assert sorted(first) == [(name, protocol, 0) for name in "ab" for protocol in ("fresh", "published")]
