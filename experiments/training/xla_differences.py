"""Operations that raise for some values. XLA compiles them without this check: ``fit`` stops, and it would not."""

from __future__ import annotations

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


def raising_operation(graph: Any) -> str:
    """Return the type of an operation in a graph, or in its loops and branches, that raises; empty for none.

    Args:
        graph: The graph of a traced function.
    """
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    return next((node.op for node in nodes if node.op in _RAISING), "")
