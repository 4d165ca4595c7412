"""Measure what parallel training saves: workers that share a study's runs, and one process for each seed of a script.

python -m benchmarks.parallel            # ten minutes or so; prints two tables for docs/benchmarks.md
python -m benchmarks.parallel --tiny     # a trial of the measurement itself
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import yaml

from benchmarks.problems import problem, write_data
from benchmarks.surroundings import ROOT, own_python
from benchmarks.tables import wall_table
from experiments.scheduler.worker import set_environment

_STUDY = ROOT / "configs" / "weight_regularization.yaml"
_VARIANTS = ("baseline", "l2", "l1", "l1_l2", "l2_hidden_and_output", "l2_kernel_and_bias", "l2_bias_only")


def write_seeds_study(path: Path, epochs: int) -> None:
    """Write a study of the unpenalized network alone, which is the problem ``wide``.

    Args:
        path: Of the new YAML file.
        epochs: Of one training.
    """
    study = yaml.safe_load(_STUDY.read_text(encoding="utf-8"))
    study["training"]["epochs"] = epochs
    study = {key: study[key] for key in ("title", "question", "source", "topic", "data", "model", "training")}
    path.write_text(yaml.safe_dump(study | {"variants": {"baseline": {}}}, sort_keys=False), encoding="utf-8")


def run_study(study: Path, variants: tuple[str, ...], repeats: int, workers: int, folder: Path) -> None:
    """Train a study with the command line, into results of its own.

    Args:
        study: YAML file.
        variants: Their names.
        repeats: Runs of each.
        workers: Processes that share the runs.
        folder: The working folder, with the compiled programs of earlier calls.
    """
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [own_python(), "-m", "experiments", "run", study, "--variant", *variants, "--protocol", "published"]
        command += ["--repeats", str(repeats), "--jobs", str(workers), "--device", "cpu", "--out", out]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def fit_seed(seed: int, data: Path, epochs: int) -> None:
    """Train the problem ``wide`` once with ``model.fit``, as a script of the slides does.

    Args:
        seed: Keras' global seed.
        data: File with the arrays.
        epochs: Epochs of the training.
    """
    import keras
    import numpy as np

    from benchmarks.peers.keras_model import build

    with np.load(data) as file:
        arrays = dict(file)
    model = build("wide")
    keras.utils.set_random_seed(seed)
    validation = (arrays["x_test"], arrays["y_test"])
    batch_size = problem("wide").batch_size
    model.fit(arrays["x_train"], arrays["y_train"], batch_size, epochs, verbose=0, validation_data=validation)


def fit_seeds(data: Path, epochs: int, seeds: int, workers: int, *, process_each: bool) -> None:
    """Train some seeds with ``model.fit``, in new processes of one thread each.

    Args:
        data: File with the arrays.
        epochs: Epochs of one training.
        seeds: Number of trainings.
        workers: Processes at a time.
        process_each: Whether every seed has a process of its own, which imports TensorFlow again.
    """
    with ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("spawn"),
        initializer=set_environment,
        initargs=("cpu",),
        max_tasks_per_child=1 if process_each else None,
    ) as processes:
        list(processes.map(partial(fit_seed, data=data, epochs=epochs), range(seeds)))


def take_rounds(ways: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Time all ways in turns, every other round in reverse order.

    Args:
        ways: Name to what is timed.
        rounds: Timed calls of each.

    Returns:
        Name to its wall seconds in each round.
    """
    times: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in list(ways) if number % 2 == 0 else list(ways)[::-1]:
            start = time.perf_counter()
            ways[way]()
            times[way].append(time.perf_counter() - start)
            print(f"  round {number + 1}/{rounds}  {way:45s} {times[way][-1]:8.2f} s", flush=True)
    return times


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds (default 3)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)"
    )
    parser.add_argument("--tiny", action="store_true", help="1 repeat and 2 seeds of 5 epochs, two rounds")
    options = parser.parse_args()
    rounds, repeats, seeds, epochs = (2, 1, 2, 5) if options.tiny else (options.rounds, 30, 8, 100)
    several = f"{options.workers} workers"

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        write_seeds_study(folder / "seeds.yaml", epochs)
        shared = partial(run_study, _STUDY, _VARIANTS, repeats, folder=folder)
        batch = partial(run_study, folder / "seeds.yaml", ("baseline",), seeds, folder=folder)
        script = partial(fit_seeds, folder / "wide.npz", epochs, seeds)
        shared(workers=1)  # compiles, as does the next; later calls load the stored programs
        batch(workers=1)
        study_times = take_rounds(
            {"one worker": partial(shared, workers=1), several: partial(shared, workers=options.workers)}, rounds
        )
        seed_times = take_rounds(
            {
                "this suite, one worker": partial(batch, workers=1),
                f"this suite, {several}": partial(batch, workers=options.workers),
                "`model.fit`, one process for all seeds": partial(script, workers=1, process_each=False),
                f"`model.fit`, a process for each seed, {options.workers} at a time": partial(
                    script, workers=options.workers, process_each=True
                ),
            },
            rounds,
        )
    print(f"\n**{len(_VARIANTS) * repeats} runs of `weight_regularization`**, programs compiled before\n")
    print(wall_table("workers", study_times, "one worker"))
    print(f"\n**{seeds} seeds of the wide network**, {epochs} epochs each, start and import included\n")
    print(wall_table("way", seed_times, "this suite, one worker"))


if __name__ == "__main__":
    main()
