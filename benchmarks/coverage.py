"""How often do 95 % intervals of paired differences contain the truth? Run: ``python -m benchmarks.coverage``.

Scores of small networks are skewed and come in steps (rows of a test set), so the usual promises of a method are worth
little until they are simulated. The tables in docs/statistics.md come from this script.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.grid_claims import inside_gains
from experiments.analysis.intervals import (
    chosen_interval,
    log_spread_ratios,
    log_variances,
    t_interval,
    welch_interval,
)

Floats = np.ndarray
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]

_BOOTSTRAPS = 2000
_LARGE = 400_000


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Accuracies with a long lower tail: most seeds near 0.95, a few far below."""
    return 1 - rng.lognormal(-3, 0.8, shape)


def stepped(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Accuracies on 70 test rows, of networks that differ a little."""
    return rng.binomial(70, rng.beta(60, 5, shape)) / 70


def paired(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Differences of two such accuracies, the variant's with half the tail."""
    baseline, variant = rng.lognormal(-3, 0.8, (2, *shape))
    return baseline - 0.5 * variant


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """The textbook case."""
    return rng.normal(size=shape)


def laplace(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Symmetric with long tails."""
    return rng.laplace(size=shape)


def t_covers(x: Floats, truth: float) -> bool:
    """Try the interval that the verdicts use."""
    interval = t_interval(x)
    return interval.low <= truth <= interval.high


def bootstrap_covers(method: str) -> Callable[[Floats, float], bool]:
    """Try one of scipy's bootstraps."""

    def covers(x: Floats, truth: float) -> bool:
        if np.ptp(x) == 0:
            return bool(x[0] == truth)
        ends = stats.bootstrap((x,), np.mean, n_resamples=_BOOTSTRAPS, method=method, vectorized=True, rng=1)
        low, high = ends.confidence_interval
        return bool(low <= truth <= high)

    return covers


def coverage_of_means(repetitions: int) -> None:
    """Print how often each method's interval contains the true mean."""
    methods = {"t": t_covers} | {name: bootstrap_covers(name) for name in ("percentile", "BCa")}
    print(f"{'scores':10}{'n':>4}" + "".join(f"{name:>12}" for name in methods))
    for draw in (normal, paired, stepped, skewed):
        truth = float(draw(np.random.default_rng(0), (_LARGE,)).mean())
        for n in (5, 10, 20, 30):
            samples = draw(np.random.default_rng(n), (repetitions, n))
            shares = [np.mean([covers(x, truth) for x in samples]) for covers in methods.values()]
            print(f"{draw.__name__:10}{n:4}" + "".join(f"{share:12.1%}" for share in shares))


def spread_covers(x: Floats, y: Floats, truth: float) -> bool:
    """Try the jackknife of the log ratio of standard deviations."""
    interval = t_interval(log_spread_ratios(x, y))
    return interval.low <= truth <= interval.high


def pitman_covers(x: Floats, y: Floats, truth: float) -> bool:
    """Try Pitman's test: with equal spreads, sums and differences of pairs are not correlated."""
    scaled = x / np.exp(truth)
    return bool(stats.pearsonr(scaled + y, scaled - y).pvalue > 0.05)


def coverage_of_spreads(repetitions: int) -> None:
    """Print how often each method's interval contains the true ratio of standard deviations of pairs."""
    methods = {"jackknife": spread_covers, "Pitman": pitman_covers}
    print(f"\n{'scores':10}{'n':>4}" + "".join(f"{name:>12}" for name in methods))
    for draw in (normal, laplace, skewed):
        for n in (10, 30, 100):
            first, second = np.moveaxis(draw(np.random.default_rng(n), (repetitions, n, 2)), -1, 0)
            truth = float(np.log(2))
            shares = [
                np.mean([covers(2 * x, y, truth) for x, y in zip(first, second, strict=True)])
                for covers in methods.values()
            ]
            print(f"{draw.__name__:10}{n:4}" + "".join(f"{share:12.1%}" for share in shares))


def peaks_that_are_none(repetitions: int) -> None:
    """Print how often an axis without a peak inside seems to have one: all values alike, or one end much worse."""
    print(f"\n{'scores':10}{'values':>8}{'curve':>10}{'as judged':>12}{'plain t':>10}")
    for draw in (normal, skewed):
        for values in (3, 9):
            for curve, drop in (("flat", 0.0), ("rising", 10.0)):
                samples = draw(np.random.default_rng(values), (repetitions, 30, values))
                samples[:, :, 0] -= drop
                gains = [inside_gains(pd.DataFrame(x))[0] for x in samples]
                judged = np.mean([chosen_interval(x, left=values - 2, right=2).low > 0 for x in gains])
                plain = np.mean([t_interval(x).low > 0 for x in gains])
                print(f"{draw.__name__:10}{values:8}{curve:>10}{judged:12.1%}{plain:10.1%}")


def seed_share_covers(seeds: Floats, both: Floats, truth: float) -> bool:
    """Try Welch's interval of the jackknifed log variances, which the shares of variance use."""
    interval = welch_interval(log_variances(seeds), log_variances(both))
    return interval.low <= truth <= interval.high


def f_covers(seeds: Floats, both: Floats, truth: float) -> bool:
    """Try the F distribution, which assumes normal values."""
    quotient = np.var(seeds, ddof=1) / np.var(both, ddof=1) / np.exp(truth)
    low, high = stats.f.ppf([0.025, 0.975], len(seeds) - 1, len(both) - 1)
    return bool(low <= quotient <= high)


def coverage_of_seed_shares(repetitions: int) -> None:
    """Print how often each method's interval contains the true ratio of variances of independent samples."""
    methods = {"jackknife": seed_share_covers, "F": f_covers}
    print(f"\n{'scores':10}{'n':>4}" + "".join(f"{name:>12}" for name in methods))
    for draw in (normal, laplace, paired):
        for n in (10, 30, 100):
            first, second = np.moveaxis(draw(np.random.default_rng(n), (repetitions, n, 2)), -1, 0)
            shares = [
                np.mean([covers(x / 2, y, np.log(0.25)) for x, y in zip(first, second, strict=True)])
                for covers in methods.values()
            ]
            print(f"{draw.__name__:10}{n:4}" + "".join(f"{share:12.1%}" for share in shares))


def differences_of_splits(
    rng: np.random.Generator, train: int, test: int, splits: int, rows: int | None = None
) -> Floats:
    """Differences of the squared errors of two predictors on random splits of one table of normal numbers.

    The predictors are the training mean and 0. With a mean of 0.3 and a variance of 1 the expected difference is
    1 / train - 0.09. The table may have more rows than a split deals.
    """
    rows = rows or train + test
    table = rng.normal(0.3, 1, rows)
    orders = rng.permuted(np.tile(np.arange(rows), (splits, 1)), axis=1)
    means = table[orders[:, :train]].mean(axis=1, keepdims=True)
    tested = table[orders[:, train : train + test]]
    return np.asarray(((tested - means) ** 2 - tested**2).mean(axis=1))


def coverage_of_splits(repetitions: int) -> None:
    """Print how often the interval of splits of one table contains the truth about all such tables."""
    heads = "test / other rows", "test / train", "plain t"
    print(f"\n{'train / test / rows':20}{'splits':>8}" + "".join(f"{head:>20}" for head in heads))
    for train, test, rows in ((80, 20, 100), (60, 40, 100), (400, 100, 500), (100, 150, 500), (500, 597, 1797)):
        for splits in (10, 30):
            rng = np.random.default_rng(splits)
            samples = [differences_of_splits(rng, train, test, splits, rows) for _ in range(repetitions)]
            truth = 1 / train - 0.09
            shares = [
                np.mean([low <= truth <= high for low, high in ((i.low, i.high) for i in intervals)])
                for intervals in (
                    [t_interval(x, overlap) for x in samples] for overlap in (test / (rows - test), test / train, 0.0)
                )
            ]
            print(f"{f'{train} / {test} / {rows}':20}{splits:8}" + "".join(f"{share:20.1%}" for share in shares))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000, help="simulated studies in each cell (default 1000)")
    repetitions = parser.parse_args().repetitions
    coverage_of_means(repetitions)
    coverage_of_spreads(repetitions)
    coverage_of_seed_shares(repetitions)
    peaks_that_are_none(repetitions)
    coverage_of_splits(repetitions)


if __name__ == "__main__":
    main()
