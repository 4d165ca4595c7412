"""What a column means is declared once, and the documentation lists what is declared."""

import doctest
import re

import pytest

from experiments import column_lookup
from experiments.column_lookup import Features, column_names, column_of
from experiments.column_types import BEST_WEIGHTS, OWN_CURVES
from experiments.columns import COLUMNS, CURVES, RECORD
from tools.column_tables import DOCS, TABLES, with_tables


def features(*conditions):
    return Features(
        sets=("train", "test", "fresh_test"),
        metrics=("accuracy", "loss", "mse"),
        watched=("accuracy",),
        targets=("train_loss",),
        layers=("hidden", "output"),
        conditions=frozenset(conditions),
        squashing=("output",),
        shares=("0.5",),
        deviations=("0.1",),
    )


@pytest.mark.parametrize(
    ("name", "set_name", "scale", "better", "survives"),
    [
        ("test_accuracy", "test", "difference", "higher", False),
        ("best_fresh_test_mse", "fresh_test", "ratio", "lower", True),
        ("member_train_auc", "train", "difference", "higher", False),
        ("validation_f1_score", "validation", "difference", "higher", False),
        ("best_watched_accuracy", "", "difference", "higher", True),
        ("accuracy_gap", "", "difference", "lower", False),
        ("epochs_until_test_accuracy", "", "ratio", "neither", True),
        ("initial_activation_std.block.dense", "", "ratio", "neither", True),
        ("dead_units.hidden", "", "difference", "neither", False),
        ("seconds", "", "ratio", "lower", True),
        ("test_accuracy_without_0.5", "test", "difference", "higher", False),
        ("fresh_test_mse_disturbed_0.1", "fresh_test", "ratio", "lower", False),
        ("own_test_accuracy", "test", "difference", "higher", False),
    ],
)
def test_a_name_means_what_its_family_declares(name, set_name, scale, better, survives):
    found = column_of(name)
    assert found.name == name
    properties = found.set_name, found.scale, found.better, found.survives_divergence
    assert properties == (set_name, scale, better, survives)


@pytest.mark.parametrize(
    ("name", "fresh"),
    [
        ("test_accuracy", "fresh_test_accuracy"),
        ("best_test_mse", "best_fresh_test_mse"),
        ("accuracy_gap", "fresh_accuracy_gap"),
        ("train_accuracy", ""),
        ("fresh_test_accuracy", ""),
        ("best_watched_accuracy", ""),
        ("test_accuracy_without_0.5", "fresh_test_accuracy_without_0.5"),
        ("own_test_accuracy", ""),
    ],
)
def test_scores_on_test_rows_have_a_fresh_twin(name, fresh):
    assert column_of(name).fresh == fresh


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("member_test_accuracy", "accuracy (share of rows)"),
        ("weight_norm", "weight norm (all kernels)"),
        ("weight_norm.hidden", "weight norm of hidden"),
        ("best_watched_mse", "best watched MSE"),
        ("loss", "loss with penalties"),
        ("val_hinge", "val hinge"),
        ("fresh_test_mse_disturbed_0.1", "MSE with input noise of 0.1"),
        ("own_best_test_accuracy", "accuracy on the study's own rows"),
    ],
)
def test_labels_are_for_people(name, label):
    assert column_of(name).label == label


def test_only_errors_have_the_units_of_the_target():
    assert column_of("best_test_mse").in_target_units and column_of("test_loss").in_target_units
    assert column_of("test_mse_without_0.5").in_target_units
    assert not column_of("test_mse_original_disturbed_0.1").in_target_units
    assert not column_of("test_mse_original").in_target_units and not column_of("test_accuracy").in_target_units


def test_a_configuration_has_the_columns_that_it_meets_the_needs_of():
    plain = column_names(features(OWN_CURVES))
    assert {"test_accuracy", "accuracy_gap", "best_watched_accuracy", "epochs_run"} <= plain
    assert not {"best_epoch", "best_test_accuracy", "weight_norm", "overshoots", "study", "error"} & plain
    assert {"best_epoch", "best_test_accuracy"} <= column_names(features(BEST_WEIGHTS))
    recorded = column_names(features(OWN_CURVES, "unit_norm", "time_per_epoch", "epochs_until"))
    assert {"unit_norm_min.output", "seconds_until_train_loss", "reached_train_loss"} <= recorded
    assert "overshoots" not in column_names(features("overshoots"))  # of an ensemble


def test_every_declared_column_is_found_by_its_own_names():
    everything = frozenset((BEST_WEIGHTS, OWN_CURVES, "ensemble", *(word.name for word in RECORD)))
    names = column_names(features(*everything))
    families = {re.sub(r"<\w+>", "", declared.name) for declared in COLUMNS if declared.is_measured}
    assert len(names) > len(families)
    assert [name for name in names if not column_of(name).is_measured or not column_of(name).label] == []
    assert all(column_of(declared.name).about == declared.about for declared in COLUMNS if "<" not in declared.name)


def test_names_are_declared_once():
    names = [declared.name for declared in COLUMNS]
    assert len(set(names)) == len(names)
    assert len(CURVES) == sum(len(word.curves) for word in RECORD)


@pytest.mark.parametrize("name", TABLES)
def test_the_documentation_has_the_declared_columns(name):
    page = (DOCS / name).read_text(encoding="utf-8")
    assert with_tables(page, TABLES[name]) == page, f"python -m tools.column_tables brings {name} up to date"


def test_every_word_of_record_is_documented():
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    assert [word.name for word in RECORD if f"| `{word.name}` |" not in page] == []


def test_the_examples_of_the_module_are_right():
    failed, tried = doctest.testmod(column_lookup)
    assert tried and not failed
