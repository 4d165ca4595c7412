import ast
import math
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from experiments.data import load_data
from experiments.errors import ExperimentsError
from experiments.language import Run
from experiments.language.configuration import DataSettings, Pretraining
from experiments.script import plain_script
from tests.model.cases import MOONS, OUTPUT, REGRESSION, configuration, dense, with_data

BLOBS = {"make_blobs": {"n_samples": 120, "centers": 3, "random_state": 2}}
SOFTMAX = {"Dense": {"units": 3, "activation": "softmax"}}
SCALE = {"inputs": {"StandardScaler": {}}, "targets": {"MinMaxScaler": {"feature_range": [-1, 1]}}}


def run_of(config, protocol="published", seed=1, variant="changed"):
    return Run("study", variant, variant, {}, protocol, seed, seed, "keras", config, "0")


ROWS = {
    "moons": configuration(),
    "counts by class": configuration(source={"make_moons": {"n_samples": [40, 60], "noise": 0.1}}),
    "blobs, shuffled": configuration(
        source=BLOBS, split={"train": 0.5, "validation": 0.25, "test": 0.25, "shuffle": True}
    ),
    "regression, scaled": with_data(configuration(source=REGRESSION), scale=SCALE, label_noise=0.1),
    "regression, leaking": with_data(configuration(source=REGRESSION), scale={**SCALE, "fit_on": "all"}),
    "factors": with_data(configuration(source=REGRESSION), multiply={"inputs": [1, 100], "targets": 0.5}),
    "classification": configuration(source={"make_classification": {"n_samples": 100, "random_state": 3}}),
    "multilabel": configuration(source={"make_multilabel_classification": {"n_samples": 100}}),
    "hastie": configuration(source={"make_hastie_10_2": {"n_samples": 100}}),
    "low rank": configuration(source={"make_regression": {"n_samples": 100, "effective_rank": 3}}),
    "digits": with_data(configuration(source={"load_digits": {}}), multiply={"inputs": 0.0625}, one_hot=True),
    "table": configuration(
        source={"table": {"x": [[0, 0], [0, 1]] * 20, "y": [0, 1] * 20}}, split={"train": 30, "test": 9}
    ),
    "label noise": with_data(configuration(source=BLOBS), label_noise=0.3),
    "two sources": replace(
        configuration(),
        data=DataSettings.from_plain(
            {
                "web": MOONS,
                "my phone": {"make_moons": {"n_samples": 60, "noise": 0.4}},
                "split": {
                    "train": {"web": 80, "my phone": 0.1},
                    "validation": 12,
                    "test": {"my phone": 0.5},
                    "shuffle": True,
                },
            }
        ),
    ),
}


def rows_written(script):
    """Run the part of a script that makes the rows."""
    imports = "\n".join(line for line in script.splitlines() if re.match(r"(from sklearn|import numpy)", line))
    rows = script[script.index("# The rows") : script.index("# The network")]
    names = {}
    exec(imports + "\n" + rows, names)
    return names["rows"]


@pytest.mark.parametrize("protocol", ["published", "fresh"])
@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_the_script_are_those_of_the_run(name, protocol):
    data = load_data(ROWS[name], protocol, 1)
    written = rows_written(plain_script(run_of(ROWS[name], protocol)))
    expected = {
        "train": (data.x_train, data.y_train),
        "validation": (data.x_validation, data.y_validation),
        "test": (data.x_test, data.y_test),
        "fresh_test": (data.x_fresh, data.y_fresh),
    }
    if name == "multilabel":  # the many lines that its further rows take are not in the script
        del expected["fresh_test"]
    for set_name, (x, y) in expected.items():
        if x is None:
            assert set_name not in written
            continue
        np.testing.assert_allclose(written[set_name][0], x, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(written[set_name][1], y, rtol=1e-6, atol=1e-6)


RUNS = {
    "dropout": configuration(
        {
            "hidden": dense(
                20, kernel_regularizer={"L2": {"l2": 0.01}}, kernel_constraint={"MaxNorm": {"max_value": 3}}
            ),
            "drop": {"Dropout": {"rate": 0.4}},
            "output": OUTPUT,
        },
        split={"train": 70, "test": 30},
        callbacks={
            "stop": {"EarlyStopping": {"patience": 2}},
            "best": {"ModelCheckpoint": {"monitor": "val_accuracy"}},
        },
        epochs=6,
    ),
    "gradients": with_data(
        configuration(
            {"hidden": dense(20, kernel_initializer="he_uniform"), "output": {"Dense": {"units": 1}}},
            REGRESSION,
            loss="mse",
            metrics=["mae"],
            optimizer={"SGD": {"learning_rate": 0.01, "momentum": 0.9}},
            gradients={"scale": {"clipnorm": 1.0}, "cut": {"clipvalue": 0.5}, "jitter": {"noise": 0.01}},
            callbacks={"stop": {"StopOnAverageChange": {"monitor": "loss", "epochs": 2, "threshold": 1e-6}}},
        ),
        scale=SCALE,
    ),
    "residual": configuration(
        {
            "first": dense(8, kernel_initializer={"RandomNormal": {"stddev": 0.3}}),
            "norm": {"BatchNormalization": {}},
            "block": {"layers": {"block_dense": dense(8)}, "skip": "add"},
            "output": SOFTMAX,
        },
        BLOBS,
        split={"train": 0.6, "test": 0.4, "shuffle": True},
        loss="sparse_categorical_crossentropy",
        optimizer={"Adam": {"learning_rate": {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 9}}}},
        weight_noise=0.1,
        batch_size="all",
        validate_on="none",
    ),
    "convolution": with_data(
        configuration(
            {
                "image": {"Reshape": {"target_shape": [8, 8, 1]}},
                "shift": {"RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}},
                "conv": {"Conv2D": {"filters": 4, "kernel_size": 3, "kernel_constraint": {"RadialConstraint": {}}}},
                "flat": {"Flatten": {}},
                "output": {"Dense": {"units": 10, "activation": "softmax"}},
            },
            {"load_digits": {}},
            split={"train": 100, "test": 100},
            loss={"CategoricalCrossentropy": {"label_smoothing": 0.1}},
            optimizer="sgd",
            shuffle=False,
        ),
        one_hot=True,
        multiply={"inputs": 0.0625},
    ),
    "ensemble": replace(
        configuration({"hidden": dense(), "output": SOFTMAX}, BLOBS, loss="sparse_categorical_crossentropy"),
        ensemble=2,
    ),
    "pretrain": replace(
        configuration({"hidden": dense(), "output": OUTPUT}),
        pretrain=Pretraining(configuration({"hidden": dense(), "output": OUTPUT}, epochs=5)),
        freeze=("hidden",),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_script_is_formatted_and_uses_nothing_of_the_project(name, tmp_path):
    file = tmp_path / "script.py"
    file.write_text(plain_script(run_of(RUNS[name])), encoding="utf-8")
    modules = {node.module for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)}
    assert not any(module.startswith("experiments") for module in modules)
    ruff = [sys.executable, "-m", "ruff"]
    checked = subprocess.run([*ruff, "format", "--isolated", "--line-length=120", "--check", file], check=False)
    assert checked.returncode == 0
    checked = subprocess.run([*ruff, "check", "--isolated", "--select=F,E7,E9", file], check=False)
    assert checked.returncode == 0


def test_writing_a_script_needs_no_tensorflow():
    code = (
        "import sys; from experiments.language import Run; from experiments.script import plain_script; "
        "from experiments.language.configuration import Configuration; "
        f"config = Configuration.from_plain({RUNS['dropout'].to_plain()!r}); "
        "plain_script(Run('study', 'v', 'v', {}, 'fresh', 0, 0, 'keras', config, '0')); "
        "sys.exit('tensorflow' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_cannot_break_out_of_the_script():
    script = plain_script(run_of(configuration(), variant='"""; raise SystemExit #\\'))
    assert isinstance(ast.parse(script).body[0].value, ast.Constant)
    model = {'x"); raise SystemExit #': dense(), "output": OUTPUT}
    calls = [
        node for node in ast.walk(ast.parse(plain_script(run_of(configuration(model))))) if isinstance(node, ast.Raise)
    ]
    assert calls == []


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\u202e"]
)
@pytest.mark.parametrize("kind", ["plain", "ensemble"])
def test_a_character_that_ends_lines_leaves_a_script_of_the_same_shape(kind, character):
    def shape(text):
        further = {"ensemble": 2} if kind == "ensemble" else {}
        config = replace(configuration(metrics=[{"AUC": {"name": text}}]), **further)
        return [type(node) for node in ast.walk(ast.parse(plain_script(run_of(config, variant=text))))]

    assert shape(f"a{character}b") == shape("ab")


def test_what_a_plain_script_cannot_show_simply_is_refused():
    config = replace(configuration(weight_noise=0.1), ensemble=3)
    with pytest.raises(ExperimentsError, match="plain script"):
        plain_script(run_of(config))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every script prints: all run one after another in one process, for TensorFlow takes long to import."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, config in RUNS.items():
        (folder / f"{name}.py").write_text(plain_script(run_of(config)), encoding="utf-8")
    driver = (
        "import runpy, sys\n"
        "for name in sys.argv[1:]:\n"
        "    print('script', name)\n"
        "    runpy.run_path(name + '.py', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", driver, *RUNS]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    texts = dict(part.split("\n", 1) for part in done.stdout.split("script ")[1:])
    return {name: dict(re.findall(r"^(\w+) = (\S+)$", text, re.MULTILINE)) for name, text in texts.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_script_gives_what_the_keras_engine_gives(name, printed):
    from experiments.run.execute import execute

    (result,) = execute([run_of(RUNS[name])])
    assert not result.error
    scores = {column: float(value) for column, value in printed[name].items()}
    assert {"train_loss", "test_loss"} <= set(scores)
    for column, value in scores.items():
        assert math.isclose(value, result.scalars[column], rel_tol=1e-4, abs_tol=1e-5), column
