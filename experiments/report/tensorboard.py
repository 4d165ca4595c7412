"""Learning curves, gradient norms and other probes as TensorBoard event files, on request.

    python -m experiments.report.tensorboard vanishing_gradients [--out results]
    tensorboard --logdir results/vanishing_gradients/tensorboard

Needs the extra ``tensorboard``; TensorFlow itself does not.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.errors import ExperimentsError
from experiments.store.folder import StudyFolder
from experiments.store.loading import load_history, load_results

_START = 1.0  # A fixed wall time: equal results give equal files, and epochs are the axis that counts.


def write_events(study: str, out: Path | str = "results") -> list[Path]:
    """Write one TensorBoard run for each variant and protocol of a study: every curve's mean over the repeats.

    Args:
        study: Name of the study.
        out: The results folder.

    Returns:
        The folders written, ``<out>/<study>/tensorboard/<variant>.<protocol>``; earlier ones are replaced.

    Raises:
        ExperimentsError: The study has no results or is a link, or the package ``tensorboard`` is not installed.
    """
    folder = StudyFolder.of(study, out)
    folder.refuse_links()
    runs, stored = load_results(study, out)[["variant", "protocol"]].drop_duplicates(), folder.histories()
    curves = [pair for pair in runs.itertuples(index=False, name=None) if folder.history(*pair) in stored]
    target = folder.path / "tensorboard"
    for path in target.glob("*/events.out.tfevents.*"):
        path.unlink()
    written = []
    for variant, protocol in curves:
        written.append(target / folder.history(variant, protocol).stem)
        _write_run(written[-1], load_history(study, variant, protocol, out))
    return written


def _write_run(target: Path, curves: Mapping[str, np.ndarray]) -> None:
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError:
        raise ExperimentsError("writing event files needs the package 'tensorboard': pip install tensorboard") from None
    writer = EventFileWriter(str(target))
    for key, curve in curves.items():
        tag = key.replace(".", "/")  # TensorBoard groups charts by what stands before the slash
        for epoch, value in enumerate(_mean(curve), start=1):
            if not np.isnan(value):
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=float(value))])
                writer.add_event(Event(wall_time=_START + epoch, step=epoch, summary=summary))
    writer.close()


def _mean(curve: np.ndarray) -> np.ndarray:
    """Average over the runs that are still training; NaN where none is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(curve, axis=0))


def main(arguments: list[str] | None = None) -> int:
    """Write the event files of one study; return exit code 2 on an error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.report.tensorboard", description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--out", default="results")
    options = parser.parse_args(arguments)
    try:
        for folder in write_events(options.study, options.out):
            print(folder)
    except ExperimentsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
