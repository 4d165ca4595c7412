"""Choice of the devices that train, without importing TensorFlow into this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from experiments.errors import ExperimentsError
from experiments.scheduler.container import granted_cores, granted_memory

DeviceKind: TypeAlias = Literal["gpu", "cpu"]
DEVICE_KINDS: tuple[DeviceKind, ...] = get_args(DeviceKind)

GPU_OPERATIONS = 1e8
"""Floating point operations of a training step from which a run is trained on a GPU, where there is one.

Below it, a core of a CPU ends the step before a GPU has started its kernels. docs/engine.md has the estimate behind
this number; ``python -m benchmarks.device`` measures it.
"""

_BYTES_OF_A_WORKER = 1_500_000_000
"""A worker is recycled when it has grown to this; see ``scheduler/worker.py``."""

_NAME_GPU = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU")[:1]:
    print("GPU:", tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
"""


@dataclass(frozen=True)
class Devices:
    """The devices that train.

    Attributes:
        workers: Number of processes that train on the CPU. They also build the models of all runs.
        gpu: The GPU, such as "GPU: NVIDIA H200"; "" to train nothing on a GPU. One process uses it.
        forced: Whether the GPU trains all runs, whatever their size.

    Example:
        >>> devices = Devices(16, "GPU: NVIDIA H200")
        >>> devices.text
        'GPU: NVIDIA H200; CPU, 16 workers'
        >>> devices.device_for(1e6), devices.device_for(1e9)
        ('cpu', 'gpu')
    """

    workers: int
    gpu: str = ""
    forced: bool = False

    @property
    def text(self) -> str:
        """All devices for people."""
        return self.text_of(("gpu",) if self.forced else ("gpu", "cpu") if self.gpu else ("cpu",))

    def text_of(self, kinds: tuple[DeviceKind, ...]) -> str:
        """Return some of the devices as a text for people.

        Args:
            kinds: Which devices.
        """
        cpu = f"CPU, {self.workers} worker{'s' if self.workers > 1 else ''}"
        return "; ".join(self.gpu if kind == "gpu" else cpu for kind in kinds)

    @property
    def needs_operations(self) -> bool:
        """Whether the device of a run depends on its operations."""
        return bool(self.gpu) and not self.forced

    def device_for(self, operations: float) -> DeviceKind:
        """Return the device that trains a run. It depends on nothing but the run and the machine.

        Args:
            operations: Floating point operations of one of its training steps.
        """
        return "gpu" if self.forced or (self.gpu and operations >= GPU_OPERATIONS) else "cpu"


def choose_devices(wanted: str, jobs: int | None) -> Devices:
    """Return the devices that train.

    Args:
        wanted: "auto" for the CPU and, where TensorFlow finds one, a GPU for large networks; or "cpu", or "gpu".
        jobs: Number of processes on the CPU; None for as many as there are cores and memory for.

    Raises:
        ExperimentsError: "gpu" is asked for and TensorFlow finds none.
    """
    gpu = _find_gpu() if wanted == "gpu" or (wanted == "auto" and _may_have_gpu()) else ""
    if wanted == "gpu" and not gpu:
        raise ExperimentsError("--device gpu: TensorFlow sees no GPU here (the extra [gpu] installs what it needs)")
    return Devices(jobs or _default_workers(), gpu, forced=wanted == "gpu")


def usable_cores() -> int:
    """Count the cores that this process may use: those of its affinity, and no more than its container grants."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, granted_cores() or cores)


def _default_workers() -> int:
    """Return one worker for each core, and no more than the memory that a container grants has room for."""
    memory = granted_memory()
    return usable_cores() if memory is None else max(1, min(usable_cores(), memory // _BYTES_OF_A_WORKER))


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
