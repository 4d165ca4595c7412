"""What passes between the runner and whoever carries out its tasks, in this process' workers or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from experiments.errors import Problem

if TYPE_CHECKING:
    from experiments.language.study import Run
    from experiments.store.result import RunResult


@dataclass(frozen=True)
class Train:
    """Runs to carry out, each answered by a ``Finished``.

    Attributes:
        runs: Runs that share a program.
        stored_programs: Whether compiled programs may be loaded from the disk, and stored there.
    """

    runs: tuple[Run, ...]
    stored_programs: bool = True


@dataclass(frozen=True)
class Prepare:
    """Runs to build without training them; answered by a ``Refused`` for each that Keras does not take."""

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Call:
    """A function to call, such as one that draws figures.

    Attributes:
        function: "module:name".
        arguments: Its positional arguments; they must be picklable.
    """

    function: str
    arguments: tuple[Any, ...]


Task = Train | Prepare | Call


@dataclass(frozen=True)
class Progress:
    """A run goes on: epochs done of the epochs asked for."""

    study: str
    variant: str
    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """A run is over, well or not.

    Attributes:
        result: What it gave.
        seconds: How long its worker was busy with it, with compiling and evaluating.
    """

    result: RunResult
    seconds: float


@dataclass(frozen=True)
class Refused:
    """What Keras or scikit-learn have against the configuration of a run."""

    run: Run
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Returned:
    """What a called function gave."""

    task: Call
    value: Any


@dataclass(frozen=True)
class Broken:
    """A task other than a training raised, or its worker died."""

    task: Task
    traceback: str


@dataclass(frozen=True)
class Note:
    """One sentence for people, about the machine and not about a run."""

    text: str


@dataclass(frozen=True)
class Tick:
    """Nothing more has happened so far: a moment to bring what came to the disk."""


Event = Progress | Finished | Refused | Returned | Broken | Note | Tick


class Executor(Protocol):
    """Carries out tasks in any order, on this machine or on others.

    ``LocalExecutor`` does it with processes of this machine; anything with these methods can take its place.
    """

    def submit(self, task: Task) -> None:
        """Take on a task; what it gives comes out of ``events``."""

    def events(self) -> Iterator[Event]:
        """Yield what happens until every task that was submitted is over."""

    def close(self) -> None:
        """End at once; tasks that are not over are lost."""
