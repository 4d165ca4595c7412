"""Choice of the device that trains, without importing TensorFlow into this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import ExperimentsError

_NAME_GPU = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU")[:1]:
    print("GPU:", tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
"""


@dataclass(frozen=True)
class Device:
    """The device that trains, and the number of processes that use it.

    Attributes:
        kind: "cpu" or "gpu".
        workers: Number of processes.
        text: For people: ``CPU, 2 workers`` or ``GPU: NVIDIA H200``.
    """

    kind: str
    workers: int
    text: str


def choose_device(wanted: str, jobs: int | None) -> Device:
    """Return the device that trains.

    Args:
        wanted: "auto" for a GPU where TensorFlow finds one and the CPU elsewhere, or "cpu", or "gpu".
        jobs: Number of processes on a CPU; None for as many as there are cores. A GPU is used by one process,
            since TensorFlow takes its memory for itself.

    Raises:
        ExperimentsError: "gpu" is asked for and TensorFlow finds none.
    """
    gpu = _find_gpu() if wanted == "gpu" or (wanted == "auto" and _may_have_gpu()) else ""
    if gpu:
        return Device("gpu", 1, gpu)
    if wanted == "gpu":
        raise ExperimentsError("--device gpu: TensorFlow sees no GPU here (the extra [gpu] installs what it needs)")
    workers = jobs or usable_cores()
    return Device("cpu", workers, f"CPU, {workers} worker{'s' if workers > 1 else ''}")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_have_gpu() -> bool:
    """Whether there is a driver, so that the seconds of importing TensorFlow are worth it."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _find_gpu() -> str:
    """Return "GPU: " and the name of the GPU that TensorFlow finds, or ""."""
    command, quiet = [sys.executable, "-c", _NAME_GPU], {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    answer = subprocess.run(command, env=os.environ | quiet, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ExperimentsError(f"TensorFlow could not be asked for a GPU.\n{answer.stderr.strip()}")
    return next((line for line in answer.stdout.splitlines() if line.startswith("GPU:")), "")
