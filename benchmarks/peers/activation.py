"""An activation alone, forward and backward, many times over in one compiled loop: nothing else is timed."""

from __future__ import annotations

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()
_ROWS, _UNITS = 32, 500


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a loop; ``epochs`` is how often the activation and its gradient are computed in a round."""
    import keras
    import tensorflow as tf

    del arrays
    activation = getattr(keras.activations, name.partition("+")[2])

    @tf.function(jit_compile=True)
    def loop(x: tf.Tensor, times: tf.Tensor) -> tf.Tensor:
        def once(i: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = activation(x)
            # The next input depends on output and gradient, so that neither can be left out.
            return i + 1, x - 1e-3 * tape.gradient(y, x) + 1e-3 * y

        return tf.while_loop(lambda i, _: i < times, once, (0, x))[1]

    start = tf.random.stateless_normal((_ROWS, _UNITS), seed=(1, 2))

    def train() -> dict[str, float]:
        return {"seeds": 1, "loss": float(tf.reduce_mean(loop(start, tf.constant(epochs))))}

    return train


if __name__ == "__main__":
    serve(make)
