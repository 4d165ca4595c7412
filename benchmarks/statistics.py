"""Error rates of verdicts and intervals. The tables in docs/statistics.md come from this script.

python -m benchmarks.statistics failures                   # coverage where a few runs fail
python -m benchmarks.statistics controls --out FOLDER      # equal variants and planted effects, trained for real
python -m benchmarks.statistics looks                      # adding repeats until a claim is decided
python -m benchmarks.statistics agreement FIRST SECOND     # verdicts of two results folders
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.coverage import Floats, normal, paired, skewed
from benchmarks.equal_variants import print_controls, print_power, train_equal_variants
from experiments.analysis import scoreboard_table
from experiments.analysis.intervals import share_interval, t_interval
from experiments.analysis.typical_effects import hodges_lehmann
from experiments.protocols import PROTOCOLS

_LOOKS = {30: 0.0079, 100: 0.0162, 300: 0.0317}
"""Repeats at a look to the largest p-value that decides: Lan and DeMets' spending like Pocock's, 5 % in all."""
_GAIN = 0.02


def rare_failures(rng: np.random.Generator, shape: tuple[int, ...], share: float) -> tuple[Floats, Floats]:
    """Draw gains of a variant of which a share of the runs fails and loses 40 points.

    Returns:
        The gains, and which runs failed.
    """
    failed = rng.random(shape) < share
    return _GAIN + rng.normal(0, 0.02, shape) - 0.4 * failed, failed


def print_failures(arguments: Namespace) -> None:
    """Print how often the intervals of the mean, the typical effect and the share contain the truth."""
    print(f"{'failures':>9}{'n':>6}{'mean':>9}{'typical effect':>17}{'share':>9}")
    for share in (0.0, 0.03, 0.1):
        large, _ = rare_failures(np.random.default_rng(0), (3000, 300), share)
        # The truth of the typical effect: half of the means of two independent gains are below it.
        typical = float(np.median((large[:, :150] + large[:, 150:]) / 2))
        for n in (10, 30, 100):
            gains, failed = rare_failures(np.random.default_rng(n), (arguments.repetitions, n), share)
            truths = _GAIN - 0.4 * share, typical, share
            covered = np.zeros(3)
            for gain, lost in zip(gains, failed, strict=True):
                intervals = t_interval(gain), hodges_lehmann(gain), share_interval(int(lost.sum()), n)
                covered += [i.low <= truth <= i.high for i, truth in zip(intervals, truths, strict=True)]
            mean, middle, of_share = covered / arguments.repetitions
            print(f"{share:9.0%}{n:6}{mean:9.1%}{middle:17.1%}{of_share:9.1%}")


def print_controls_and_power(arguments: Namespace) -> None:
    """Train equal variants; print how often they seem to differ, and how often a planted effect is found."""
    study, runs = train_equal_variants(Path(arguments.out))
    print_controls(study, runs)
    print_power(study, runs)


def print_looks(arguments: Namespace) -> None:
    """Print how often repeats that are added until a claim is decided find a difference, without one and with one."""
    print(f"{'differences':12}{'effect':>8}{'n = 30':>9}{'every look at 5 %':>20}{'three levels':>15}{'mean n':>9}")
    last = max(_LOOKS)
    for draw in (normal, paired, skewed):
        rng = np.random.default_rng(1)
        truth = float(draw(rng, (1_000_000,)).mean())
        spread = float(draw(rng, (1_000_000,)).std())
        for effect in (0.0, 0.3):
            values = draw(rng, (arguments.repetitions, last)) - truth + effect * spread
            p = {n: stats.ttest_1samp(values[:, :n], 0, axis=1).pvalue for n in _LOOKS}
            naive = np.any([p[n] <= 0.05 for n in _LOOKS], axis=0).mean()
            decided = np.array([p[n] <= level for n, level in _LOOKS.items()])
            sizes = np.array(list(_LOOKS))[np.where(decided.any(axis=0), decided.argmax(axis=0), -1)]
            print(
                f"{draw.__name__:12}{effect:8}{(p[30] <= 0.05).mean():9.1%}{naive:20.1%}"
                f"{decided.any(axis=0).mean():15.1%}{sizes.mean():9.0f}"
            )


def print_agreement(arguments: Namespace) -> None:
    """Print in how many claims two results folders have the same verdict, and the others."""
    first, second = (
        scoreboard_table(folder).set_index(["study", "claim"]) for folder in (arguments.first, arguments.second)
    )
    both = first.index.intersection(second.index)
    both = both[first.loc[both, "expect"] == second.loc[both, "expect"]]
    print(f"{'protocol':12}{'claims':>8}{'same verdict':>14}")
    lines = []
    for protocol in PROTOCOLS:
        words = [table.loc[both, f"verdict_{protocol}"] for table in (first, second)]
        judged = ~np.any([word.isin(["", "no data"]) | word.isna() for word in words], axis=0)
        before, after = (word[judged] for word in words)
        if len(before):
            print(f"{protocol:12}{len(before):8}{(before == after).mean():14.1%}")
        lines += [
            f"{study}#{claim} {protocol}: {before.loc[study, claim]}, {after.loc[study, claim]}"
            for study, claim in before.index[before != after]
        ]
    print("\n".join(lines))


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    for name, command, default in (("failures", print_failures, 4000), ("looks", print_looks, 10000)):
        verb = verbs.add_parser(name)
        verb.add_argument("--repetitions", type=int, default=default, help=f"simulated studies (default {default})")
        verb.set_defaults(command=command)
    verb = verbs.add_parser("controls")
    verb.add_argument("--out", default="results/controls", help="results folder (default results/controls)")
    verb.set_defaults(command=print_controls_and_power)
    verb = verbs.add_parser("agreement")
    verb.add_argument("first", help="a results folder")
    verb.add_argument("second", help="another one, such as of another machine")
    verb.set_defaults(command=print_agreement)
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
