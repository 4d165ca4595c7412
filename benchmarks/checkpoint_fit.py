"""Measure the slides' script with EarlyStopping and ModelCheckpoint: ``model.fit`` beside ``experiments.fit``.

python -m benchmarks.checkpoint_fit                 # some minutes; prints the ratio
python -m benchmarks.checkpoint_fit --epochs 1000   # epochs of model.fit; experiments.fit trains all 4,000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

_EPOCHS = 4000


def build():
    """Return the script's network: 500 ReLU units, one sigmoid."""
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.Input((2,)), keras.layers.Dense(500, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def data():
    """Return the script's two moons: 30 rows for training and 70 for validation."""
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples=100, noise=0.2, random_state=1)
    return (x[:30], y[:30]), (x[30:], y[30:])


def train(fit: Any, model: Any, folder: Path, epochs: int) -> tuple[float, Path]:
    """Train with both callbacks of the script.

    Args:
        fit: ``keras.Model.fit`` or ``experiments.fit``.
        model: The network.
        folder: Folder of the saved file.
        epochs: Number of epochs; the patience is as large, so that all are trained.

    Returns:
        Seconds of an epoch, and the saved file.
    """
    import keras

    path = folder / "best_model.keras"
    (x, y), validation = data()
    callbacks = [
        keras.callbacks.EarlyStopping(monitor="val_loss", mode="min", patience=epochs),
        keras.callbacks.ModelCheckpoint(path, monitor="val_accuracy", mode="max", save_best_only=True),
    ]
    started = time.perf_counter()
    fit(model, x, y, validation_data=validation, epochs=epochs, verbose=0, callbacks=callbacks, shuffle=False)
    return (time.perf_counter() - started) / epochs, path


def measure(epochs: int, most_epochs: int) -> str:
    """Train with both, and compare speed and files.

    Args:
        epochs: Epochs of ``model.fit``.
        most_epochs: Epochs of ``experiments.fit``.

    Returns:
        A text with the times and the largest difference between the saved weights.
    """
    import keras
    import numpy as np

    import experiments

    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / kind for kind in ("theirs", "ours", "whole")]
        for folder in folders:
            folder.mkdir()
        theirs, expected = train(keras.Model.fit, build(), folders[0], epochs)
        _, found = train(experiments.fit, build(), folders[1], epochs)
        first, _ = train(experiments.fit, model := build(), folders[2], most_epochs)
        again, _ = train(experiments.fit, model, folders[2], most_epochs)
        weights = [keras.saving.load_model(path).get_weights() for path in (found, expected)]
        difference = max(float(np.abs(one - other).max()) for one, other in zip(*weights, strict=True))
    ours = {"first call": first, "second call": again}
    return "\n".join(
        [
            f"model.fit: {theirs * 1e3:.1f} ms an epoch, over {epochs} epochs",
            *(
                f"experiments.fit, {call}: {seconds * 1e3:.3f} ms an epoch, over {most_epochs} epochs, "
                f"{theirs / seconds:.0f} times as fast"
                for call, seconds in ours.items()
            ),
            f"largest difference between the saved weights after {epochs} epochs: {difference:.1e}",
        ]
    )


def main() -> None:
    """Print the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=300, help="epochs of model.fit")
    parser.add_argument("--most-epochs", type=int, default=_EPOCHS, help="epochs of experiments.fit")
    arguments = parser.parse_args()
    print(measure(arguments.epochs, arguments.most_epochs))


if __name__ == "__main__":
    main()
