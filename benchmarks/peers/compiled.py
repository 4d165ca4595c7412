"""The compiled engine of this suite: several seeds one after another, weights set anew for each."""

from __future__ import annotations

import os

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"  # as in the suite's worker processes
_SEEDS = 5


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a problem; a round is five trainings from the same first weights with different seeds."""
    import numpy as np

    from benchmarks.peers.keras_model import build
    from benchmarks.problems import problem
    from experiments.training import CompiledTrainer

    model = build(name)
    model.optimizer.build(model.trainable_variables)
    trainer = CompiledTrainer(model, batch_size=problem(name).batch_size)
    variables = [*model.variables, *model.optimizer.variables]
    start = [np.array(variable) for variable in variables]
    test = (arrays["x_test"], arrays["y_test"])

    def train() -> dict[str, float | str]:
        for seed in range(_SEEDS):
            for variable, value in zip(variables, start, strict=True):
                variable.assign(value)
            record = trainer.train(arrays["x_train"], arrays["y_train"], validation_data=test, epochs=epochs, seed=seed)
        return {"seeds": _SEEDS, "loss": float(record.history["loss"][-1]), "tier": record.tier}

    return train


if __name__ == "__main__":
    serve(make)
