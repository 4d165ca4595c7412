"""The content hash of a run: equal for runs whose results must be equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from experiments.language.components import Block, Layer
from experiments.language.configuration import Configuration

RESULTS_VERSION = 2
"""Raised by hand when a change of our own code changes results, so that every run counts as not done."""


def configuration_digest(config: Configuration) -> str:
    """Return the digest of a resolved configuration.

    Args:
        config: A resolved configuration.

    Returns:
        64 hexadecimal digits. The order of keys does not count, except that of sources, layers, callbacks and
        gradient steps.
    """
    return hashlib.sha256(_text(_canonical(config)).encode()).hexdigest()


def run_hash(digest: str, *, seed: int, protocol: str, engine: str) -> str:
    """Return the hash of one run.

    Args:
        digest: The digest of its configuration.
        seed: The run's seed.
        protocol: "published" or "fresh".
        engine: The engine asked for.

    Returns:
        16 hexadecimal digits.
    """
    # As JSON, written by hand: a study may have a hundred thousand runs, and nothing in it needs an escape.
    content = f'["{digest}",{seed},"{protocol}","{engine}",{RESULTS_VERSION}]'
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _canonical(config: Configuration) -> dict[str, Any]:
    """Return a configuration as plain data in which lists stand wherever an order counts."""
    result = config.to_plain()
    data, training = result["data"], result["training"]
    sources = [[slot, data.pop(slot)] for slot in config.data.sources]
    result["data"] = {"sources": sources, "prepared": data}
    result["model"] = _ordered(result["model"], config.model.parts)
    for key in ("callbacks", "gradients"):
        training[key] = list(training[key].items())
    if config.pretrain is not None:
        result["pretrain"]["config"] = _canonical(config.pretrain.config)
    return result


def _ordered(layers: dict[str, Any], parts: Iterable[Layer | Block]) -> list[Any]:
    """Return layers as pairs of name and content, those of blocks too."""
    pairs: list[Any] = []
    for part in parts:
        content = layers[part.name]
        if isinstance(part, Block):
            content["layers"] = _ordered(content["layers"], part.layers)
        pairs.append([part.name, content])
    return pairs
