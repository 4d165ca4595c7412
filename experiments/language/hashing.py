"""The content hash of a run: equal exactly where the results must be equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from experiments.language.structure import KEYS

RESULTS_VERSION = 1
"""Raised by hand when a change of our own code changes results, so that every run counts as not done."""


def configuration_digest(config: Mapping[str, Any]) -> str:
    """Digest a resolved configuration.

    Args:
        config: A resolved configuration.

    Returns:
        64 hexadecimal digits. The order of keys does not count, except that of sources, layers, callbacks and
        gradient steps.
    """
    return hashlib.sha256(_text(_canonical(config)).encode()).hexdigest()


def run_hash(digest: str, *, seed: int, protocol: str, engine: str) -> str:
    """Hash one run.

    Args:
        digest: The digest of its configuration.
        seed: The run's seed.
        protocol: "published" or "fresh".
        engine: The engine asked for.

    Returns:
        16 hexadecimal digits.
    """
    content = [digest, seed, protocol, engine, RESULTS_VERSION]
    return hashlib.sha256(_text(content).encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _canonical(config: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(config)
    data, training = config["data"], config["training"]
    sources = [[slot, source] for slot, source in data.items() if slot not in KEYS["data"]]
    prepared = {key: value for key, value in data.items() if key in KEYS["data"]}
    result["data"] = {"sources": sources, "prepared": prepared}
    result["model"] = _ordered_layers(config["model"])
    ordered = {key: list(training[key].items()) for key in ("callbacks", "gradients")}
    result["training"] = {**training, **ordered}
    if "pretrain" in config:
        result["pretrain"] = {**config["pretrain"], "config": _canonical(config["pretrain"]["config"])}
    return result


def _ordered_layers(layers: Mapping[str, Any]) -> list[Any]:
    return [
        [name, {**layer, "layers": _ordered_layers(layer["layers"])} if "layers" in layer else layer]
        for name, layer in layers.items()
    ]
