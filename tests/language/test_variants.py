"""Variants: dotted changes, inserts, repeats, blocks, grids and their resolved configurations."""

import pytest

from tests.language.texts import OUTPUT, make_study, with_variants

REPEATED = "model:\n  hidden: {Dense: {units: 5, activation: tanh}, repeat: 3}\n  " + OUTPUT
BLOCK = (
    "model:\n  first: {Dense: 5}\n"
    "  block: {layers: {dense: {Dense: 5}, act: {Activation: relu}}, repeat: 2, skip: add}\n"
    "  " + OUTPUT
)


def layers(config):
    return list(config["model"])


def test_a_change_sets_an_argument_and_leaves_the_base_alone():
    study = make_study(variants="variants:\n  baseline: {}\n  wide: {model.hidden.units: 50}")
    assert study.variants[1].config.to_plain()["model"]["hidden"] == {"Dense": {"units": 50, "activation": "relu"}}
    assert study.variants[0].config == study.base
    assert study.variants[1].changes == {"model.hidden.units": 50}


def test_a_component_is_replaced_whole():
    config = with_variants(
        "  a: {training.optimizer: SGD}", training="training: {optimizer: {Adam: {beta_1: 0.8}}, loss: mse, epochs: 1}"
    )["a"]
    assert config["training"]["optimizer"] == {"SGD": {}}


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("UnitNorm", {"UnitNorm": {}}),
        ("unit_norm", "unit_norm"),
        ("{MaxNorm: 3}", {"MaxNorm": {"max_value": 3}}),
        ("{MaxNorm: {max_value: 3, axis: 0}}", {"MaxNorm": {"max_value": 3, "axis": 0}}),
        ("{MaxNorm: }", {"MaxNorm": {}}),
        ("RadialConstraint", {"RadialConstraint": {}}),
    ],
)
def test_the_three_ways_to_write_a_component_mean_the_same(written, full):
    config = with_variants(f"  a: {{model.hidden.kernel_constraint: {written}}}")["a"]
    assert config["model"]["hidden"]["Dense"]["kernel_constraint"] == full


def test_a_component_may_be_the_first_argument_of_another():
    config = with_variants("  a: {model.act: {Activation: {LeakyReLU: 0.01}, after: hidden}}")["a"]
    assert config["model"]["act"] == {"Activation": {"activation": {"LeakyReLU": {"negative_slope": 0.01}}}}


def test_a_path_reaches_into_what_was_written_short():
    config = with_variants("  a: {model.hidden.kernel_regularizer: {L2: 0.1}, model.hidden.kernel_regularizer.l2: 0.2}")
    assert config["a"]["model"]["hidden"]["Dense"]["kernel_regularizer"] == {"L2": {"l2": 0.2}}


def test_a_path_reaches_into_a_string_identifier():
    config = with_variants(
        "  a: {training.optimizer.learning_rate: 0.5}", training="training: {optimizer: sgd, loss: mse, epochs: 1}"
    )
    assert config["a"]["training"]["optimizer"] == {"SGD": {"learning_rate": 0.5}}


def test_a_schedule_stands_in_the_learning_rate():
    schedule = (
        "{SGD: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 10, decay_rate: 0.9}}}}"
    )
    config = with_variants(
        "  a: {training.optimizer.learning_rate.decay_rate: 0.5}",
        training=f"training: {{optimizer: {schedule}, loss: mse, epochs: 1}}",
    )["a"]
    assert config["training"]["optimizer"]["SGD"]["learning_rate"]["ExponentialDecay"]["decay_rate"] == 0.5


def test_null_removes_a_layer_a_callback_and_an_argument():
    configs = with_variants(
        "  all: {model.drop: {Dropout: 0.1, after: hidden}, training.callbacks.stop: EarlyStopping}\n"
        "  none: {from: all, model.drop: null, training.callbacks.stop: null, model.hidden.activation: null}"
    )
    assert layers(configs["all"]) == ["hidden", "drop", "output"]
    assert layers(configs["none"]) == ["hidden", "output"]
    assert configs["none"]["training"]["callbacks"] == {}
    assert configs["none"]["model"]["hidden"] == {"Dense": {"units": 5}}


def test_null_brings_back_a_default_of_ours():
    config = with_variants(
        "  a: {training.batch_size: 7, training.validate_on: null}\n  b: {from: a, training.batch_size: null}"
    )
    assert config["a"]["training"]["validate_on"] == "none"
    assert config["b"]["training"]["batch_size"] == 32


def test_an_axis_may_remove_what_the_base_does_not_have():
    configs = with_variants("  a: {grid: {drop: {model.drop: {without: null, with: {Dropout: 0.4, after: hidden}}}}}")
    assert layers(configs["a[drop=without]"]) == ["hidden", "output"]
    assert layers(configs["a[drop=with]"]) == ["hidden", "drop", "output"]


def test_inserts_stand_where_they_say_in_file_order():
    config = with_variants(
        "  a:\n"
        "    model.last: {Dropout: 0.1, after: hidden}\n"
        "    model.first: {Dropout: 0.1, before: hidden}\n"
        "    model.second: {Dropout: 0.2, before: hidden}\n"
        "    model.very_last: {Dropout: 0.2, after: hidden}\n"
        "    model.inner: {Dropout: 0.2, after: last}"
    )["a"]
    assert layers(config) == ["first", "second", "hidden", "last", "inner", "very_last", "output"]


def test_an_insert_before_the_activation_splits_it_off():
    config = with_variants(
        "  a: {model.noise: {GaussianNoise: 0.1, before: hidden.activation}, model.drop: {Dropout: 0.1, after: hidden}}"
    )["a"]
    assert layers(config) == ["hidden", "noise", "hidden_activation", "drop", "output"]
    assert config["model"]["hidden"] == {"Dense": {"units": 5}}
    assert config["model"]["hidden_activation"] == {"Activation": {"activation": "relu"}}


def test_an_activation_layer_is_split_off_as_it_is():
    config = with_variants(
        "  a:\n    model.hidden.activation: {LeakyReLU: 0.01}\n"
        "    model.norm: {BatchNormalization: {}, before: hidden.activation}"
    )["a"]
    assert config["model"]["hidden_activation"] == {"LeakyReLU": {"negative_slope": 0.01}}


def test_after_the_activation_is_after_the_layer():
    config = with_variants("  a: {model.noise: {GaussianNoise: 0.1, after: hidden.activation}}")["a"]
    assert layers(config) == ["hidden", "noise", "output"]


def test_a_repeated_layer_is_numbered_and_so_are_inserts_beside_it():
    configs = with_variants(
        "  a: {}\n  b: {model.drop: {Dropout: 0.1, after: hidden}}\n"
        "  c: {model.drop: {Dropout: 0.1, after: hidden_2}}\n"
        "  once: {model.hidden.repeat: 1}\n  inner: {from: b, model.norm: {BatchNormalization: {}, before: drop}}",
        model=REPEATED,
    )
    assert layers(configs["a"]) == ["hidden_1", "hidden_2", "hidden_3", "output"]
    assert layers(configs["b"]) == ["hidden_1", "drop_1", "hidden_2", "drop_2", "hidden_3", "drop_3", "output"]
    assert layers(configs["c"]) == ["hidden_1", "hidden_2", "drop", "hidden_3", "output"]
    assert layers(configs["once"]) == ["hidden_1", "output"]
    assert layers(configs["inner"])[:3] == ["hidden_1", "norm_1", "drop_1"]


def test_a_repeated_insert_stands_in_one_row():
    config = with_variants("  a: {model.more: {Dense: 3, repeat: 2, before: output}}")["a"]
    assert layers(config) == ["hidden", "more_1", "more_2", "output"]


def test_a_path_reaches_all_repeats_or_one_of_them():
    configs = with_variants(
        "  one: {model.hidden_2.units: 7}\n  all: {from: one, model.hidden.units: 9}\n"
        "  other: {from: one, model.hidden.activation: relu}",
        model=REPEATED,
    )

    def units(name):
        return [layer["Dense"]["units"] for layer in configs[name]["model"].values()]

    assert units("one") == [5, 7, 5, 1]
    assert units("all") == [9, 9, 9, 1], "a later change of all layers overrules an earlier one of a single layer"
    assert units("other") == [5, 7, 5, 1]
    assert configs["other"]["model"]["hidden_2"]["Dense"]["activation"] == "relu"


def test_a_single_layer_that_a_smaller_repeat_leaves_out_is_gone():
    configs = with_variants(
        "  one: {model.hidden_3.units: 7}\n  less: {from: one, model.hidden.repeat: 2}", model=REPEATED
    )
    assert layers(configs["less"]) == ["hidden_1", "hidden_2", "output"]


def test_a_star_reaches_every_layer_that_has_the_argument():
    configs = with_variants(
        "  a: {model.drop: {Dropout: 0.1, after: hidden}, model.*.kernel_initializer: he_uniform}\n"
        "  b: {model.*.units: 1}",
    )
    assert configs["a"]["model"]["hidden"]["Dense"]["kernel_initializer"] == "he_uniform"
    assert configs["a"]["model"]["output"]["Dense"]["kernel_initializer"] == "he_uniform"
    assert configs["a"]["model"]["drop"] == {"Dropout": {"rate": 0.1}}


def test_a_star_reaches_into_blocks():
    config = with_variants("  a: {model.*.kernel_initializer: zeros}", model=BLOCK)["a"]
    inner = config["model"]["block_1"]["layers"]["block_1_dense"]
    assert inner == {"Dense": {"units": 5, "kernel_initializer": "zeros"}}


def test_a_residual_block_keeps_its_layers_together_under_final_names():
    configs = with_variants(
        "  deep: {}\n  plain: {model.block.skip: none}\n  wide: {model.block.layers.dense.units: 9}", model=BLOCK
    )
    assert layers(configs["deep"]) == ["first", "block_1", "block_2", "output"]
    block = configs["deep"]["model"]["block_2"]
    assert block == {
        "layers": {"block_2_dense": {"Dense": {"units": 5}}, "block_2_act": {"Activation": {"activation": "relu"}}},
        "skip": "add",
    }
    assert layers(configs["plain"]) == [
        "first",
        "block_1_dense",
        "block_1_act",
        "block_2_dense",
        "block_2_act",
        "output",
    ]
    assert configs["wide"]["model"]["block_1"]["layers"]["block_1_dense"]["Dense"]["units"] == 9


def test_a_block_that_is_not_repeated_has_no_numbers_and_takes_inserts():
    config = with_variants(
        "  a: {model.block.repeat: null, model.block.layers.norm: {BatchNormalization: {}, after: dense}}", model=BLOCK
    )["a"]
    assert list(config["model"]["block"]["layers"]) == ["block_dense", "block_norm", "block_act"]


def test_from_takes_the_changes_and_not_the_grid():
    study = make_study(
        variants=(
            "variants:\n"
            "  rate: {model.drop: {Dropout: 0.4, after: hidden}, grid: {rate: {model.drop.rate: [0.1, 0.2]}}}\n"
            "  more: {from: rate, training.epochs: 3}"
        )
    )
    assert [variant.name for variant in study.variants] == ["rate[rate=0.1]", "rate[rate=0.2]", "more"]
    assert study.variants[-1].config.to_plain()["model"]["drop"] == {"Dropout": {"rate": 0.4}}
    assert list(study.variants[-1].changes) == ["model.drop", "training.epochs"]


def test_from_may_name_a_variant_further_down():
    configs = with_variants("  a: {from: b}\n  b: {training.epochs: 3}")
    assert configs["a"]["training"]["epochs"] == 3


def test_a_grid_is_the_product_of_its_axes_in_file_order():
    study = make_study(
        variants="variants:\n  both:\n    grid:\n      units: {model.hidden.units: [1, 2]}\n"
        "      lr: {training.epochs: [1, 1000000, 3]}"
    )
    assert [variant.name for variant in study.variants][:4] == [
        "both[units=1,lr=1]",
        "both[units=1,lr=1e+06]",
        "both[units=1,lr=3]",
        "both[units=2,lr=1]",
    ]
    assert study.variants[3].grid == {"units": 2, "lr": 1}
    assert study.variants[3].group == "both"
    assert study.variants[3].config.to_plain()["model"]["hidden"]["Dense"]["units"] == 2


def test_paths_of_one_axis_move_together():
    configs = with_variants("  a: {grid: {size: {model.hidden.units: [1, 2], training.epochs: [10, 20]}}}")
    assert list(configs) == ["a[size=1]", "a[size=2]"]
    assert configs["a[size=2]"]["training"]["epochs"] == 20


def test_values_of_an_axis_may_be_components_with_or_without_labels():
    study = make_study(
        variants=(
            "variants:\n"
            "  a: {grid: {how: {model.hidden.kernel_regularizer: {soft: {L2: 0.1}, hard: {L1: 0.1}}}}}\n"
            "  b: {grid: {how: {model.hidden.kernel_regularizer: [{L2: 0.1}, l1, null]}}}"
        )
    )
    assert [variant.name for variant in study.variants] == [
        "a[how=soft]",
        "a[how=hard]",
        "b[how=L2(0.1)]",
        "b[how=l1]",
        "b[how=none]",
    ]
    assert study.variants[0].grid == {"how": "soft"}
    assert study.variants[0].config.to_plain()["model"]["hidden"]["Dense"]["kernel_regularizer"] == {"L2": {"l2": 0.1}}


def test_a_grid_of_the_largest_size_is_expanded():
    study = make_study(variants=f"variants:\n  a: {{grid: {{n: {{model.hidden.units: {list(range(1, 1001))}}}}}}}")
    assert len(study.variants) == 1000


def test_repeats_protocols_and_about_may_differ_by_variant():
    study = make_study(variants="variants:\n  a: {}\n  b: {repeats: 7, protocols: [fresh], about: More of it.}")
    first, second = study.variants
    assert (first.repeats, first.protocols, first.about) == (3, ("published", "fresh"), "")
    assert (second.repeats, second.protocols, second.about) == (7, ("fresh",), "More of it.")


def test_an_empty_variant_may_be_written_with_nothing():
    assert with_variants("  a:")["a"]["training"]["epochs"] == 10


def test_set_comes_last_and_reaches_every_variant_that_has_the_place():
    study = make_study(
        variants="variants:\n  baseline: {}\n  drop: {model.drop: {Dropout: 0.4, after: hidden}, training.epochs: 5}",
        sets=("model.drop.rate=0.6", "training.epochs=7"),
    )
    baseline, drop = study.variants
    assert drop.config.to_plain()["model"]["drop"] == {"Dropout": {"rate": 0.6}}
    assert drop.changes["model.drop.rate"] == 0.6
    assert baseline.config.to_plain()["model"] == study.base.to_plain()["model"]
    assert [variant.config.to_plain()["training"]["epochs"] for variant in study.variants] == [7, 7]
    assert study.base.to_plain()["training"]["epochs"] == 7


def test_set_takes_components_too():
    study = make_study(sets=("training.optimizer={SGD: {learning_rate: 0.1, momentum: 0.9}}",))
    assert study.variants[0].config.to_plain()["training"]["optimizer"] == {
        "SGD": {"learning_rate": 0.1, "momentum": 0.9}
    }


def test_pretrain_resolves_the_source_problem_without_what_belongs_to_the_run():
    config = with_variants(
        "  a: {pretrain: {data.points.random_state: 9, epochs: 3}, freeze: [hidden], ensemble: 2}\n"
        "  b: {from: a, pretrain.once: true, pretrain.data.points.noise: 0.3}"
    )
    source = config["a"]["pretrain"]["config"]
    assert config["a"]["pretrain"]["once"] is False
    assert source["data"]["points"]["make_moons"]["random_state"] == 9
    assert source["training"]["epochs"] == 3
    assert source["model"] == config["a"]["model"]
    assert not {"pretrain", "freeze", "ensemble"} & set(source)
    assert (config["a"]["freeze"], config["a"]["ensemble"]) == (["hidden"], 2)
    assert config["b"]["pretrain"]["once"] is True
    assert config["b"]["pretrain"]["config"]["data"]["points"]["make_moons"]["noise"] == 0.3


def test_freeze_names_final_layers():
    configs = with_variants("  a: {freeze: [hidden]}\n  b: {freeze: [hidden_2, output]}", model=REPEATED)
    assert configs["a"]["freeze"] == ["hidden_1", "hidden_2", "hidden_3"]
    assert configs["b"]["freeze"] == ["hidden_2", "output"]
    blocks = with_variants(
        "  a: {freeze: [block]}\n  b: {freeze: [block_2]}\n  c: {freeze: [block_2_dense]}", model=BLOCK
    )
    assert blocks["a"]["freeze"] == ["block_1_dense", "block_1_act", "block_2_dense", "block_2_act"]
    assert blocks["b"]["freeze"] == ["block_2_dense", "block_2_act"]
    assert blocks["c"]["freeze"] == ["block_2_dense"]


def test_defaults_of_our_own_words_are_filled_in():
    base = make_study(
        training="training: {optimizer: Adam, loss: mse, epochs: 1, callbacks: {s: {StopOnDecrease: loss}}}",
        data="data:\n  points: make_moons\n  split: {train: 30, test: 70}",
    ).base.to_plain()
    assert base["data"]["points"] == {"make_moons": {"random_state": 0}}
    assert base["data"]["split"] == {"train": 30, "test": 70, "shuffle": False}
    assert base["data"]["scale"] == {"fit_on": "train"}
    assert base["training"]["batch_size"] == 32
    assert base["training"]["optimizer"] == {"Adam": {}}
    assert base["training"]["callbacks"]["s"] == {
        "StopOnDecrease": {"monitor": "loss", "mode": "auto", "epochs": 10, "threshold": 0.0}
    }


def test_a_variant_knows_where_its_values_were_written():
    study = make_study(
        variants="variants:\n  baseline: {}\n  a:\n    model.hidden.units: 7\n    model.hidden.repeat: 2"
    )
    variant = study.variants[1]
    assert str(variant.place("model.hidden_2.units")) == "tiny.yaml:19:25"
    assert str(variant.place("model.output.units")) == "tiny.yaml:8:27"
    assert str(variant.place("model.hidden_2.kernel_initializer")) == "tiny.yaml:7:11"
    assert str(variant.place("nowhere")) == "tiny.yaml:18:3"


def test_places_lead_into_blocks():
    study = make_study(model=BLOCK)
    assert str(study.variants[0].place("model.block_2.block_2_dense.units")) == "tiny.yaml:8:35"
    assert str(study.variants[0].place("model.block_2_dense.units")) == "tiny.yaml:8:35"


def test_variants_on_request_are_run_only_where_they_are_named():
    made = make_study(
        variants="variants:\n  baseline: {}\n  large: {on_request: true, model.hidden.units: 1000}\n"
        "  grid_of_large: {from: large, on_request: true, grid: {epochs: {training.epochs: [1, 2]}}}"
    )
    assert [variant.name for variant in made.variants] == ["baseline"]
    assert {run.variant for run in made.runs()} == {"baseline"}
    assert {run.variant for run in made.runs(variants=["large"])} == {"large"}
    assert len({run.variant for run in made.runs(variants=["grid_of_large"])}) == 2
    assert [variant.name for variant in made.showing(["large"]).variants] == ["baseline", "large"]
