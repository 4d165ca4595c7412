"""scikit-learn's ``MLPClassifier``: no validation, no accuracy per epoch."""

from __future__ import annotations

import warnings

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a problem; a round is one training."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    from benchmarks.problems import problem

    spec = problem(name)
    rate = 0.001 if spec.optimizer == "adam" else 0.01
    warnings.simplefilter("ignore", ConvergenceWarning)

    def train() -> dict[str, float]:
        model = MLPClassifier(
            hidden_layer_sizes=spec.widths[1:-1],
            activation=spec.activation,
            solver="adam" if spec.optimizer == "adam" else "sgd",
            learning_rate_init=rate,
            momentum=0.9,
            nesterovs_momentum=False,
            alpha=0.0,
            batch_size=min(spec.batch_size, len(arrays["x_train"])),
            max_iter=epochs,
            n_iter_no_change=epochs,
            tol=0.0,
            random_state=0,
        )
        model.fit(arrays["x_train"], arrays["y_train"])
        return {"seeds": 1, "loss": float(model.loss_)}

    return train


if __name__ == "__main__":
    serve(make)
