"""Which device trains, found out without importing TensorFlow into the process that asks."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import ExperimentsError
from experiments.scheduler.executor import Broken, Call, Returned
from experiments.scheduler.local import LocalExecutor


@dataclass(frozen=True)
class Device:
    """What trains, and with how many processes.

    Attributes:
        kind: "cpu" or "gpu".
        workers: Number of processes.
        text: For people: ``CPU, 2 workers`` or ``GPU: NVIDIA H200``.
    """

    kind: str
    workers: int
    text: str


def choose_device(wanted: str, jobs: int | None) -> Device:
    """Choose the device.

    Args:
        wanted: "auto" takes a GPU where TensorFlow sees one; "cpu" and "gpu" insist.
        jobs: Number of processes on a CPU; None for as many as there are cores. A GPU is used by one process,
            since TensorFlow takes its memory for itself.

    Raises:
        ExperimentsError: When a GPU is wanted and TensorFlow sees none.
    """
    name = _ask_tensorflow() if wanted == "gpu" or (wanted == "auto" and _may_have_gpu()) else None
    if name:
        return Device("gpu", 1, f"GPU: {name}")
    if wanted == "gpu":
        raise ExperimentsError("--device gpu: TensorFlow sees no GPU here (the extra [gpu] installs what it needs)")
    workers = jobs or usable_cores()
    return Device("cpu", workers, f"CPU, {workers} worker{'s' if workers > 1 else ''}")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_gpu() -> str | None:
    """Name the GPU that TensorFlow sees; imports TensorFlow."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return None
    details = tf.config.experimental.get_device_details(gpus[0])
    return str(details.get("device_name", gpus[0].name))


def _may_have_gpu() -> bool:
    """Whether it is worth the seconds that asking TensorFlow takes."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _ask_tensorflow() -> str | None:
    asking = LocalExecutor(1, device="gpu")
    try:
        asking.submit(Call("experiments.scheduler.device:find_gpu", ()))
        for event in asking.events():
            if isinstance(event, Returned):
                return str(event.value) if event.value else None
            if isinstance(event, Broken):
                raise ExperimentsError(f"TensorFlow could not be asked for a GPU.\n{event.traceback}")
    finally:
        asking.close()
    return None
