"""Seeds by name: each random object has its own seed, derived from the run's seed and the object's name."""

from __future__ import annotations

import hashlib

_LARGEST_SEED = 2**31 - 1


def derive_seed(run_seed: int, *names: str | int) -> int:
    """Return the seed of one random object, derived from the run's seed.

    Names instead of draws from a shared generator: adding a Dropout layer to a network must not shift the first
    weights of the layers after it, or variants could not be compared in pairs.

    Args:
        run_seed: The seed of the run.
        names: Name of the random object, such as a layer's name and a role ("hidden", "kernel").

    Returns:
        An integer in [0, 2**31 - 2], the range that Keras and scikit-learn both accept.
    """
    text = "\x1f".join(str(part) for part in (run_seed, *names))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "big") % _LARGEST_SEED
