"""Runs of which scripts are written: small, and of every kind."""

import subprocess
import sys
from dataclasses import replace

from experiments.language import Run
from experiments.language.configuration import DataSettings, Pretraining
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

RUNS = {
    "triggers": configuration(
        {"noise": {"GaussianNoise": {"stddev": 0.1}}, "hidden": dense(), "output": OUTPUT},
        callbacks={
            "still": {"StopOnNoChange": {"monitor": "val_accuracy", "mode": "auto", "epochs": 40, "threshold": 0.0}},
            "worse": {"StopOnDecrease": {"monitor": "val_accuracy", "mode": "auto", "epochs": 2, "threshold": 0.3}},
            "slow": {"StopOnAbsoluteChange": {"monitor": "loss", "mode": "auto", "epochs": 10, "threshold": 1e-7}},
        },
        epochs=8,
        validation_freq=2,
    ),
    "recurrent": configuration(
        {"sequence": {"Reshape": {"target_shape": [2, 1]}}, "memory": {"LSTM": {"units": 3}}, "output": OUTPUT}
    ),
    "repeated": configuration(
        {**{f"hidden_{index}": dense(kernel_initializer={"HeUniform": {}}) for index in range(4)}, "output": OUTPUT},
        loss={"BinaryCrossentropy": {"label_smoothing": 0.1}},
        gradients={"only": {"clipnorm": 1.0}},
    ),
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


_DRIVER = """
import hashlib, runpy, sys
for name in sys.argv[1:]:
    print('script', name)
    model = runpy.run_path(name + '.py', run_name='__main__')['model']
    print('weights', hashlib.sha256(b''.join(weight.tobytes() for weight in model.get_weights())).hexdigest())
"""


def printed_by(scripts: dict[str, str], folder) -> dict[str, str]:
    """What every script prints, and a digest of its model's weights.

    All run one after another in one process, for TensorFlow takes long to import.
    """
    for name, source in scripts.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-c", _DRIVER, *scripts]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(part.split("\n", 1) for part in done.stdout.split("script ")[1:])
