"""Imports of the fork server: a worker forked off it begins with TensorFlow and Keras imported."""

from __future__ import annotations

import contextlib
import gc
import os

from experiments.scheduler.worker import set_environment

set_environment("cpu")
# Where pyarrow is installed, pandas imports it; its allocator would start a thread, and a fork needs a single one.
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
# TensorFlow prints while it is imported; a worker has a log for that.
_nowhere = os.open(os.devnull, os.O_WRONLY)
for _descriptor in (1, 2):
    os.dup2(_nowhere, _descriptor)
os.close(_nowhere)

# Where an import fails, the worker repeats it and reports the error.
with contextlib.suppress(Exception):
    import sklearn.datasets
    import sklearn.preprocessing  # noqa: F401

    import experiments.model.callbacks
    import experiments.model.network
    import experiments.model.trial
    import experiments.run.execute
    import experiments.training  # noqa: F401

# These objects live as long as the process; the garbage collector of a worker skips them.
gc.freeze()
