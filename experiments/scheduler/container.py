"""Processor time and memory that a Linux control group grants, as containers and batch systems set them.

A container with 4 of 64 cores shows all 64 to its processes; one worker a core would be 64 workers on 4 cores.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def granted_cores(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> int | None:
    """Return the number of cores whose time is granted, rounded up; None without a limit.

    Args:
        root: Where the control groups are mounted.
        membership: The file that names the groups of this process.
    """
    quotas = [quota for group in _groups(root, membership, "cpu") for quota in _quotas(group)]
    return max(1, math.ceil(min(quotas))) if quotas else None


def granted_memory(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> int | None:
    """Return the bytes of memory that are granted; None without a limit.

    Args:
        root: Where the control groups are mounted.
        membership: The file that names the groups of this process.
    """
    limits = []
    for group in _groups(root, membership, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):  # of version 2 and 1
            limits += [int(value) for value in _values(group / name)[:1] if value != "max"]
    return min(limits, default=None)


def _groups(root: Path, membership: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the groups of this process and of all groups around them; every limit counts."""
    for line in _lines(membership):
        _, controllers, name = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controller if controllers else root  # version 1 has a tree for each controller
        group = top / name.strip("/")
        # In a container the name may be that outside of it, where only the top is mounted.
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(top))


def _quotas(group: Path) -> Iterator[float]:
    version_2 = _values(group / "cpu.max")
    version_1 = [*_values(group / "cpu.cfs_quota_us"), *_values(group / "cpu.cfs_period_us")]
    for values in (version_2, version_1):
        if len(values) == 2 and values[0] not in ("max", "-1"):
            yield int(values[0]) / int(values[1])


def _values(file: Path) -> list[str]:
    return [value for line in _lines(file)[:1] for value in line.split()]


def _lines(file: Path) -> list[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return file.read_text().splitlines()
    return []
