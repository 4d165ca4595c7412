"""Operations that XLA compiles to something else: without a check that raises in ``fit``, or with other values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Assertions, and operations on matrices that must be invertible.
_RAISING = {
    "Assert",
    "CheckNumerics",
    "CheckNumericsV2",
    "MatrixInverse",
    "MatrixSolve",
    "MatrixTriangularSolve",
}
# Decompositions whose vectors have any sign.
_SIGNED = {"Eig", "SelfAdjointEigV2", "Svd"}
# Draws whose seed is an attribute, or in a state of TensorFlow's own.
_SEEDED = {
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "RngReadAndSkip",
    "TruncatedNormal",
}
# Operations with indices, and the place of these among the inputs.
_INDEXED = {
    "Gather": 1,
    "GatherNd": 1,
    "GatherV2": 1,
    "ResourceGather": 1,
    "ResourceGatherNd": 1,
    "ScatterNd": 0,
    "TensorScatterAdd": 1,
    "TensorScatterUpdate": 1,
}

Nodes = dict[str, Any]


def xla_difference(graph: Any) -> str:
    """Return in which way XLA would compile a graph, or its loops and branches, to something else; empty for none.

    Args:
        graph: The graph of a traced function.
    """
    definition = graph.as_graph_def()
    parts = [definition.node, *(function.node_def for function in definition.library.function)]
    return next((found for part in parts for found in _differences({node.name: node for node in part})), "")


def _differences(nodes: Nodes) -> Iterator[str]:
    for node in nodes.values():
        if node.op in _RAISING:
            yield f"{node.op} would not raise"
        if node.op in _SIGNED:
            yield f"the vectors of {node.op} have other signs"
        if node.op in _SEEDED or _has_fixed_seed(node, nodes):
            yield f"{node.op} draws other numbers from its seed"
        if node.op in _INDEXED and _depends_on_variable(nodes, node.input[_INDEXED[node.op]]):
            yield f"{node.op} would not raise for an index out of range"
    if any(_is_index_of_sorted(name, nodes) for node in nodes.values() for name in node.input):
        yield "equal values are sorted in another order"


def _has_fixed_seed(node: Any, nodes: Nodes) -> bool:
    """Return whether a draw is the same in every step: its seed depends on no variable."""
    is_draw = node.op.startswith("Stateless") and any(name in node.op for name in ("Random", "Normal", "Multinomial"))
    seeds = node.input[1:]
    return is_draw and bool(seeds) and not any(_depends_on_variable(nodes, seed) for seed in seeds)


def _is_index_of_sorted(name: str, nodes: Nodes) -> bool:
    """Return whether a tensor consists of the places of the largest values."""
    node = nodes.get(_node_of(name))
    return node is not None and node.op == "TopKV2" and name.endswith((":1", ":indices:0"))


def _depends_on_variable(nodes: Nodes, tensor: str) -> bool:
    """Return whether the value of a variable leads to a tensor, in the same part of a graph."""
    waiting, seen = [_node_of(tensor)], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        if nodes[name].op == "ReadVariableOp":
            return True
        waiting += [_node_of(source) for source in nodes[name].input if not source.startswith("^")]
    return False


def _node_of(tensor: str) -> str:
    return tensor.partition(":")[0]
