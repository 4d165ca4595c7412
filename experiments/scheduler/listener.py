"""What a run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter

    from experiments.scheduler.summary import Summary
    from experiments.session.tally import Tally


class Listener(Protocol):
    """Hears how a run goes on; the command line's listeners show it in a terminal or as plain lines."""

    def say(self, line: str) -> None:
        """Hear one sentence for people."""

    def begin(self, tally: Tally) -> None:
        """Hear that runs are about to be trained; the tally counts them."""

    def moved(self) -> None:
        """Hear that the tally has counted a run that is over, or epochs of one in training."""

    def written(self, study: str, verdicts: Mapping[str, Counter[str]], seconds: float) -> None:
        """Hear that the page of a study is written: protocol to verdict to number of claims; seconds of worker time."""

    def end(self) -> None:
        """Hear that training is over, however it ended."""


@dataclass(frozen=True)
class Watch:
    """Who hears what happens in a call.

    Attributes:
        summary: For the lines at the end.
        tally: Counts the runs.
        listener: Shows it while it happens.
    """

    summary: Summary
    tally: Tally
    listener: Listener
