"""Keras' privates are used in two files, and the installed Keras has all of them."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import keras
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TRAINING = ROOT / "experiments" / "training"
PRIVATE_FILES = (TRAINING / "keras_private.py", TRAINING / "keras_private_rows.py")
OTHERS = [path for path in sorted((ROOT / "experiments").rglob("*.py")) if path not in PRIVATE_FILES]
SOURCES = Path(keras.__file__).parent / "src"
PRIVATE = re.compile(r"_[a-zA-Z]\w*")
INTERNAL_MODULES = ("keras.src", "tensorflow.python")
#: Endings of argument names, which Keras has as private names too.
ENDINGS = {"_constraint", "_initializer", "_kernel", "_regularizer"}


def names_in_keras():
    """Return every private name in the source of Keras: attributes, functions, classes and module variables."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if not path.stem.endswith("_test")]
    found = re.compile(r"(?:\.|\bdef |\bclass |^)(_[a-zA-Z]\w*)", re.MULTILINE)
    return {name for text in texts for name in found.findall(text)} - ENDINGS


def own_names(tree):
    """Return the private names that a file defines: functions, classes, variables and attributes of ``self``."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            names.add(node.attr)
    return names


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def uses_of_privates(source, keras_names):
    """Yield what a source takes from Keras or TensorFlow that has no public name."""
    tree = ast.parse(source)
    own = own_names(tree)
    has_keras = "keras" in source  # else an object with a private of this file is one of this file
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(INTERNAL_MODULES))
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            yield from (module for module in modules if module.startswith(INTERNAL_MODULES))
        elif isinstance(node, ast.Attribute) and PRIVATE.fullmatch(node.attr):
            is_own = node.attr in own and (is_self(node.value) or not has_keras)
            if node.attr in keras_names and not is_own:
                yield node.attr
        elif isinstance(node, ast.keyword) and PRIVATE.fullmatch(node.arg or ""):
            yield from {node.arg} & keras_names
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if text in keras_names or re.fullmatch(r"keras\.src[.\w]*", text):
                yield text


def test_no_other_file_uses_a_private_name():
    keras_names = names_in_keras()
    assert len(keras_names) > 1000
    found = {
        path.relative_to(ROOT).as_posix(): uses
        for path in OTHERS
        if (uses := sorted(set(uses_of_privates(path.read_text(encoding="utf-8"), keras_names))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "from keras.src.losses.losses import LossFunctionWrapper",
        "from keras import src; import keras.src.ops",
        "import tensorflow.python.framework as f",
        "import_module(f'keras.src.{kind}')",
        "losses = model._compile_loss",
        "getattr(model.optimizer, '_learning_rate', None)",
        "vars(layer)['_trainable_variables']",
        "replaced(model, _jit_compile=True)",
        "import keras\nclass A:\n    def f(self, model):\n        self._functional = model._functional",
    ],
)
def test_each_way_of_using_a_private_is_found(source):
    assert list(uses_of_privates(source, names_in_keras()))


def test_no_class_overrides_a_private_of_keras():
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in OTHERS
        if "keras" in path.read_text(encoding="utf-8")
    ]
    ours = [
        kind
        for name in names
        for kind in vars(importlib.import_module(name)).values()
        if inspect.isclass(kind) and kind.__module__ == name
    ]
    assert any(kind.__name__ == "BestWeights" for kind in ours)
    overridden = {
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in ours
        for base in kind.__mro__
        if base.__module__.startswith("keras.")
        for name in private_attributes(kind) & private_attributes(base)
    }
    assert overridden == set()


def private_attributes(kind):
    """Return the private names of a class and of what its methods assign to ``self``."""
    try:
        assigned = set(re.findall(r"self\.(_[a-zA-Z]\w*)\s*(?::[^=]*)?=", inspect.getsource(kind)))
    except (OSError, TypeError):
        assigned = set()
    return assigned | {name for name in vars(kind) if PRIVATE.fullmatch(name) and not name.startswith("__")}


@pytest.fixture(scope="module")
def objects():
    """One object for each private attribute that the two files read."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(np.zeros((2, 2)), np.zeros((2, 1)), verbose=0)
    dense, dropout = model.layers
    callback = keras.callbacks.EarlyStopping()
    adapters = "keras.src.trainers.data_adapters"
    random = importlib.import_module("keras.src.backend.tensorflow.random")
    return {
        "_flatten_layers": model,
        "_trainable_variables": dense,
        "_non_trainable_variables": dense,
        "_seed_generators": dropout,
        "_symbolic_build": model,
        "_jit_compile": model,
        "_functional": model,
        "_nodes_by_depth": getattr(model, "_functional", None),
        "_outbound_nodes": dense,
        "_keras_history": dense.output,
        "_inbound_nodes": dense,
        "_compile_loss": model,
        "_flat_losses": getattr(model, "_compile_loss", None),
        "_compile_metrics": model,
        "_loss_tracker": model,
        "_user_metrics": getattr(model, "_compile_metrics", None),
        "_user_weighted_metrics": getattr(model, "_compile_metrics", None),
        "_learning_rate": model.optimizer,
        "_fn": keras.metrics.MeanAbsoluteError(),
        "_fn_kwargs": keras.losses.MeanSquaredError(),
        "_set_monitor_op": callback,
        "_is_improvement": callback,
        "_clip_gradients": model.optimizer,
        "_iterations": model.optimizer,
        "_cast_seed": random,
        "_initial_epoch": model,
        "_distribute_strategy": model,
        "_inputs": importlib.import_module(f"{adapters}.array_data_adapter").ArrayDataAdapter(np.zeros((2, 2))),
        "_should_trace": keras.callbacks.TensorBoard(),
        "_start": keras.utils.Progbar(1),
    }


def test_keras_has_every_private_name_that_is_used(objects):
    sources = [path.read_text(encoding="utf-8") for path in PRIVATE_FILES]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    overridden = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    keras_names = names_in_keras()
    used = overridden.union(*(uses_of_privates(source, keras_names) for source in sources))
    attributes = {name for name in used if PRIVATE.fullmatch(name)}
    assert attributes == set(objects), "the table of this test and the two files differ"
    missing = [name for name in sorted(attributes) if not hasattr(objects[name], name)]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras.src"):
            module = importlib.import_module(node.module)
            missing += [f"{node.module}.{alias.name}" for alias in node.names if not hasattr(module, alias.name)]
    assert not missing, f"Keras {keras.__version__} has no {', '.join(missing)}: see keras_private*.py"
