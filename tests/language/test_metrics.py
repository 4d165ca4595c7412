import pytest

from experiments.language.components import Component
from experiments.language.configuration import Configuration
from experiments.language.metrics import claim_names, component_name, loss_column, metric_names, watched_metric


def config(**changes):
    training = {"optimizer": "adam", "epochs": 1, "loss": "binary_crossentropy", "metrics": ["accuracy"]}
    training["validate_on"] = "test"
    base = {
        "data": {"points": {"make_moons": {"n_samples": 100}}, "split": {"train": 30, "test": 70}},
        "model": {"hidden": {"Dense": {"units": 5}}, "drop": {"Dropout": {"rate": 0.4}}},
        "training": training | changes.pop("training", {}),
        "record": [],
    }
    return Configuration.from_plain(base | changes)


def test_scores_of_every_set():
    names = metric_names(config())
    scores = {f"{s}_{m}" for s in ("train", "test", "fresh_test") for m in ("accuracy", "loss", "crossentropy")}
    assert scores <= names
    assert {"accuracy_gap", "fresh_accuracy_gap", "epochs_run", "diverged", "best_watched_accuracy"} <= names
    assert not {"validation_accuracy", "best_test_accuracy", "best_epoch", "test_mse"} & names


def test_embedded_data_have_no_fresh_rows():
    names = metric_names(config(data={"points": {"load_digits": {}}, "split": {"train": 30, "test": 70}}))
    assert "test_accuracy" in names
    assert not any(name.startswith("fresh") for name in names)


def test_a_validation_split_and_a_checkpoint_add_their_columns():
    data = {"points": {"make_moons": {}}, "split": {"train": 20, "validation": 10, "test": 70}}
    callbacks = {"best": {"ModelCheckpoint": {"monitor": "val_accuracy"}}}
    names = metric_names(config(data=data, training={"callbacks": callbacks, "validate_on": "validation"}))
    assert {"validation_accuracy", "best_test_accuracy", "best_fresh_test_accuracy", "best_epoch"} <= names
    assert "best_watched_accuracy" not in names


def test_regression_has_original_units():
    names = metric_names(config(training={"loss": "mean_squared_error", "metrics": []}))
    assert {"test_mse", "test_mse_original", "train_loss"} <= names
    assert "accuracy_gap" not in names


def test_record_words_name_layers():
    record = ["weight_norm", "unit_norm", "activation_stats", "overshoots", {"epochs_until": {"test_accuracy": 0.8}}]
    names = metric_names(config(record=record))
    assert {"weight_norm", "weight_norm.hidden", "unit_norm_max.hidden", "initial_activation_std.hidden"} <= names
    assert {"overshoots", "epochs_until_test_accuracy"} <= names
    assert not {"weight_norm.drop", "activation_std.drop"} & names


def test_words_with_numbers_behind_them_name_test_rows():
    names = metric_names(config(record=[{"ablation": [0.5, 0.125]}, {"disturbed_inputs": [1, 1e-5]}]))
    assert {"test_accuracy_without_0.125", "fresh_test_loss_without_0.5", "top_tenth_weight"} <= names
    assert {"test_accuracy_disturbed_1", "test_crossentropy_disturbed_0.00001"} <= names
    assert not any(name.startswith(("train_accuracy_", "own_")) for name in names)
    assert "top_tenth_weight" not in metric_names(config(record=[{"ablation": [0.5]}], ensemble=2))


def test_saturated_units_are_those_of_sigmoid_and_tanh():
    block = {"layers": {"inner": {"Dense": {"units": 5, "activation": "tanh"}}, "last": {"Dense": {}}}, "skip": "add"}
    model = {
        "first": {"Dense": {"activation": "linear"}},
        "norm": {"BatchNormalization": {}},
        "act": {"Activation": {"activation": "sigmoid"}},
        "second": {"Dense": {"activation": "relu"}},
        "third": {"Dense": {}},
        "block": block,
        "act_2": {"Activation": {"activation": "tanh"}},
        "output": {"Dense": {"activation": "sigmoid"}},
    }
    names = metric_names(config(model=model, record=["saturated_units"]))
    found = {name.partition(".")[2] for name in names if name.startswith("saturated_units.")}
    assert found == {"first", "inner", "output"}


def test_claims_may_name_the_score_on_the_studys_own_rows_where_fresh_rows_take_their_place():
    names = claim_names(config())
    assert {"own_test_accuracy", "own_accuracy_gap", "test_accuracy"} <= names
    assert "own_train_accuracy" not in names
    fixed = {"points": {"load_digits": {}}, "split": {"train": 30, "test": 70}}
    assert "own_test_accuracy" not in claim_names(config(data=fixed))


def test_layers_inside_a_residual_block_are_named():
    block = {"layers": {"block_1_dense": {"Dense": {"units": 5}}}, "skip": "add"}
    names = metric_names(config(model={"block_1": block}, record=["gradient_norm"]))
    assert {"gradient_norm.block_1_dense", "initial_gradient_norm.block_1_dense"} <= names


def test_an_ensemble_has_its_members_scores():
    assert "member_test_accuracy" in metric_names(config(ensemble=5))


@pytest.mark.parametrize(
    ("loss", "column"),
    [
        ("binary_crossentropy", "crossentropy"),
        ({"SparseCategoricalCrossentropy": {}}, "crossentropy"),
        ("mean_squared_error", "mse"),
        ("mse", "mse"),
        ("hinge", "hinge"),
        ({"SquaredHinge": {}}, "squared_hinge"),
    ],
)
def test_the_penalty_free_loss_has_a_short_name(loss, column):
    assert loss_column(Component.from_plain(loss)) == column


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("accuracy", "accuracy"),
        ({"BinaryAccuracy": {"threshold": 0.4}}, "binary_accuracy"),
        ({"AUC": {"name": "area"}}, "area"),
        ({"F1Score": {}}, "f1_score"),
    ],
)
def test_metrics_are_named_as_keras_names_them(metric, name):
    assert component_name(Component.from_plain(metric)) == name


def test_the_watched_score():
    assert watched_metric(config()) == "accuracy"
    assert watched_metric(config(training={"loss": "mse", "metrics": []})) == "mse"
    assert watched_metric(config(training={"validate_on": "none"})) is None
