"""``model.fit`` with validation data, as the tutorials behind the slides do it."""

from __future__ import annotations

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a problem; a round trains it for some epochs on, so that only the first one traces."""
    from benchmarks.peers.keras_model import build
    from benchmarks.problems import problem

    model = build(name)
    batch_size = problem(name).batch_size

    def train() -> dict[str, float]:
        history = model.fit(
            arrays["x_train"],
            arrays["y_train"],
            validation_data=(arrays["x_test"], arrays["y_test"]),
            epochs=epochs,
            batch_size=batch_size,
            verbose=0,
        )
        return {"seeds": 1, "loss": float(history.history["loss"][-1])}

    return train


if __name__ == "__main__":
    serve(make)
