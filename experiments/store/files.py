"""Writing files so that a reader, or the next start after a kill, sees the old content or the new, never a part."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from pathlib import Path

_TEMPORARY = ".tmp-"
_counter = itertools.count()
# What Windows, macOS and Linux all take in a file name and what needs no quoting in most shells' completion.
_UNSAFE = re.compile(r"[^\w.,=@\[\]+-]", re.ASCII)
_LONGEST_NAME = 150


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file as a whole: a temporary file in the same folder, flushed to disk, then renamed.

    Args:
        path: Where; missing folders are made.
        content: Bytes, or text that is written as UTF-8 with the same line ends on every system.
    """
    data = content.encode() if isinstance(content, str) else content
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
    """Write a file atomically unless it has this content already.

    Args:
        path: Where.
        content: Bytes or text.

    Returns:
        Whether the file was written.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed process left in a folder.

    Args:
        folder: Only while nobody else writes there.
    """
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """Make a file name of a variant's name; different names stay different.

    Args:
        name: Such as ``rate[rate=0.4]``, or anything that a grid's label may hold.
    """
    safe = _UNSAFE.sub("_", name)[:_LONGEST_NAME]
    if safe == name:
        return name
    return f"{safe}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
