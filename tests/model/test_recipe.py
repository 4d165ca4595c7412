"""A recipe is written once from a configuration; Keras' objects and both scripts are made of it."""

import keras
import pytest

from experiments.language.calls import Call, call_of
from experiments.language.components import Component
from experiments.language.signatures import classes, identifiers
from experiments.model.objects import NumberInputs, make
from experiments.model.recipe import Residual, recipe_of
from tests.model.cases import OUTPUT, configuration, dense


def test_layers_are_calls_with_their_names_and_blocks_without_a_skip_are_layers():
    inner = {"layers": {"block_dense": dense(2)}, "skip": "add"}
    plain = {"layers": {"plain_dense": dense(2)}, "skip": "none"}
    recipe = recipe_of(configuration({"block": inner, "plain": plain, "output": OUTPUT}))
    block, dense_layer, output = recipe.steps
    assert isinstance(block, Residual)
    assert (dense_layer.callee, dense_layer.path) == ("keras.layers.Dense", "model.plain.layers.plain_dense")
    assert [layer.arguments["name"] for layer in recipe.layers] == ["block_dense", "plain_dense", "output"]
    assert output.arguments == {"units": 1, "activation": "sigmoid", "name": "output"}


def test_integers_become_floats_where_the_default_is_one_and_nowhere_else():
    arguments = {"momentum": 0, "learning_rate": 1, "nesterov": True}
    assert [
        (key, value, type(value))
        for key, value in call_of("optimizers", Component.from_plain({"SGD": arguments})).arguments.items()
    ] == [("learning_rate", 1.0, float), ("momentum", 0.0, float), ("nesterov", True, bool)]


@pytest.mark.parametrize("text", identifiers("losses"))
def test_every_string_of_a_loss_is_the_class_that_computes_it(text):
    loss = make(recipe_of(configuration(loss=text)).loss, NumberInputs())
    if text != "ctc":  # which Keras knows as a function of other arguments
        assert loss.fn is keras.losses.get(text) or type(loss) is type(keras.losses.get(text))


@pytest.mark.parametrize("kind", ["layers", "optimizers", "losses", "metrics", "initializers", "schedules"])
def test_every_class_that_a_study_may_name_is_one_of_keras(kind):
    for name in classes(kind):
        call = call_of(kind, Component(name))
        namespace = keras.optimizers.schedules if kind == "schedules" else getattr(keras, kind)
        assert call.callee.endswith(f".{name}")
        assert hasattr(namespace, call.name)


def test_one_clipping_is_an_argument_of_the_optimizer_and_more_changes_are_not():
    optimizer, changes = recipe_of(configuration(gradients={"only": {"clipnorm": 1.0}})).optimizer_and_changes()
    assert (optimizer.arguments, changes) == ({"clipnorm": 1.0}, ())
    both = recipe_of(
        configuration(optimizer={"Adam": {"clipvalue": 0.5}}, gradients={"jitter": {"noise": 0.1}})
    ).optimizer_and_changes()
    assert both[0].arguments == {}
    assert [change.word for change in both[1]] == ["clipvalue", "noise"]


def test_equal_calls_are_one_key():
    one, other = (Call("keras.layers.Dense", {"units": 3, "kernel_size": [3, 3]}) for _ in "ab")
    assert {one: 1}[other] == 1
    assert one != one.with_arguments(units=4)
