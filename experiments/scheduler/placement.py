"""Placement of runs on devices: one ``Train`` task for each program and device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.scheduler.bundles import make_bundles
from experiments.scheduler.device import DEVICE_KINDS, DeviceKind, Devices
from experiments.scheduler.executor import Train
from experiments.scheduler.plan import Plan, stage_of

if TYPE_CHECKING:
    from experiments.language.study import Run


@dataclass(frozen=True)
class Placement:
    """The tasks of a call, each with the device of its runs.

    Attributes:
        tasks: In the order of training.
        rows: Number of rows of runs.csv that each task fills.
    """

    tasks: tuple[Train, ...]
    rows: tuple[int, ...]

    def on_gpu(self) -> tuple[Run, ...]:
        """Return the runs that the GPU trains."""
        return tuple(run for task in self.tasks if task.device == "gpu" for run in task.runs)

    def text(self, devices: Devices) -> str:
        """Return a line with the number of runs and programs of each device.

        Args:
            devices: Names of the devices.
        """
        return "; ".join(f"{devices.text_of((kind,))}: {self._counted(kind)}" for kind in DEVICE_KINDS)

    def _counted(self, kind: DeviceKind) -> str:
        rows = [count for task, count in zip(self.tasks, self.rows, strict=True) if task.device == kind]
        runs, programs = sum(rows), len(rows)
        return f"{runs:,} run{'' if runs == 1 else 's'} of {programs:,} program{'' if programs == 1 else 's'}"


def place(plans: Sequence[Plan], devices: Devices, operations: Mapping[tuple[str, str], float]) -> Placement:
    """Bundle the runs of plans, each bundle on one device.

    The device of a run depends on its own configuration, so its result does not depend on the other runs of the plans.

    Args:
        plans: What to run.
        devices: The devices of this machine.
        operations: Study and variant to the floating point operations of a training step; needed only if
            ``devices.needs_operations``.
    """
    tasks, rows = [], []
    for plan in plans:
        sizes = {group[0].hash: len(group) for group in plan.groups}
        device_of = _device_of(devices, operations)
        for kind in DEVICE_KINDS:
            runs = (group[0] for group in plan.groups if device_of(group[0]) == kind)
            for bundle in make_bundles(runs, stage_of(plan.study)):
                tasks.append(Train(bundle, device=kind))
                rows.append(sum(sizes[run.hash] for run in bundle))
    return Placement(tuple(tasks), tuple(rows))


def _device_of(devices: Devices, operations: Mapping[tuple[str, str], float]) -> Callable[[Run], DeviceKind]:
    return lambda run: devices.device_for(operations[run.study, run.base] if devices.needs_operations else 0.0)
