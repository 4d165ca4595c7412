"""What XLA is told before it starts: it reads its options once in a process, from environment variables."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

_SINGLE_KERNELS = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold"
# What a loop may read and write in a turn; above some megabytes nothing was gained.
_BYTES = 4_000_000
# Relative, as for other tools' caches: TF_XLA_FLAGS are cut at spaces.
_PROGRAMS = Path(".xla_cache")
_LEAST_FREE_BYTES = 1_000_000_000
# The fields of what TensorFlow stores are all strings, bytes or messages.
_LENGTH_DELIMITED = 2
_CPU_INFO = Path("/proc/cpuinfo")


def allow_single_kernels() -> None:
    """Let XLA make one kernel of a small network's loop, unless the user gave it extra options of their own."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_SINGLE_KERNELS}={_BYTES}".strip()


def keep_programs() -> None:
    """Let XLA store what it compiles for the CPU in ``.xla_cache``, and load what it compiled there before.

    TensorFlow finds a program by its operations alone; what else decides about the machine code (TensorFlow's version,
    XLA's options, the processor) chooses the folder. A program that cannot be stored or read counts for TensorFlow as
    one that does not compile: nothing is stored where the folder is not writable or the disk nearly full, and what
    an interrupted machine left half-written is deleted. Does nothing if the user gave ``TF_XLA_FLAGS`` of their own.
    """
    folder = _PROGRAMS / _fingerprint()
    if "TF_XLA_FLAGS" in os.environ or not _can_hold_programs(folder):
        return
    for file in folder.glob("*.pb"):
        if not _is_whole(file):
            file.unlink(missing_ok=True)
    directory = f"--tf_xla_persistent_cache_directory={folder.as_posix()}"
    os.environ["TF_XLA_FLAGS"] = f"{directory} --tf_xla_persistent_cache_device_types=CPU"


def _fingerprint() -> str:
    decisive = version("tensorflow"), os.environ.get("XLA_FLAGS", ""), platform.machine(), _processor()
    return hashlib.sha256("\n".join(decisive).encode()).hexdigest()[:16]


def _processor() -> str:
    """Describe the processor with its instruction sets, which are known on Linux alone."""
    if not _CPU_INFO.exists():
        return f"{platform.processor()} {platform.node()}"
    lines = _CPU_INFO.read_text().splitlines()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


def _can_hold_programs(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _LEAST_FREE_BYTES
    except OSError:
        return False


def _is_whole(path: Path) -> bool:
    """Whether a stored program, a serialized protocol buffer, ends where its last field does."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while file.tell() < size:
                if _varint(file) & 7 != _LENGTH_DELIMITED:
                    return False
                file.seek(_varint(file), os.SEEK_CUR)
            return file.tell() == size > 0
    except (OSError, IndexError, OverflowError):
        return False


def _varint(file: BinaryIO) -> int:
    """Read a number of seven bits a byte, lowest first (protobuf.dev, Encoding, Base 128 Varints)."""
    number = shift = 0
    while True:
        byte = file.read(1)[0]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number
