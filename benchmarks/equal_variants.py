"""Equal variants with different seeds, trained for real: how often do verdicts find a difference that is not there?

Thirty variants train the same network on the same rows. The name of the hidden layer differs, and with it every random
number, because seeds are derived from names. Any difference between two variants is chance. An effect is planted by
adding it to the scores of one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.analysis import judge, read_runs
from experiments.cli.display import make_listener
from experiments.language import parse_study
from experiments.session.run_studies import Options, run_studies

if TYPE_CHECKING:
    from experiments.language import Study

NAME = "equal_variants"
VARIANTS = 30
SCORES = ["test_accuracy", "fresh_test_accuracy"]


def equal_study() -> Study:
    """Return the study, with a claim for each of the 435 pairs of variants.

    Claims are in rounds of fifteen in which every variant is in one pair, so the claims of a round are independent.
    """
    variants = [
        f"  v{k:02}: {{model.hidden{k:02}: {{Dense: {{units: 10, activation: relu}}, before: output}}}}"
        for k in range(VARIANTS)
    ]
    claims = [
        f"  - {{says: One is better., expect: v{left:02}.test_accuracy > v{right:02}.test_accuracy}}"
        for pairs in rounds(VARIANTS)
        for left, right in pairs
    ]
    text = f"""title: Equal variants
question: Do equal variants differ?
data:
  points: {{make_moons: {{n_samples: 100, noise: 0.2, random_state: 1}}}}
  split: {{train: 30, test: 70}}
model:
  output: {{Dense: {{units: 1, activation: sigmoid}}}}
training: {{optimizer: {{Adam: {{learning_rate: 0.01}}}}, loss: binary_crossentropy, metrics: [accuracy], epochs: 200}}
repeats: 30
variants:
{chr(10).join(variants)}
claims:
{chr(10).join(claims)}
"""
    return parse_study(text, name=NAME, file=f"{NAME}.yaml")


def rounds(players: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the rounds of a tournament in which every two of an even number of players meet once.

    >>> list(rounds(4))
    [[(0, 3), (1, 2)], [(0, 2), (3, 1)], [(0, 1), (2, 3)]]
    """
    order = list(range(players))
    for _ in range(players - 1):
        yield [(order[i], order[-1 - i]) for i in range(players // 2)]
        order = [order[0], order[-1], *order[1:-1]]


def train_equal_variants(out: Path) -> tuple[Study, pd.DataFrame]:
    """Train the study's missing runs, a few minutes on one core.

    Args:
        out: The results folder.

    Returns:
        The study and its runs.
    """
    study = equal_study()
    run_studies([study], Options(out=out, jobs=1, device="cpu", report=False), make_listener())
    return study, read_runs(NAME, out)


def print_controls(study: Study, runs: pd.DataFrame) -> None:
    """Print how often equal variants seem to differ: by the interval alone, and by verdict.

    Args:
        study: The study of equal variants.
        runs: Its runs.
    """
    print(f"\n{'equal variants':16}{'pairs':>8}{'interval alone':>18}{'verdict':>10}  verdicts")
    words, alone = _verdicts(study, runs)
    for protocol in study.protocols:
        counts = words[protocol]
        pairs = counts.total()
        decided = counts["supported"] + counts["contradicted"]
        listed = ", ".join(f"{count} {word}" for word, count in counts.most_common())
        print(f"{protocol:16}{pairs:8}{alone[protocol] / pairs:18.1%}{decided / pairs:10.1%}  {listed}")


def print_power(study: Study, runs: pd.DataFrame) -> None:
    """Print how often a planted effect is found: in five of the fifteen pairs of each round, by number of repeats.

    Args:
        study: The study of equal variants; more repeats than it has are drawn from those at hand.
        runs: Its runs.
    """
    print(f"\n{'planted effect':16}{'n':>5}{'protocol':>12}{'found':>9}{'wrong side':>12}{'false verdicts':>16}")
    for effect in (0.01, 0.02):
        for repeats in (30, 100, 300):
            drawn = _more_repeats(runs, repeats)
            found: Counter[tuple[str, str, str]] = Counter()
            for asked in _studies(study):
                planted = [str(claim.expression.references[0].variant) for claim in asked.claims[:5]]
                changed = drawn.copy()
                changed.loc[changed["variant"].isin(planted), SCORES] += effect
                for verdict in judge(asked, changed):
                    kind = "planted" if verdict.number <= 5 else "equal"
                    found[verdict.protocol, kind, verdict.word] += 1
            for protocol in study.protocols:
                planted_pairs, equal_pairs = (
                    sum(count for key, count in found.items() if key[:2] == (protocol, kind))
                    for kind in ("planted", "equal")
                )
                right, wrong = (found[protocol, "planted", word] for word in ("supported", "contradicted"))
                false = sum(found[protocol, "equal", word] for word in ("supported", "contradicted"))
                print(
                    f"{effect:<16}{repeats:5}{protocol:>12}{right / planted_pairs:9.1%}{wrong / planted_pairs:12.1%}"
                    f"{false / equal_pairs:16.1%}"
                )


def _studies(study: Study) -> Iterator[Study]:
    """Yield a study for each round, as long as the studies of the suite are."""
    for start in range(0, len(study.claims), VARIANTS // 2):
        yield replace(study, claims=study.claims[start : start + VARIANTS // 2])


def _verdicts(study: Study, runs: pd.DataFrame) -> tuple[dict[str, Counter[str]], Counter[str]]:
    words: dict[str, Counter[str]] = {protocol: Counter() for protocol in study.protocols}
    alone: Counter[str] = Counter()
    for asked in _studies(study):
        for verdict in judge(asked, runs):
            words[verdict.protocol][verdict.word] += 1
            alone[verdict.protocol] += verdict.effect.direction in ("higher", "lower")
    return words, alone


def _more_repeats(runs: pd.DataFrame, repeats: int) -> pd.DataFrame:
    """Draw repeats with replacement, the same ones for all variants; as many as there are stay as they are.

    The variants are equal, so each is moved to the mean of all before: what the repeats at hand differ by is chance,
    and would be an effect among repeats that are drawn from them.
    """
    there: Sequence[int] = sorted(runs["repeat"].unique())
    if repeats == len(there):
        return runs
    scores = runs.groupby("protocol")[SCORES].transform("mean")
    scores += runs[SCORES] - runs.groupby(["protocol", "variant"])[SCORES].transform("mean")
    drawn = np.random.default_rng(repeats).choice(there, repeats)
    centred = runs.assign(**{name: scores[name] for name in SCORES})
    parts = [centred[centred["repeat"] == repeat].assign(repeat=number) for number, repeat in enumerate(drawn)]
    more: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return more
