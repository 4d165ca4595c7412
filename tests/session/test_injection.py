"""Every file operation of a run fails once, or is the last one before a kill; then the same command is repeated.

Python reports its file operations to audit hooks, and an exception that a hook raises is that of the operation.
"""

import errno
import itertools
import os
import sys
from pathlib import Path

import pytest

from experiments.errors import ExperimentsError
from experiments.store import files
from tests.fakes import folder_bytes, make_study
from tests.session.watch import run

ERRORS = ("ENOSPC", "EIO", "EACCES", "EMFILE", "ENOLCK")
STUDY = make_study("a", "b", "grid[x=1]", repeats=3)


class Killed(BaseException):
    """No handler of errors expects it; after it, the process does nothing to its files any more."""


class Injection:
    """Counts the file operations in a folder, and lets one of them fail."""

    def __init__(self):
        self.folder, self.count, self.at, self.failure = None, 0, None, None
        sys.addaudithook(self._operation)

    def begin(self, folder, at=None, failure=None):
        self.folder, self.count, self.at, self.failure = str(folder), 0, at, failure

    def end(self):
        self.folder = None
        return self.count

    def step(self, path):
        """One operation on a path."""
        if self.folder is None or self.folder not in str(Path(path).absolute()):
            return
        self.count += 1
        dead = self.failure is Killed and self.at is not None and self.count > self.at
        if self.count == self.at or dead:
            raise (
                Killed
                if self.failure is Killed
                else OSError(getattr(errno, self.failure), os.strerror(getattr(errno, self.failure)), str(path))
            )

    def _operation(self, event, arguments):
        if self.folder is None:
            return
        if event in ("open", "os.remove", "os.rename", "os.mkdir", "os.listdir", "os.scandir", "os.truncate"):
            if isinstance(arguments[0], (str, bytes, os.PathLike)):
                self.step(os.fsdecode(arguments[0]))
        elif event in ("fcntl.flock", "fcntl.lockf"):
            self.step(self.folder)


INJECTION = Injection()  # a hook cannot be removed


@pytest.fixture
def injection(monkeypatch):
    sync = os.fsync

    def fsync(descriptor):
        INJECTION.step(INJECTION.folder or "/")
        sync(descriptor)

    monkeypatch.setattr(files.os, "fsync", fsync)  # no event tells of it
    yield INJECTION
    INJECTION.end()


def attempt(out, injection, at, failure):
    """Carry out the run; give whether the failure came through to the caller."""
    injection.begin(out, at, failure)
    try:
        run([STUDY], out)
    except (OSError, ExperimentsError, Killed) as error:
        return error
    finally:
        injection.end()
    return None


def let_leftovers_age(out):
    """Make temporary files outside of a study old: no lock tells that another process is not writing them now."""
    for path in Path(out).glob(".tmp-*"):
        os.utime(path, (0, 0))


@pytest.fixture
def expected(tmp_path, injection):
    """The bytes of an undisturbed run, and the number of its file operations."""
    out = tmp_path / "undisturbed"
    injection.begin(out)
    run([STUDY], out)
    return folder_bytes(out), injection.end()


def check(tmp_path, injection, expected, failure, every, first=1):
    content, operations = expected
    assert operations > 40
    for at in range(first, operations + 1, every):
        out = tmp_path / f"{failure}-{at}"
        error = attempt(out, injection, at, failure if failure != "kill" else Killed)
        if isinstance(error, ExperimentsError | OSError):
            assert str(out) in str(error)  # the message names the place
        let_leftovers_age(out)
        run([STUDY], out)
        assert folder_bytes(out) == content, f"{failure} at operation {at}"


@pytest.mark.parametrize("failure", [*ERRORS, "kill"])
def test_after_a_failure_the_same_command_gives_the_same_bytes(tmp_path, injection, expected, failure):
    check(tmp_path, injection, expected, failure, every=7, first=1 + [*ERRORS, "kill"].index(failure))


@pytest.mark.slow
@pytest.mark.parametrize("failure", [*ERRORS, "kill"])
def test_after_a_failure_at_any_operation_the_same_command_gives_the_same_bytes(tmp_path, injection, expected, failure):
    check(tmp_path, injection, expected, failure, every=1)


@pytest.mark.slow
@pytest.mark.parametrize("failure", ["ENOSPC", "kill"])
def test_after_two_failures_too(tmp_path, injection, expected, failure):
    content, operations = expected
    for first, second in itertools.product(range(3, operations, 11), range(2, operations, 13)):
        out = tmp_path / f"{first}-{second}"
        for at in (first, second):
            attempt(out, injection, at, failure if failure != "kill" else Killed)
        let_leftovers_age(out)
        run([STUDY], out)
        assert folder_bytes(out) == content
