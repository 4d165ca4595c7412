"""One writer for each folder: a file lock that the operating system releases when its process dies.

Instead of the package filelock: one system call for each platform, and an error with advice where the file system has
no locks.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from experiments.errors import ExperimentsError

_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""Error codes of a lock that another process holds; any other code means that the file system has no locks."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Exclusive access to one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Acquire the lock if it is free.

        Returns:
            False if another process holds it.

        Raises:
            ExperimentsError: The file system has no locks.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in _HELD:
                return False
            reason = f"{self._path.parent} cannot be locked ({error.strerror or error})"
            raise ExperimentsError(f"{reason}: give --out a folder on a local file system") from error
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Release the lock. The file stays: after its deletion two processes could lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
