"""Keras' own tests of ``fit`` and of callbacks, with ``experiments.fit`` in the place of ``Model.fit``.

python -m tools.keras_tests                      # all of them, beside the same tests with model.fit
python -m tools.keras_tests early_stopping csv   # those of some files
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

MODULES = {
    "trainer": "keras.src.trainers.trainer_test",
    **{
        name: f"keras.src.callbacks.{name}_test"
        for name in (
            "backup_and_restore",
            "callback",
            "csv_logger",
            "early_stopping",
            "lambda_callback",
            "learning_rate_scheduler",
            "model_checkpoint",
            "monitor_callback",
            "reduce_lr_on_plateau",
            "swap_ema_weights",
            "tensorboard",
            "terminate_on_nan",
        )
    },
}


class Outcomes:
    """Plugin of pytest that collects the outcome of each test."""

    def __init__(self) -> None:
        self.failed: set[str] = set()
        self.passed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add the outcome of a test, or of its set-up."""
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


@contextlib.contextmanager
def replaced_fit(tiers: dict[str, int]) -> Iterator[None]:
    """Let ``Model.fit`` call ``experiments.fit``, except where that calls ``Model.fit`` itself.

    Args:
        tiers: Receives the number of trainings of each tier.
    """
    import keras

    import experiments

    owner: Any = next(base for base in keras.Model.__mro__ if "fit" in vars(base))
    keras_fit, inside = owner.fit, threading.local()

    def fit(model: Any, *arguments: Any, **named: Any) -> Any:
        if getattr(inside, "active", False):
            return keras_fit(model, *arguments, **named)
        inside.active = True
        try:
            history = experiments.fit(model, *arguments, **named)
        finally:
            inside.active = False
        tiers[history.record.tier] = tiers.get(history.record.tier, 0) + 1
        return history

    owner.fit = fit
    try:
        yield
    finally:
        owner.fit = keras_fit


def run(names: list[str], *, ours: bool) -> tuple[Outcomes, dict[str, int]]:
    """Run tests of Keras.

    Args:
        names: Keys of ``MODULES``.
        ours: Whether ``experiments.fit`` trains.

    Returns:
        The outcomes, and the number of trainings of each tier.
    """
    import keras  # noqa: F401 - before the stand-in for jax, which it would use
    import pytest

    outcomes, tiers = Outcomes(), dict[str, int]()
    if "jax" not in sys.modules and importlib.util.find_spec("jax") is None:
        sys.modules["jax"] = types.ModuleType("jax")  # imported by trainer_test for tests of another backend
    # Without the settings of this project: Keras' tests have markers of their own.
    options = ["-c", os.devnull, "--rootdir", ".", "-q", "-p", "no:cacheprovider", "--tb=line", "-W", "ignore"]
    options.append("--continue-on-collection-errors")
    with replaced_fit(tiers) if ours else contextlib.nullcontext():
        pytest.main([*options, "--pyargs", *(MODULES[name] for name in names)], plugins=[outcomes])
    return outcomes, tiers


def main() -> int:
    """Run the tests with both, and print how many pass.

    Returns:
        1 if a test that passes with ``model.fit`` fails with ``experiments.fit``, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    names = [name for name in MODULES if any(name.startswith(start) for start in parser.parse_args().names or [""])]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    theirs, _ = run(names, ours=False)
    ours, tiers = run(names, ours=True)
    worse = sorted(theirs.passed - ours.passed)
    both = theirs.passed & ours.passed
    print(f"{len(theirs.passed)} tests pass with model.fit, {len(both)} of them with experiments.fit")
    print("trainings by tier: " + ", ".join(f"{tier} {count}" for tier, count in sorted(tiers.items())))
    for name in worse:
        print(f"only with model.fit: {name}")
    return bool(worse)


if __name__ == "__main__":
    raise SystemExit(main())
