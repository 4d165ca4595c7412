"""Tasks, events and the ``Executor`` protocol: all that passes between a session and the processes that do its work.

A session submits tasks and iterates over events; it depends on nothing else of an executor. ``LocalExecutor`` in
``local.py`` is the executor for one machine. A second one, such as for a cluster, implements ``Executor`` and is passed
to the session as ``Options.make_executor``; no other module changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from experiments.errors import Problem
from experiments.scheduler.device import DeviceKind

if TYPE_CHECKING:
    from experiments.language.study import Run
    from experiments.store.result import RunResult


@dataclass(frozen=True)
class Train:
    """Train runs; the answer is one ``Finished`` a run.

    Attributes:
        runs: Runs that share a program.
        device: The device that trains them; their results depend on it in the last digits.
        stored_programs: Whether compiled programs may be loaded from the disk and stored there.
    """

    runs: tuple[Run, ...]
    device: DeviceKind = "cpu"
    stored_programs: bool = True


@dataclass(frozen=True)
class Prepare:
    """Build data and models of runs without training.

    The answer is a ``Refused`` for each run that cannot be built, and then one ``Prepared``.
    """

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class CountOperations:
    """Count the floating point operations of a training step of runs; the answer is one ``Counted`` a run."""

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class CallFunction:
    """Call a function, such as one that draws figures; the answer is ``Returned``.

    Attributes:
        function: A function of a module; it is pickled by reference. A module that imports heavy libraries only
            inside its functions keeps them out of the calling process.
        arguments: Positional arguments; they must be picklable.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Task = Train | Prepare | CountOperations | CallFunction


@dataclass(frozen=True)
class RunProgress:
    """Epochs done of the epochs asked for, of a run in training."""

    study: str
    variant: str
    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """A run is over, failed or not.

    Attributes:
        result: Its scores and curves, or its traceback.
        seconds: How long it kept a worker busy, compiling and evaluating included.
    """

    result: RunResult
    seconds: float


@dataclass(frozen=True)
class Refused:
    """The problems that Keras or scikit-learn report for the configuration of a run."""

    run: Run
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Prepared:
    """A ``Prepare`` is over."""


@dataclass(frozen=True)
class Counted:
    """The floating point operations of a training step of a run; 0 if it cannot be built."""

    run: Run
    operations: float


@dataclass(frozen=True)
class Returned:
    """The return value of a called function."""

    task: CallFunction
    value: Any


@dataclass(frozen=True)
class Broken:
    """A task raised outside of a run, or its worker died in a task other than ``Train``."""

    task: Task
    traceback: str


@dataclass(frozen=True)
class Note:
    """A message for the user about the machine, not about a run."""

    text: str


@dataclass(frozen=True)
class Tick:
    """No other event is waiting: an opportunity to write collected results to the disk."""


Event = RunProgress | Finished | Refused | Prepared | Counted | Returned | Broken | Note | Tick


class Executor(Protocol):
    """Carries out tasks on this machine or on others.

    What an executor has to guarantee:

    - Tasks of a device begin in the order of submission. A task submitted with ``first`` begins before all that wait.
    - The runs of a ``Train`` may be split among workers of its device. All other tasks are carried out on the CPU.
    - Each run of a ``Train`` gets exactly one ``Finished``, also where its worker dies: then the result is a failed one
      whose error says so. Results never depend on which runs share a worker.
    - Each ``CallFunction`` gets one ``Returned`` or one ``Broken``, each ``Prepare`` one ``Prepared`` or one
      ``Broken``. A ``CountOperations`` that raises gets a ``Broken``.
    - Workers call ``set_environment`` before they import TensorFlow, carry out runs with ``RunFunctions``, and import
      the functions of a ``CallFunction`` themselves. Everything that is sent is picklable. The files of a results
      folder are read and written by ``CallFunction`` tasks only, which go to a ``LocalExecutor``.
    """

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task. Also allowed between two events; the running ``events`` includes it.

        Args:
            task: What to carry out.
            first: Begin it before all tasks that wait.
        """

    def events(self) -> Iterator[Event]:
        """Yield events until every submitted task is over.

        Yields a ``Tick`` whenever no other event is waiting, at least every half second. A caller may stop the
        iteration at any event and call ``events`` again later; no event is lost.
        """

    def close(self) -> None:
        """Kill everything that is running and drop the queue. Further calls are no-ops."""
