"""What this project takes from Keras without a public name: written for Keras 3.15.1, checked by a test.

Each definition names the file of ``keras/src`` that it reads or copies, and why no public name does it. Other modules
import from here, or from ``keras_private_rows`` what ``fit`` does with rows. So an update of Keras has two files to
look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_draws
from keras.src.callbacks.monitor_callback import MonitorCallback
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.models.functional import Functional
from keras.src.ops.node import Node
from keras.src.optimizers.base_optimizer import clip_by_global_norm
from keras.src.random.seed_generator import draw_seed, make_default_seed
from keras.src.trainers.compile_utils import CompileMetrics
from keras.src.trainers.trainer import model_supports_jit
from keras.src.utils.io_utils import print_msg
from keras.src.utils.python_utils import pythonify_logs

__all__ = [
    "Functional",  # models/functional.py; the class of keras.Model(inputs, outputs), which is not exported
    "LossFunctionWrapper",  # losses/losses.py; what compile makes of a function, and the base of Keras' losses
    "MonitorCallback",  # callbacks/monitor_callback.py; the base of EarlyStopping, which resolves mode="auto"
    "Node",  # ops/node.py; one call of a layer in a functional graph
    "TransformsGradients",
    "backdate",
    "build_for_batch",
    "build_slots",
    "calls",
    "clip_by_global_norm",  # optimizers/base_optimizer.py; an optimizer clips by it with a constant bound only
    "compiled_losses",
    "compiled_metrics",
    "compiled_parts",
    "consumers",
    "first_epoch",
    "functional_graph",
    "given_rate",
    "has_several_losses",
    "has_strategy",
    "is_improvement",
    "keras_draws",  # backend/tensorflow/random.py; layers draw through this module's functions
    "make_default_seed",  # random/seed_generator.py; from Python's generator, as layers without a seed
    "model_supports_jit",  # trainers/trainer.py; compile asks it and does not keep the answer
    "nested_layers",
    "own_seed_generators",
    "own_variables",
    "print_msg",  # utils/io_utils.py; prints, or logs if interactive logging is disabled
    "producer",
    "pythonify_logs",  # utils/python_utils.py; what fit and evaluate make of logs
    "replaced",
    "score",
    "seed_tensor",
    "smaller_is_better",
    "step_counter",
    "steps_under_xla",
    "traces_batches",
    "unbuilt_metrics",
    "wrapped_arguments",
    "wrapped_function",
]


# Models and layers


def nested_layers(layer: Any, *, include_self: bool = True) -> list[keras.Layer]:
    """Return a layer or model with all layers inside it.

    layers/layer.py, ``Layer._flatten_layers``: ``model.layers`` leaves out the layers inside of layers.
    """
    return list(layer._flatten_layers(include_self=include_self, recursive=True))


def own_variables(layer: keras.Layer) -> list[keras.Variable]:
    """Return the variables that a layer holds itself.

    layers/layer.py, ``Layer._trainable_variables``: ``layer.variables`` has those of the layers inside it too.
    """
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def own_seed_generators(layer: keras.Layer) -> list[keras.random.SeedGenerator]:
    """Return the seed generators that a layer holds itself.

    layers/layer.py, ``Layer._seed_generators``: they are tracked and not listed anywhere else.
    """
    return list(layer._seed_generators)


# Optimizers of Keras whose build, or that of an optimizer inside, may assign a value.
_MAY_ASSIGN = (
    keras.optimizers.ScheduleFreeAdamW, keras.optimizers.LossScaleOptimizer, keras.optimizers.MultiOptimizer
)  # fmt: skip


def build_for_batch(model: keras.Model, batch: Any) -> None:
    """Build what ``fit`` builds before its first step and is not built yet: weights, loss, metrics, optimizer.

    trainers/trainer.py, ``Trainer._symbolic_build``: ``model.build`` builds the weights alone.

    Args:
        model: A compiled model.
        batch: ``(x, y, sample_weight)`` with the shapes of a batch.

    Raises:
        ValueError: From Keras, where the rows do not fit the model.
    """
    optimizer = model.optimizer
    as_fit_does = nullcontext() if optimizer is None else replaced(optimizer, build=lambda _: build_slots(model))
    with tf.init_scope(), as_fit_does:
        model._symbolic_build(data_batch=batch)


def build_slots(model: keras.Model) -> None:
    """Build the optimizer's variables as ``fit`` does: while TensorFlow traces the first step, unless that is eager.

    optimizers/base_optimizer.py, ``BaseOptimizer.apply``: the graph in which ``build`` assigns a value to a variable is
    not the one that runs. So the momentum of ScheduleFreeAdamW starts at zero in ``fit``, not at the weights.

    Args:
        model: A compiled model whose weights are built.
    """
    optimizer = model.optimizer
    original = type(optimizer).build

    def build() -> None:
        if not optimizer.built:  # TensorFlow traces a function twice if it creates variables
            original(optimizer, model.trainable_variables)

    # Tracing takes longer.
    assigns_nothing = original.__module__.startswith("keras.") and not isinstance(optimizer, _MAY_ASSIGN)
    if model.run_eagerly or assigns_nothing:
        build()
    else:
        tf.function(build, autograph=False).get_concrete_function()


def step_counter(optimizer: Any) -> keras.Variable:
    """Return the variable of an optimizer that counts the batches.

    optimizers/base_optimizer.py, ``BaseOptimizer.iterations``: with gradient accumulation the public property is a
    quotient, which cannot be assigned. That of LossScaleOptimizer is the one of its inner optimizer.
    """
    is_wrapper = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return (optimizer.inner_optimizer if is_wrapper else optimizer)._iterations


@contextmanager
def replaced(owner: Any, **replacements: Any) -> Iterator[None]:
    """Replace attributes and restore them afterwards.

    Args:
        owner: An object with a ``__dict__``; attributes of its class become visible again afterwards.
        replacements: Attribute name to the value it has inside.
    """
    before = {name: vars(owner)[name] for name in replacements if name in vars(owner)}
    try:
        for name, value in replacements.items():
            setattr(owner, name, value)
        yield
    finally:
        for name in replacements:
            if name in before:
                setattr(owner, name, before[name])
            else:
                delattr(owner, name)


@contextmanager
def steps_under_xla(model: keras.Model, compiled: bool) -> Iterator[None]:
    """Compile the steps of ``fit`` under XLA or not, whatever the model was compiled with.

    trainers/trainer.py, ``Trainer._jit_compile``: the setter of ``jit_compile`` cannot restore an unresolved "auto".
    """
    with replaced(model, _jit_compile=compiled):
        yield


def first_epoch(model: keras.Model, initial_epoch: int) -> int:
    """Return the index of the first epoch of ``fit``.

    trainers/trainer.py, ``Trainer._initial_epoch``: BackupAndRestore sets it, and it replaces the argument.
    """
    return int(model._initial_epoch or initial_epoch)


def has_strategy(model: keras.Model) -> bool:
    """Return whether a model was created to be distributed.

    backend/tensorflow/trainer.py, ``TensorFlowTrainer._distribute_strategy``: the public name hides that there is none.
    """
    return model._distribute_strategy is not None


# Functional graphs


def functional_graph(model: Any) -> Functional | None:
    """Return the graph of a Sequential or functional model; None for a subclassed or unbuilt one.

    models/sequential.py, ``Sequential._functional``: a Sequential model does not show its graph.
    """
    graph = getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else model
    return graph if isinstance(graph, Functional) else None


def calls(graph: Functional) -> list[Node]:
    """Return the calls of operations that lead from a network's inputs to its outputs.

    ops/function.py, ``Function._nodes_by_depth``: ``model.operations`` has each layer once, with all its calls.
    """
    return [node for level in graph._nodes_by_depth.values() for node in level]


def consumers(layer: keras.Layer) -> list[Any]:
    """Return the operations that were called on the outputs of a layer, once for each call.

    ops/operation.py, ``Operation._outbound_nodes``: a layer has public inputs and outputs, but no consumers.
    """
    return [node.operation for node in layer._outbound_nodes]


def producer(tensor: Any) -> Node:
    """Return the call that a symbolic tensor is an output of.

    ops/node.py, ``KerasTensor._keras_history``: the only link from a tensor to its layer.
    """
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


# Losses and metrics


def compiled_losses(model: keras.Model) -> list[keras.losses.Loss]:
    """Return the loss objects that a built model computes, one for each output with a loss.

    trainers/compile_utils.py, ``CompileLoss._flat_losses``: ``model.loss`` is the argument of ``compile``.
    """
    return [entry.loss for entry in model._compile_loss._flat_losses or ()] if model._compile_loss else []


def compiled_metrics(model: keras.Model) -> list[keras.Metric]:
    """Return the metric objects that a built model computes, without those of its losses.

    trainers/compile_utils.py, ``CompileMetrics.metrics``: ``model.metrics`` holds them in one object.
    """
    return list(model._compile_metrics.metrics) if model._compile_metrics else []


def has_several_losses(model: keras.Model) -> bool:
    """Return whether a built model has a loss for each of several outputs.

    trainers/compile_utils.py, ``CompileLoss.metrics``: Keras keeps a mean for each of them.
    """
    return bool(model._compile_loss and model._compile_loss.metrics)


def compiled_parts(model: keras.Model) -> list[Any]:
    """Return the objects that ``compile`` makes anew: the mean of the loss, optimizer, losses, metrics.

    trainers/trainer.py, ``Trainer.compile``: no public attribute changes with every call of it; only the first of these
    does, as the others may be given again or left out.
    """
    return [model._loss_tracker, model.optimizer, model._compile_loss, model._compile_metrics]


def unbuilt_metrics(model: keras.Model) -> list[keras.Metric]:
    """Return the metric objects that a model was compiled with, if ``fit`` has not built them yet.

    trainers/compile_utils.py, ``CompileMetrics.reset_state``: ``fit`` builds while it traces its first step, and
    does not reset before what is not built.
    """
    compiled = model._compile_metrics
    if compiled is None or compiled.built:
        return []
    given = keras.tree.flatten([compiled._user_metrics, compiled._user_weighted_metrics])
    return [metric for metric in given if isinstance(metric, keras.Metric)]


def given_rate(optimizer: Any) -> Any:
    """Return the learning rate of an optimizer as it was given: a variable, a schedule or a function.

    optimizers/base_optimizer.py, ``BaseOptimizer._learning_rate``: the public property is its present value.
    """
    return getattr(optimizer, "_learning_rate", None)


def wrapped_function(part: Any) -> Any:
    """Return the function of a loss or a metric that applies one to every batch; None for other parts.

    losses/losses.py, ``LossFunctionWrapper.fn``; metrics/reduction_metrics.py, ``MeanMetricWrapper._fn``.
    """
    return getattr(part, "fn", getattr(part, "_fn", None))


def wrapped_arguments(part: Any) -> dict[str, Any]:
    """Return the further arguments of that function.

    losses/losses.py and metrics/reduction_metrics.py, ``_fn_kwargs`` of the same classes.
    """
    return getattr(part, "_fn_kwargs", {})


def score(metrics: Sequence[Any], targets: Any, predictions: Any) -> dict[str, Any]:
    """Compute metrics of predictions, under the names that ``evaluate`` has for them.

    trainers/compile_utils.py, ``CompileMetrics``: only it resolves "accuracy" by the shapes, and only a compiled model
    has one.

    Args:
        metrics: As for ``compile``.
        targets: Tensor of shape (rows,) or (rows, outputs).
        predictions: Tensor of shape (rows, outputs).
    """
    compiled = CompileMetrics(list(metrics), None)
    compiled.update_state(targets, predictions)
    return dict(compiled.result())


# Callbacks


def smaller_is_better(callback: MonitorCallback) -> bool:
    """Return whether the monitored value of a callback is better when it is smaller.

    callbacks/monitor_callback.py, ``MonitorCallback._set_monitor_op``: Keras resolves ``mode="auto"`` in the first
    epoch, by the metrics of the model.

    Raises:
        ValueError: From Keras, if it cannot be resolved.
    """
    if callback.monitor_op is None:
        callback._set_monitor_op()
    return bool(callback.monitor_op.__name__ == "less")


def is_improvement(callback: MonitorCallback, value: Any, reference: Any) -> bool:
    """Return whether a monitored value is better than a reference; any value is better than None.

    callbacks/monitor_callback.py, ``MonitorCallback._is_improvement``.
    """
    return bool(callback._is_improvement(value, reference))


def traces_batches(callback: keras.callbacks.TensorBoard) -> bool:
    """Return whether a TensorBoard profiles batches.

    callbacks/tensorboard.py, ``TensorBoard._should_trace``: the argument ``profile_batch`` is not kept.
    """
    return bool(callback._should_trace)


def backdate(progress_bar: keras.utils.Progbar, seconds: float) -> None:
    """Let a progress bar show an epoch as started some seconds ago.

    utils/progbar.py, ``Progbar._start``: a progress bar starts when it is created.
    """
    progress_bar._start -= seconds


# Optimizers


class TransformsGradients:
    """Base in front of an optimizer class whose ``transform_gradients`` takes the place of Keras' clipping.

    optimizers/base_optimizer.py, ``BaseOptimizer._clip_gradients``: the one step between gradients and update that a
    subclass can replace; ``apply`` would have to be copied.
    """

    def transform_gradients(self, gradients: Sequence[Any]) -> list[Any]:
        """Return the gradients of all variables as the update should use them."""
        raise NotImplementedError

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        return self.transform_gradients(grads)


# Random numbers


def seed_tensor(seed: Any) -> tf.Tensor:
    """Draw the next seed of a generator, as an int32 tensor that works under XLA.

    backend/tensorflow/random.py, ``_cast_seed``: each draw of Keras starts with these two calls.
    """
    return keras_draws._cast_seed(draw_seed(seed))
