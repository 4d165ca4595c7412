"""What every contestant does: wait for a problem's name on standard input, time one round of it, answer in JSON.

Contestants stay alive between rounds, so that rounds can be interleaved while compilation is paid once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Arrays = dict[str, "np.ndarray"]
# Trains one round and says how many seeds that was, and the last training loss as a proof of work.
Round = Callable[[], Mapping[str, Any]]
Make = Callable[[str, Arrays, int], Round]


def use_one_core() -> None:
    """Bind this process to one core and one thread, before any library counts the cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"


def serve(make: Make) -> None:
    """Answer requests until standard input ends.

    A request is a line ``problem epochs``; the answer a line of JSON with ``seconds`` of the round, and ``first`` where
    it was a problem's first and may have compiled. Imports and building are not timed.

    Args:
        make: Builds a problem, given its name, its arrays and the number of epochs, and gives the function to time.
    """
    import numpy as np

    rounds: dict[tuple[str, int], Round] = {}
    for line in sys.stdin:
        problem, epochs = line.split()
        key = (problem, int(epochs))
        first = key not in rounds
        if first:
            with np.load(_data_file(problem)) as file:
                rounds[key] = make(problem, dict(file), int(epochs))
        start = time.perf_counter()
        work = rounds[key]()
        timing = {"seconds": time.perf_counter() - start, "first": first, "peak_mb": peak_megabytes()}
        print(json.dumps({**timing, **work}), flush=True)


def peak_megabytes() -> float | None:
    """Give the most memory this process has held so far; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _data_file(problem: str) -> Path:
    return Path(sys.argv[1]) / f"{problem.partition('+')[0]}.npz"
