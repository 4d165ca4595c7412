"""Atomic writes: a reader, or the next start after a kill, finds the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import time
from pathlib import Path

from experiments.errors import ExperimentsError

_TEMPORARY = ".tmp-"
_LEFTOVER = re.compile(rf"{re.escape(_TEMPORARY)}\d+-\d+")
_DAMAGED = ".damaged"
_counter = itertools.count()
# Anything else is invalid in a file name on Windows, macOS or Linux, or needs quoting in a shell.
_UNSAFE = re.compile(r"[^\w.,=@\[\]+-]", re.ASCII)
_LONGEST_NAME = 150


class DamagedError(ExperimentsError):
    """A file of this project is unreadable, for example truncated.

    Args:
        path: The file.
        reason: The error of the reader.
        advice: How to recover.
    """

    def __init__(self, path: Path, reason: Exception, advice: str) -> None:
        super().__init__(f"{path} is damaged: {advice} ({type(reason).__name__}: {reason})")
        self.path = path


def set_aside(path: Path) -> str:
    """Rename a damaged file to ``*.damaged``, a name that nothing reads or deletes.

    Args:
        path: The file.

    Returns:
        The line to print.
    """
    aside = path.with_name(path.name + _DAMAGED)
    path.replace(aside)
    return f"{path} is damaged and was renamed to {aside.name}; its runs count as not done"


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a temporary file in the same folder, flush it to disk, and rename it to its final name.

    Args:
        path: The file; missing folders are created.
        content: Bytes, or text for UTF-8, with the same line ends on every system.

    Raises:
        OSError: With the path, such as of a full disk; the old content is there.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        _write(path, data)
    except OSError as error:
        if error.errno is None:
            raise
        # Those of write and fsync have no file name.
        raise type(error)(error.errno, error.strerror, str(path)) from error


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{_TEMPORARY}{os.getpid()}-{next(_counter)}"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: bytes | str) -> bool:
    """Write a file atomically unless it already has this content.

    Args:
        path: The file.
        content: Bytes or text.

    Returns:
        Whether the file was written.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def remove_leftovers(folder: Path, *, older_than: float = 0.0) -> None:
    """Delete the temporary files that a killed process left in a folder.

    Args:
        folder: A folder.
        older_than: Age in seconds of the files to delete. With 0, no other process may write into the folder now; a
            file that is older than a minute is none that a process is writing.
    """
    now = time.time()
    for path in folder.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(FileNotFoundError):  # another process has just renamed or deleted it
            if is_leftover(path) and now - path.stat().st_mtime >= older_than:
                path.unlink()


def has_leftovers(folder: Path) -> bool:
    """Return whether a killed process left a temporary file in a folder, or a process is writing one now."""
    return any(is_leftover(path) for path in folder.glob(f"{_TEMPORARY}*"))


def is_leftover(path: Path) -> bool:
    """Return whether a file is a temporary one of ``write_atomically``."""
    return bool(_LEFTOVER.fullmatch(path.name)) and path.is_file()


def safe_name(name: str) -> str:
    """Return a valid file name for the name of a variant; different names give different file names.

    Args:
        name: Such as ``rate[rate=0.4]``; the label of a grid value may contain any character.
    """
    safe = _UNSAFE.sub("_", name)[:_LONGEST_NAME]
    if safe.startswith(".") or safe.endswith("."):  # "." and ".." are folders, and Windows drops a trailing dot
        safe = f"_{safe.strip('.')}"
    if safe == name:
        return name
    return f"{safe}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
