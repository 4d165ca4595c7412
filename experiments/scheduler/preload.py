"""Imported by the process that workers are forked off: what takes them seconds to import is there when they begin."""

from __future__ import annotations

import contextlib
import gc
import os

from experiments.scheduler.worker import set_environment

set_environment("cpu")
# TensorFlow speaks of itself while it is imported; a worker has a log for that.
_nowhere = os.open(os.devnull, os.O_WRONLY)
for _descriptor in (1, 2):
    os.dup2(_nowhere, _descriptor)
os.close(_nowhere)

# A worker imports them again where this fails, and says what is wrong.
with contextlib.suppress(Exception):
    import sklearn.datasets
    import sklearn.preprocessing  # noqa: F401

    import experiments.model.callbacks
    import experiments.model.network
    import experiments.model.trial
    import experiments.run.execute
    import experiments.training  # noqa: F401

# What is here by now stays; a worker's garbage collector need not look at it again and again.
gc.freeze()
