"""The entry of the command line: parse, call the verb, turn what goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from experiments.cli.parser import make_parser
from experiments.errors import ExperimentsError

WELL, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        arguments: Without the program's name; None for those of this process.

    Returns:
        0 all well, 1 some run failed, 2 bad configuration or usage, 130 interrupted.
    """
    parsed = make_parser().parse_args(arguments)
    module, _, name = parsed.command.partition(":")
    command: Callable[..., int] = getattr(import_module(f"experiments.cli.{module}"), name)
    try:
        return command(parsed)
    except ExperimentsError as error:
        print(error, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # such as `list | head`: whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except OSError as error:  # such as a results folder that must not be written, or a full disk
        print(error, file=sys.stderr)
        return WRONG
