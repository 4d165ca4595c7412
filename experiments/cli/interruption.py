"""Signals that end a command as Ctrl-C does: finished runs are merged, and pages are written."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = ("SIGTERM", "SIGHUP")  # of kill, systemd and batch systems; of a closed terminal. Windows has no SIGHUP.


class Interruption:
    """Converts signals to ``KeyboardInterrupt`` and records which one it was.

    Attributes:
        exit_code: 128 and the number of the signal, as shells report it; 130 of Ctrl-C.
    """

    def __init__(self) -> None:
        self.exit_code = 128 + signal.SIGINT

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals inside the context. A signal that is ignored, as SIGHUP under nohup, stays ignored."""
        before = {}
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, self._interrupt)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        self.exit_code = 128 + number
        raise KeyboardInterrupt
