"""Entry point of the command line: parses, calls the verb, turns errors into a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.cli.exit_codes import INTERRUPTED, UNWRITABLE, WELL, WRONG
from experiments.cli.interruption import Interruption
from experiments.cli.parser import make_parser
from experiments.errors import ExperimentsError

_SAFE = "finished runs are kept, and the same command goes on from there"
_ADVICE = {
    errno.ENOSPC: f"; free some space: {_SAFE}",
    errno.EDQUOT: f"; free some of your quota: {_SAFE}",
    errno.EMFILE: f"; raise the limit of open files (ulimit -n): {_SAFE}",
    errno.EIO: f"; the disk may be defective: {_SAFE}",
}
"""Errors of the machine, not of the usage, with what helps."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None for those of this process.

    Returns:
        0 success, 1 some run failed, 2 bad configuration or usage, 3 the machine failed, as with a full disk; 130 after
        Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
    """
    parsed = make_parser().parse_args(arguments)
    out = getattr(parsed, "out", None)
    if out and Path(out).exists() and not Path(out).is_dir():
        print(f"--out {out}: expected a folder, found a file", file=sys.stderr)
        return WRONG
    interruption = Interruption()
    try:
        with interruption.handled():
            code: int = parsed.command(parsed)
    except ExperimentsError as error:
        print(error, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return interruption.exit_code
    except BrokenPipeError:  # such as `list | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except OSError as error:  # such as a results folder that is read-only, or a full disk
        advice = _ADVICE.get(error.errno or 0, "")
        print(f"{error}{advice}", file=sys.stderr)
        return UNWRITABLE if advice else WRONG
    return interruption.exit_code if code == INTERRUPTED else code
