"""JAX by hand: ``vmap`` over 30 seeds, ``lax.scan`` over epochs and batches, one compiled program."""

from __future__ import annotations

import itertools
import os
from typing import Any

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
_SEEDS = 30


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a problem; a round is 30 trainings side by side."""
    import jax

    training = jax.jit(jax.vmap(_training(name, arrays, epochs)))
    state = {"round": 0}

    def train() -> dict[str, float]:
        state["round"] += 1
        keys = jax.random.split(jax.random.key(state["round"]), _SEEDS)
        history = jax.block_until_ready(training(keys))
        return {"seeds": _SEEDS, "loss": float(history[0, -1, 0])}

    return train


def _training(name: str, arrays: Arrays, epochs: int) -> Any:
    """Give the function from a key to the history (epoch, [loss, accuracy, val_loss, val_accuracy]) of one training."""
    import jax
    import jax.numpy as jnp

    from benchmarks.problems import problem

    spec = problem(name)
    x, y, x_test, y_test = (jnp.asarray(arrays[key]) for key in ("x_train", "y_train", "x_test", "y_test"))
    whole, rest = divmod(len(x), spec.batch_size)
    update = _adam if spec.optimizer == "adam" else _momentum

    def step(carry: Any, rows: Any) -> Any:
        weights, slots, t = carry
        (loss, accuracy), gradient = jax.value_and_grad(_loss, has_aux=True)(weights, x[rows], y[rows], spec.activation)
        weights, slots = update(weights, slots, gradient, t)
        return (weights, slots, t + 1), jnp.stack([loss, accuracy]) * len(rows)

    def epoch(carry: Any, key: Any) -> Any:
        order = jax.random.permutation(key, len(x))
        sums = jnp.zeros(2)
        if whole:
            carry, each = jax.lax.scan(step, carry, order[: whole * spec.batch_size].reshape(whole, -1))
            sums += each.sum(axis=0)
        if rest:
            carry, last = step(carry, order[whole * spec.batch_size :])
            sums += last
        return carry, jnp.concatenate([sums / len(x), jnp.stack(_loss(carry[0], x_test, y_test, spec.activation))])

    def training(key: Any) -> Any:
        first, rest_of_keys = jax.random.split(key)
        weights = _glorot(first, spec.widths)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        return jax.lax.scan(epoch, (weights, (zeros, zeros), 1.0), jax.random.split(rest_of_keys, epochs))[1]

    return training


def _glorot(key: Any, widths: tuple[int, ...]) -> list[Any]:
    import jax
    import jax.numpy as jnp

    weights = []
    for fan_in, fan_out in itertools.pairwise(widths):
        key, own = jax.random.split(key)
        limit = (6 / (fan_in + fan_out)) ** 0.5
        weights.append((jax.random.uniform(own, (fan_in, fan_out), minval=-limit, maxval=limit), jnp.zeros(fan_out)))
    return weights


def _loss(weights: list[Any], x: Any, y: Any, activation: str) -> Any:
    import jax
    import jax.numpy as jnp

    for kernel, bias in weights[:-1]:
        x = {"relu": jax.nn.relu, "tanh": jnp.tanh}[activation](x @ kernel + bias)
    kernel, bias = weights[-1]
    z = (x @ kernel + bias)[:, 0]
    return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))), jnp.mean((z > 0) == (y > 0.5))


def _adam(weights: Any, slots: Any, gradient: Any, t: Any) -> Any:
    import jax
    import jax.numpy as jnp

    m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, slots[0], gradient)
    v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, slots[1], gradient)
    rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v), (m, v)


def _momentum(weights: Any, slots: Any, gradient: Any, t: Any) -> Any:
    import jax

    del t
    m = jax.tree.map(lambda m, g: 0.9 * m - 0.01 * g, slots[0], gradient)
    return jax.tree.map(lambda w, m: w + m, weights, m), (m, slots[1])


if __name__ == "__main__":
    serve(make)
