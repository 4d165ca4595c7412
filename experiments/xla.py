"""Environment variables that configure XLA, and the store of its compiled programs.

XLA reads the variables once per process, when it compiles for the first time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar

from experiments.errors import ExperimentsError
from experiments.stored_programs import ProgramStore

_SINGLE_KERNELS = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold"
# Bytes that a loop may read and write in an iteration; above some megabytes there was no gain.
_BYTES = 4_000_000
_PROGRAMS = Path(".xla_cache")
_LEAST_FREE_BYTES = 1_000_000_000
# Variables of TensorFlow, XLA and the library of kernels that both call.
_OPTIONS = ("TF_", "XLA_", "ONEDNN_", "DNNL_")
_CPU_INFO = Path("/proc/cpuinfo")
# Lines that LLVM depends on: on x86 the first five, on ARM the others.
_DECISIVE = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU ")
# Module of TensorFlow's error classes in a traceback.
_RAISED_BY_TENSORFLOW = "tensorflow.python.framework.errors_impl."


def allow_single_kernels() -> None:
    """Allow XLA to compile a small network's loop to one kernel, unless the user has set extra options."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_SINGLE_KERNELS}={_BYTES}".strip()


class KeptPrograms:
    """The compiled programs of one task, which XLA loads and stores in a folder that no other process uses.

    Args:
        store: The store to read and write.
        key: Name of the programs that the task may load.
        folder: Created for the task, with a copy of each undamaged program.

    Attributes:
        loaded: Whether there is any program to load.
        deleted: How many stored programs were damaged.
        any_loaded: Whether any task of this process has a program to load.
    """

    any_loaded: ClassVar[bool] = False

    def __init__(self, store: ProgramStore, key: str, folder: Path) -> None:
        self._store = store
        self._key = key
        self._folder = folder
        programs, self.deleted = store.read(key)
        self.loaded = bool(programs)
        KeptPrograms.any_loaded |= self.loaded
        folder.mkdir(mode=0o700)
        for name, content in programs.items():
            (folder / name).write_bytes(content)
        self._stored = set(programs)

    def store_new(self) -> None:
        """Store the programs compiled since, for later tasks; those that cannot be stored are skipped."""
        for file in self._folder.glob("*.pb"):
            if file.name not in self._stored:
                self._stored.add(file.name)
                with contextlib.suppress(OSError):
                    self._store.write(self._key, file.name, file.read_bytes())

    def may_have_caused(self, error: str) -> bool:
        """Return whether a run may have failed because a program was loaded or could not be stored.

        Args:
            error: The run's traceback.
        """
        return (self.loaded and _RAISED_BY_TENSORFLOW in error) or str(self._folder) in error

    def close(self) -> None:
        """Remove the task's folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


def keep_programs(key: str, folder: Path) -> KeptPrograms | None:
    """Configure XLA to store its programs for the CPU in ``.xla_cache`` and to load those stored before.

    TensorFlow finds a program by its operations and their names. The folder depends on everything else that changes
    the machine code: TensorFlow's version, its options and XLA's, the processor. XLA reads only copies of programs with
    a correct checksum. A program that cannot be stored or read would fail its run. So nothing is stored if a folder is
    not writable, a disk is nearly full, or the user has set ``TF_XLA_FLAGS``.

    Args:
        key: Hexadecimal digits, equal for tasks that may need the same programs.
        folder: The task's own; must not exist.

    Returns:
        The programs of the task; None if nothing is stored.

    Raises:
        ExperimentsError: Other users could write programs into ``.xla_cache``.
    """
    if "TF_XLA_FLAGS" in os.environ:
        return None
    try:
        path = _PROGRAMS / _fingerprint()
        store = ProgramStore(path)
        if not (os.access(path, os.W_OK) and _has_room(path) and _has_room(folder.parent)):
            return None
        programs = KeptPrograms(store, key, folder)
    except (OSError, PackageNotFoundError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    # TensorFlow splits its flags at spaces outside of quotes; in quotes, a backslash escapes the next character.
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    directory = f'--tf_xla_persistent_cache_directory="{quoted}"'
    os.environ["TF_XLA_FLAGS"] = f"{directory} --tf_xla_persistent_cache_device_types=CPU"
    return programs


def delete_programs(key: str) -> None:
    """Delete the programs of a key from ``.xla_cache``.

    Args:
        key: As for ``keep_programs``.
    """
    with contextlib.suppress(OSError, PackageNotFoundError, ExperimentsError):
        ProgramStore(_PROGRAMS / _fingerprint()).delete(key)


def _has_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free > _LEAST_FREE_BYTES


def _fingerprint() -> str:
    # Without the variable that keep_programs sets itself.
    options = {name: value for name, value in os.environ.items() if name != "TF_XLA_FLAGS"}
    lines = sorted(f"{name}={value}" for name, value in options.items() if name.startswith(_OPTIONS))
    decisive = version("tensorflow"), *lines, platform.machine(), _processor()
    return hashlib.sha256("\n".join(decisive).encode()).hexdigest()[:16]


def _processor() -> str:
    """Return a description of the processor; its instruction sets are readable on Linux only."""
    if not _CPU_INFO.exists():
        return f"{platform.processor()} {platform.node()}"
    lines = _CPU_INFO.read_text().splitlines()
    return "\n".join(sorted({line for line in lines if line.startswith(_DECISIVE)}))
