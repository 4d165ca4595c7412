import numpy as np
import pytest

from experiments.analysis import luck_meter
from tests.analysis.examples import noise, runs, study, together, variant

CLAIM = "a.test_accuracy > b.test_accuracy"


def meters(table, claims=(CLAIM,), variants=("a", "b")):
    return luck_meter(study(variants, claims), table)


def gains(published, weights, fresh, own_rows=0.0):
    """Runs with these gains: on the slides' rows, of the same weights on fresh rows, and under the fresh protocol.

    ``own_rows`` is the gain under the fresh protocol on the own test rows of each data set.
    """
    base = {"test_accuracy": 0.8 + noise(0, scale=0.01), "fresh_test_accuracy": 0.8 + noise(1, scale=0.01)}
    new = {"test_accuracy": 0.7 + noise(2, scale=0.01), "fresh_test_accuracy": 0.8 + noise(3, scale=0.01)}
    better = {
        "test_accuracy": base["test_accuracy"] + published,
        "fresh_test_accuracy": base["fresh_test_accuracy"] + weights,
    }
    better_new = {
        "test_accuracy": new["test_accuracy"] + own_rows,
        "fresh_test_accuracy": new["fresh_test_accuracy"] + fresh,
    }
    return together(runs("a", **better), runs("b", **base), runs("a", "fresh", **better_new), runs("b", "fresh", **new))


def test_the_parts_are_what_each_row_set_adds_and_sum_to_the_gain():
    (meter,) = meters(gains(0.05, 0.03, 0.01, own_rows=0.015))
    parts = {name: part.estimate for name, part in meter.parts.items()}
    assert parts == pytest.approx(
        {"gain": 0.05, "test_rows": 0.015, "offset": 0.005, "training_rows": 0.02, "trick": 0.01}
    )
    assert sum(parts.values()) - parts["gain"] == pytest.approx(parts["gain"])


def test_what_fresh_rows_change_for_any_data_set_is_no_luck_of_the_slides_rows():
    (usual,) = meters(gains(0.05, 0.03, 0.01, own_rows=0.03))
    assert usual.offset.estimate == pytest.approx(0.02) and usual.test_rows.estimate == pytest.approx(0, abs=1e-9)


def test_ratios_multiply():
    def losses(seed, ratio, column):
        values = np.exp(noise(seed, scale=0.1))
        return {column: values * ratio}, {column: values}

    pieces = [losses(0, 0.5, "test_mse"), losses(1, 0.8, "fresh_test_mse"), losses(2, 0.9, "fresh_test_mse")]
    table = together(
        runs("a", **pieces[0][0], **pieces[1][0]),
        runs("b", **pieces[0][1], **pieces[1][1]),
        runs("a", "fresh", **pieces[2][0]),
        runs("b", "fresh", **pieces[2][1]),
    )
    (meter,) = meters(table, ["a.test_mse < b.test_mse"])
    assert meter.unit == "ratio"
    assert meter.gain.estimate == pytest.approx(0.5)
    assert meter.offset is None
    assert meter.test_rows.estimate * meter.training_rows.estimate * meter.trick.estimate == pytest.approx(0.5)


def test_without_the_fresh_protocol_only_the_test_rows_are_known():
    table = gains(0.05, 0.03, 0.01)
    (meter,) = meters(table[table["protocol"] == "published"])
    assert meter.test_rows.estimate == pytest.approx(0.02)
    assert meter.training_rows is None and meter.trick is None and meter.offset is None


def test_nothing_is_taken_apart_where_there_is_no_other_row_to_score_on():
    table = together(runs("a", test_accuracy=noise(0)), runs("b", test_accuracy=noise(1)))
    assert meters(table) == []
    assert meters(together(runs("a"), runs("b"))) == []
    assert meters(gains(0.05, 0.03, 0.01), ["always(a.test_accuracy > 0)", "a.train_accuracy > 0.5"]) == []


def test_a_diverged_run_leaves_no_gain_to_take_apart():
    table = gains(0.05, 0.03, 0.01)
    table.loc[(table["variant"] == "a") & (table["repeat"] == 3), "diverged"] = 1
    assert meters(table, variants=(variant("a"), "b")) == []
