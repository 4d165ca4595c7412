"""Print the engine's random bits without end, as raw 32-bit integers for a battery of tests such as dieharder.

python -m benchmarks.draws elements | dieharder -g 200 -a    # some hours; a well-known battery of 114 tests
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator

_BLOCK = 1 << 20
_LAYOUTS = {
    "elements": "the elements of long draws",
    "draws": "500 elements of each of consecutive draws of one layer",
    "seeds": "4 elements of the first draw under each of consecutive seeds",
}


def blocks(layout: str) -> Iterator[bytes]:
    """Draw one block of about a million integers after another.

    Args:
        layout: A key of ``_LAYOUTS``.
    """
    import tensorflow as tf

    from experiments.training.counter_hash import random_bits

    elements = {"elements": _BLOCK, "draws": 500, "seeds": 4}[layout]

    @tf.function(jit_compile=True)
    def block(first: tf.Tensor) -> tf.Tensor:
        counters = first + tf.range(_BLOCK // elements)
        pairs = [counters, tf.ones_like(counters)] if layout == "seeds" else [tf.ones_like(counters), counters]
        return tf.vectorized_map(lambda seed: random_bits([elements], seed), tf.stack(pairs, axis=1))

    for first in range(0, 2**31 - _BLOCK, _BLOCK // elements):
        yield block(tf.constant(first)).numpy().tobytes()


def main() -> None:
    """Print the numbers until the reader has enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layout", choices=_LAYOUTS, help="; ".join(f"{key}: {text}" for key, text in _LAYOUTS.items()))
    with contextlib.suppress(BrokenPipeError):
        for block in blocks(parser.parse_args().layout):
            sys.stdout.buffer.write(block)


if __name__ == "__main__":
    main()
