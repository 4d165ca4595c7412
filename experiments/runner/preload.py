"""Imported by the process that workers are forked off: what takes them seconds to import is there when they begin."""

from __future__ import annotations

import gc
import os

from experiments.runner.worker import set_environment

set_environment("cpu")
# TensorFlow speaks of itself while it is imported; a worker has a log for that.
_nowhere = os.open(os.devnull, os.O_WRONLY)
for _descriptor in (1, 2):
    os.dup2(_nowhere, _descriptor)
os.close(_nowhere)

import sklearn.datasets  # noqa: E402
import sklearn.preprocessing  # noqa: E402, F401

import experiments.build.callbacks  # noqa: E402
import experiments.build.model  # noqa: E402
import experiments.build.trial  # noqa: E402
import experiments.runner.execute  # noqa: E402
import experiments.training  # noqa: E402, F401

# What is here by now stays; a worker's garbage collector need not look at it again and again.
gc.freeze()
