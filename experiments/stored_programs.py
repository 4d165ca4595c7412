"""Compiled programs on disk. They are machine code, so only complete files written by this user are read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from experiments.errors import ExperimentsError

_DIGEST_BYTES = hashlib.sha256().digest_size
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_LONGEST_WRITE_SECONDS = 3600


class ProgramStore:
    """A folder of compiled programs, each a file of its content and a checksum of name and content.

    Safe for concurrent processes: a file is written under a temporary name and then renamed, so it is either complete
    with its checksum or absent.

    Args:
        folder: Created for this user only if it does not exist, like its parent.

    Raises:
        ExperimentsError: The folder or its parent is a link, belongs to another user, or other users may write to it.
        OSError: It cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        for part in (folder.parent, folder):
            part.mkdir(mode=0o700, exist_ok=True)
            fault = _fault(part.lstat(), stat.S_ISDIR)
            if fault:
                raise ExperimentsError(f"{part} is not used to store compiled programs: {fault}")
        self._folder = folder

    def read(self, key: str) -> tuple[dict[str, bytes], int]:
        """Return the programs of a key; delete files that are damaged or that others may have written.

        Args:
            key: Hexadecimal digits.

        Returns:
            The content of each program by its name, and the number of files that were deleted.
        """
        programs, deleted = {}, 0
        for file in self._files(key):
            try:
                content = self._read(file)
            except FileNotFoundError:  # another process deleted it
                continue
            except OSError:  # a link, or not readable
                content = None
            if content is None:
                _delete(file)
                deleted += 1
            else:
                programs[file.name.removeprefix(f"{key}.")] = content
        for file in self._folder.glob("*.tmp"):  # begun by a process that was killed
            with contextlib.suppress(FileNotFoundError):
                if time.time() - file.lstat().st_mtime > _LONGEST_WRITE_SECONDS:
                    _delete(file)
        return programs, deleted

    def write(self, key: str, name: str, content: bytes) -> None:
        """Write a program; replaces one of the same key and name.

        Args:
            key: Hexadecimal digits.
            name: Ends in ``.pb``.
            content: The file that XLA stored.

        Raises:
            OSError: It cannot be written; no partial file remains.
        """
        target = self._folder / f"{key}.{name}"
        descriptor, path = tempfile.mkstemp(suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.write(self._digest(target, content))
            Path(path).replace(target)
        except OSError:
            _delete(Path(path))
            raise

    def delete(self, key: str) -> None:
        """Delete the programs of a key."""
        for file in self._files(key):
            _delete(file)

    def _files(self, key: str) -> Iterator[Path]:
        return self._folder.glob(f"{key}.*.pb")

    def _read(self, file: Path) -> bytes | None:
        """Read a program, without following a link or waiting for a pipe; None if it is not trustworthy."""
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            if _fault(os.fstat(opened.fileno()), stat.S_ISREG):
                return None
            stored = opened.read()
        content = stored[:-_DIGEST_BYTES]
        return content if stored[-_DIGEST_BYTES:] == self._digest(file, content) else None

    def _digest(self, file: Path, content: bytes) -> bytes:
        """Return the checksum of a program, which covers the names of file and folder too."""
        digest = hashlib.sha256(f"{self._folder.name}/{file.name}\n".encode())
        digest.update(content)
        return digest.digest()


def _fault(status: os.stat_result, is_expected: Callable[[int], bool]) -> str:
    """Return why another user may have written a file or folder; "" if only this user can write it."""
    if stat.S_ISLNK(status.st_mode):
        return "it is a link"
    if not is_expected(status.st_mode):
        return "it is of another kind"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    return "other users may write to it" if status.st_mode & _OTHERS_WRITE else ""


def _delete(file: Path) -> None:
    """Delete a file; errors are ignored, because a file that remains is not read either."""
    with contextlib.suppress(OSError):
        file.unlink()
