"""Entry point of the command line: parses, calls the verb, turns errors into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from experiments.cli.exit_codes import INTERRUPTED, WELL, WRONG
from experiments.cli.parser import make_parser
from experiments.errors import ExperimentsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None for those of this process.

    Returns:
        0 all well, 1 some run failed, 2 bad configuration or usage, 130 interrupted.
    """
    parsed = make_parser().parse_args(arguments)
    try:
        code: int = parsed.command(parsed)
    except ExperimentsError as error:
        print(error, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # such as `list | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except OSError as error:  # such as a results folder that is read-only, or a full disk
        print(error, file=sys.stderr)
        return WRONG
    return code
