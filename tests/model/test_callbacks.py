import keras
import pytest

from experiments.errors import ConfigError
from experiments.model.callbacks import build_callbacks
from experiments.model.recipe import recipe_of
from experiments.training import BestWeights
from experiments.training.triggers import StopOnAverageChange
from tests.model.cases import configuration


def callbacks(**slots):
    return build_callbacks(recipe_of(configuration(callbacks=slots)).callbacks)


def test_slots_become_callbacks_in_order():
    stop = {"EarlyStopping": {"monitor": "val_loss", "patience": 200}}
    rate = {"ReduceLROnPlateau": {"factor": 0.1}}
    found = callbacks(stop=stop, rate=rate, nan={"TerminateOnNaN": {}})
    kinds = [keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau, keras.callbacks.TerminateOnNaN]
    assert [type(callback) for callback in found] == kinds
    assert (found[0].patience, found[1].factor) == (200, 0.1)


def test_a_checkpoint_keeps_the_best_weights_in_memory():
    (best,) = callbacks(best={"ModelCheckpoint": {"monitor": "val_accuracy", "mode": "max", "save_best_only": True}})
    assert isinstance(best, BestWeights)
    assert best.monitor == "val_accuracy"


def test_the_triggers_of_the_slides_are_callbacks_of_ours():
    (trigger,) = callbacks(stop={"StopOnAverageChange": {"epochs": 7}})
    assert isinstance(trigger, StopOnAverageChange)
    assert trigger.epochs == 7


def test_no_callbacks_is_none():
    assert callbacks() == []
    assert build_callbacks(recipe_of(configuration()).callbacks) == []


@pytest.mark.parametrize(
    "component",
    [{"EarlyStopping": {"patiense": 3}}, {"ReduceLROnPlateau": {"factor": 2.0}}, {"Stop": {}}],
)
def test_what_keras_refuses_is_told_with_its_slot(component):
    with pytest.raises(ConfigError) as error:
        callbacks(stop=component)
    assert error.value.problems[0].path == "training.callbacks.stop"
