"""What a run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from experiments.runner.plan import Plan
    from experiments.runner.tasks import Finished, Progress


class Listener(Protocol):
    """Hears how a run goes on; the command line's listeners show it in a terminal or as plain lines."""

    def say(self, line: str) -> None:
        """Hear one sentence for people."""

    def begin(self, plans: Sequence[Plan]) -> None:
        """Hear that the runs of these plans are about to be trained."""

    def progress(self, event: Progress) -> None:
        """Hear how far a run in training is."""

    def finished(self, event: Finished) -> None:
        """Hear that a run is over."""

    def end(self) -> None:
        """Hear that training is over, however it ended."""
