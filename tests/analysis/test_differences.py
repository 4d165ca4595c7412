import numpy as np
import pytest

from experiments.analysis import compare_folders, compare_variants, differences
from tests.analysis.examples import noise, runs, study, together, variant


def test_variants_are_compared_in_pairs_with_the_first_named():
    seeds = noise(0)
    table = together(
        runs("a", test_accuracy=seeds), runs("b", test_accuracy=seeds + 0.1), runs("c", test_accuracy=seeds - 0.1)
    )
    b, c = compare_variants(study(["a", "b", "c"]), table, ["a", "b", "c"], ["test_accuracy"])
    assert (b.variant, b.reference, b.metric, b.effect.unit) == ("b", "a", "test_accuracy", "difference")
    assert (b.effect.interval.estimate, c.effect.interval.estimate) == (pytest.approx(0.1), pytest.approx(-0.1))
    assert b.left == pytest.approx((seeds + 0.1).mean())


def test_the_forest_has_every_named_variant_against_the_first_in_the_main_metric():
    point = variant("rate[rate=0.1]", grid={"rate": 0.1})
    table = together(*(runs(name, test_accuracy=noise(0)) for name in ("a", "b", "rate[rate=0.1]")))
    assert [(d.variant, d.reference, d.metric) for d in differences(study(["a", "b", point]), table)] == [
        ("b", "a", "test_accuracy")
    ]


def test_regression_is_compared_in_original_units_where_any_target_is_scaled():
    variants = [
        variant("a", loss="mean_squared_error", metrics=()),
        variant("b", loss="mean_squared_error", metrics=(), scaler={"StandardScaler": {}}),
    ]
    table = together(runs("a", test_mse=np.exp(noise(0))), runs("b", test_mse_original=np.exp(noise(1))))
    (one,) = differences(study(variants), table)
    assert (one.metric, one.effect.unit, one.effect.interval.n) == ("test_mse_original", "ratio", 30)


def test_folders_are_compared_by_repeat(tmp_path):
    for folder, shift in (("before", 0.0), ("after", 0.1)):
        (tmp_path / folder / "example").mkdir(parents=True)
        table = together(
            runs("a", test_accuracy=noise(0) + shift, train_accuracy=[1.0] * 30), runs(folder, test_accuracy=[0.5])
        )
        table.to_csv(tmp_path / folder / "example" / "runs.csv", index=False)
    changed, same = compare_folders(tmp_path / "before", tmp_path / "after")
    assert (changed.study, changed.variant, changed.metric) == ("example", "a", "test_accuracy")
    assert changed.effect.interval.estimate == pytest.approx(0.1) and not changed.identical
    assert same.metric == "train_accuracy" and same.identical


def test_nothing_in_common_is_no_comparison(tmp_path):
    assert compare_folders(tmp_path, tmp_path) == []
    table = together(runs("a", test_accuracy=noise(0)), runs("b"))
    assert compare_variants(study(["a", "b"]), table, ["a", "b"]) == []


def test_the_reference_of_the_forest_is_the_first_variant_that_does_not_diverge():
    table = together(
        runs("wild", test_accuracy=noise(1), diverged=[0]),
        runs("a", test_accuracy=noise(2)),
        runs("b", test_accuracy=noise(3)),
    )
    found = differences(study(["wild", "a", "b"]), table)
    assert {one.reference for one in found} == {"a"}
    assert {one.variant for one in found} == {"wild", "b"}


def test_variants_on_other_data_are_not_in_the_forest():
    digits = variant("digits", source="load_digits")
    table = together(*(runs(name, test_accuracy=noise(i)) for i, name in enumerate(("a", "b", "digits"))))
    assert {one.variant for one in differences(study(["a", "b", digits]), table)} == {"b"}
