"""Measure from which size on a training step is faster on a GPU than on one core of the CPU.

python -m benchmarks.device    # a minute or two; without a GPU it measures the CPU alone

The size in the last line is the value of ``GPU_OPERATIONS`` for this machine (experiments/scheduler/device.py).
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median

from experiments.errors import ExperimentsError
from experiments.scheduler.device import DEVICE_KINDS, GPU_OPERATIONS, DeviceKind, choose_devices
from experiments.scheduler.worker import set_environment

WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
_INPUTS, _CLASSES, _BATCH, _STEPS_AN_EPOCH = 64, 10, 32, 10
_SECONDS_A_ROUND, _ROUNDS = 0.5, 3


@dataclass(frozen=True)
class Rung:
    """A network of the ladder, timed on one device.

    Attributes:
        operations: Floating point operations of a training step.
        seconds: Of a step, in the compiled loop.
    """

    operations: float
    seconds: float


def time_step(width: int) -> Rung:
    """Train a network with two hidden layers, and return the time of a step. Runs in a process of its device.

    Args:
        width: Units of each hidden layer.
    """
    import keras
    import numpy as np

    from experiments import fit
    from experiments.run.arithmetic import step_operations

    layers = [keras.layers.Dense(width, activation="relu") for _ in range(2)]
    inputs = keras.Input((_INPUTS,))
    outputs = keras.layers.Dense(_CLASSES, activation="softmax")(layers[1](layers[0](inputs)))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "sparse_categorical_crossentropy")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(_BATCH * _STEPS_AN_EPOCH, _INPUTS)).astype(np.float32)
    y = draw.integers(_CLASSES, size=len(x))

    def seconds_a_step(epochs: int) -> float:
        record = fit(model, x, y, _BATCH, epochs, seed=0).record
        return record.seconds / (epochs * _STEPS_AN_EPOCH)

    seconds_a_step(2)  # compiles
    epochs = max(2, math.ceil(_SECONDS_A_ROUND / (seconds_a_step(10) * _STEPS_AN_EPOCH)))
    return Rung(step_operations(model, _BATCH), median(seconds_a_step(epochs) for _ in range(_ROUNDS)))


def crossover(cpu: Sequence[Rung], gpu: Sequence[Rung]) -> float:
    """Return the operations from which on the GPU is faster, interpolated between two networks.

    Args:
        cpu: Ladder of networks on the CPU, from small to large.
        gpu: The same on the GPU.

    Returns:
        Infinity if the largest network is slower on the GPU, 0 if all are faster.

    Example:
        >>> cpu = [Rung(1e6, 1.0), Rung(1e8, 100.0)]
        >>> gpu = [Rung(1e6, 10.0), Rung(1e8, 10.0)]
        >>> round(crossover(cpu, gpu))
        10000000
    """
    sizes = [math.log(rung.operations) for rung in cpu]
    gains = [math.log(slow.seconds / fast.seconds) for slow, fast in zip(cpu, gpu, strict=True)]
    if gains[-1] <= 0:
        return math.inf
    slower = [index for index, gain in enumerate(gains) if gain <= 0]
    if not slower:
        return 0.0
    last = slower[-1]
    share = -gains[last] / (gains[last + 1] - gains[last])
    return math.exp(sizes[last] + share * (sizes[last + 1] - sizes[last]))


def _time_ladder(device: DeviceKind) -> list[Rung]:
    # A process of its own: the environment decides which devices TensorFlow sees when it is imported.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=set_environment, initargs=(device,)) as process:
        return list(process.map(time_step, WIDTHS))


def main() -> None:
    """Time the ladder on both devices, and print the times and the crossover."""
    try:
        gpu = choose_devices("auto", 1).gpu
    except ExperimentsError as error:
        raise SystemExit(str(error)) from None
    times = {kind: _time_ladder(kind) for kind in DEVICE_KINDS if kind == "cpu" or gpu}
    print(f"{'width':>5}  {'operations':>10}" + "".join(f"  {kind + ' ms a step':>13}" for kind in times))
    for index, width in enumerate(WIDTHS):
        row = [rungs[index] for rungs in times.values()]
        print(f"{width:5}  {row[0].operations:10.2g}" + "".join(f"  {1000 * rung.seconds:13.3f}" for rung in row))
    largest = times["cpu"][-1]
    print(f"One core: {largest.operations / largest.seconds / 1e9:.0f}e9 operations a second in the largest network.")
    if not gpu:
        print("TensorFlow sees no GPU here, so there is nothing to compare with.")
        return
    size = crossover(times["cpu"], times["gpu"])
    print(f"{gpu} is faster from {size:.2g} operations a step; GPU_OPERATIONS is {GPU_OPERATIONS:.2g}.")


if __name__ == "__main__":
    main()
