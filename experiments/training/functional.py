"""The graph of a functional network: its inputs, and each call of a layer in it."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.models.functional import Functional
from keras.src.ops.node import Node


def functional_graph(model: Any) -> Functional | None:
    """Return the graph of a Sequential or functional model; None for a subclassed or unbuilt one."""
    graph = getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else model
    return graph if isinstance(graph, Functional) else None


def calls(graph: Functional) -> list[Node]:
    """Return the calls of operations that lead from a network's inputs to its outputs."""
    return [node for level in graph._nodes_by_depth.values() for node in level]
