"""What XLA is told before it starts: it reads its options once in a process, from environment variables."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import time
from importlib.metadata import PackageNotFoundError, version
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
_LONGEST_WRITE_SECONDS = 3600
_CPU_INFO = Path("/proc/cpuinfo")
# What LLVM looks at: on x86 the first five, on ARM the others.
_DECISIVE = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU ")


def allow_single_kernels() -> None:
    """Let XLA make one kernel of a small network's loop, unless the user gave it extra options of their own."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_SINGLE_KERNELS}={_BYTES}".strip()


def keep_programs() -> None:
    """Let XLA store what it compiles for the CPU in ``.xla_cache``, and load what it compiled there before.

    TensorFlow finds a program by its operations and their names; what else decides about the machine code
    (TensorFlow's version, XLA's options, the processor) chooses the folder. A program that cannot be stored or read
    fails its run: nothing is stored where the folder is not writable or the disk nearly full, and what a crash of the
    machine left half-written is deleted. Does nothing if the user gave ``TF_XLA_FLAGS`` of their own.
    """
    if "TF_XLA_FLAGS" in os.environ:
        return
    try:
        folder = _PROGRAMS / _fingerprint()
        folder.mkdir(parents=True, exist_ok=True)
        _clean(folder)
        usable = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _LEAST_FREE_BYTES
    except (OSError, PackageNotFoundError):
        return
    if usable:
        directory = f"--tf_xla_persistent_cache_directory={folder.as_posix()}"
        os.environ["TF_XLA_FLAGS"] = f"{directory} --tf_xla_persistent_cache_device_types=CPU"


def _clean(folder: Path) -> None:
    """Delete programs that are not whole, and what processes that were killed had begun to write."""
    for file in folder.glob("*.pb"):
        if not _is_whole(file):
            file.unlink(missing_ok=True)
    for file in folder.glob("*.tmp"):
        if time.time() - file.stat().st_mtime > _LONGEST_WRITE_SECONDS:
            file.unlink(missing_ok=True)


def _fingerprint() -> str:
    decisive = version("tensorflow"), os.environ.get("XLA_FLAGS", ""), platform.machine(), _processor()
    return hashlib.sha256("\n".join(decisive).encode()).hexdigest()[:16]


def _processor() -> str:
    """Describe the processor with its instruction sets, which are known on Linux alone."""
    if not _CPU_INFO.exists():
        return f"{platform.processor()} {platform.node()}"
    lines = _CPU_INFO.read_text().splitlines()
    return "\n".join(sorted({line for line in lines if line.startswith(_DECISIVE)}))


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
    except (OSError, IndexError, OverflowError, ValueError):
        return False


def _varint(file: BinaryIO) -> int:
    """Read a number of seven bits a byte, lowest first (protobuf.dev, Encoding, Base 128 Varints)."""
    number = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)[0]
        number |= (byte & 127) << shift
        if byte < 128:
            return number
    raise ValueError("no number of protocol buffers has more than ten bytes")
