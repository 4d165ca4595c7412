"""The split of rows into training, validation and test sets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from experiments.errors import ConfigError, config_error, first_paragraph
from experiments.language.configuration import Amount, SplitSettings
from experiments.seeds import derive_seed

MOST_FOLDS = 20


def split_seed(protocol: str, seed: int) -> int:
    """Return the seed of the permutation before the split: one for all runs of "published", else the run's own."""
    return derive_seed(0 if protocol == "published" else seed, "split")


def split_rows(
    split: SplitSettings,
    slot_of_row: np.ndarray,
    shuffle_seed: int,
    *,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the row numbers of each set, assigned in the sequence train, validation, test.

    Args:
        split: The rows of each set; ``shuffle`` permutes the rows first, ``stratify`` keeps the shares of classes.
        slot_of_row: Shape (rows,): the slot of each row's source.
        shuffle_seed: Seed of that permutation.
        classes: Shape (rows,): the class of each row; None where the targets are no classes.
        groups: Shape (rows,): the group of each row, which no split divides; None without groups.

    Returns:
        Set name → row numbers. Rows may remain unused.

    Raises:
        ConfigError: A set needs more rows than remain, or has none; or the rows cannot be stratified.
    """
    if split.stratify and classes is None:
        raise config_error("data.split.stratify", "needs one class for each row; these targets are real or several")
    try:
        if groups is not None and split.stratify:
            return _stratified_groups(split.amounts, classes, groups, shuffle_seed)
        if groups is not None:
            return _whole_groups(split.amounts, groups, shuffle_seed)
        if split.stratify and classes is not None:
            return _stratified(split.amounts, classes, shuffle_seed)
    except ConfigError:
        raise
    except ValueError as error:
        raise config_error("data.split", first_paragraph(error)) from error
    rows = np.arange(len(slot_of_row))
    order = np.random.default_rng(shuffle_seed).permutation(rows) if split.shuffle else rows
    dealer = _Dealer(order, slot_of_row)
    return {name: dealer.take(f"data.split.{name}", amount) for name, amount in split.amounts.items()}


def counts_of(amounts: Mapping[str, Amount], rows: int) -> dict[str, int]:
    """Return the number of rows of each set, of amounts that are not by source.

    Raises:
        ConfigError: A set needs more rows than remain, or has none.
    """
    dealer = _Dealer(np.arange(rows), np.zeros(rows))
    return {name: len(dealer.take(f"data.split.{name}", amount)) for name, amount in amounts.items()}


def _stratified(amounts: Mapping[str, Amount], classes: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    from sklearn.model_selection import train_test_split

    counts = counts_of(amounts, len(classes))
    left, sets = np.arange(len(classes)), dict[str, np.ndarray]()
    for name, count in counts.items():
        rest = sum(counts.values()) - sum(len(rows) for rows in sets.values()) - count
        if rest == 0 and count == len(left):
            sets[name] = left
            break
        sets[name], left = train_test_split(
            left, train_size=count, test_size=rest or None, stratify=classes[left], random_state=seed
        )
    return sets


def group_shares(amounts: Mapping[str, Amount]) -> list[tuple[str, float, float | None]]:
    """Return how the groups are divided, one set after the other.

    Returns:
        For each set but the last: its name, its share of the groups that are left, and the share of those that stay
        for further sets; None for all others.

    >>> group_shares({"train": 0.6, "validation": 0.2, "test": 0.2})
    [('train', 0.6, None), ('validation', 0.5, None)]
    """
    names, shares = list(amounts), [float(amount) for amount in amounts.values()]  # type: ignore[arg-type]
    left, steps = 1.0, []
    for number, (name, share) in enumerate(zip(names[:-1], shares, strict=False)):
        rest = sum(shares[number + 1 :])
        steps.append((name, round(share / left, 6), None if share + rest > left - 1e-9 else round(rest / left, 6)))
        left = rest
    return steps


def _whole_groups(amounts: Mapping[str, Amount], groups: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    from sklearn.model_selection import GroupShuffleSplit

    left, sets = np.arange(len(groups)), {}
    for name, share, rest in group_shares(amounts):
        splitter = GroupShuffleSplit(1, train_size=share, test_size=rest, random_state=seed)
        taken, others = next(splitter.split(left, groups=groups[left]))
        sets[name], left = left[taken], left[others]
    return {**sets, list(amounts)[-1]: left}


def folds_of(amounts: Mapping[str, Amount]) -> tuple[int, dict[str, int]]:
    """Return into how many folds the groups are divided, and how many of them each set gets.

    Raises:
        ConfigError: The fractions are not those of at most twenty folds.

    >>> folds_of({"train": 0.6, "validation": 0.2, "test": 0.2})
    (5, {'train': 3, 'validation': 1, 'test': 1})
    """
    shares = {name: Fraction(amount).limit_denominator(1000) for name, amount in amounts.items()}  # type: ignore[arg-type]
    folds = int(np.lcm.reduce([share.denominator for share in shares.values()]))
    if folds > MOST_FOLDS:
        message = f"groups are stratified in at most {MOST_FOLDS} folds; expected fractions such as 0.6, 0.2 and 0.2"
        raise config_error("data.split", message)
    return max(folds, 2), {name: int(share * max(folds, 2)) for name, share in shares.items()}


def _stratified_groups(
    amounts: Mapping[str, Amount], classes: np.ndarray | None, groups: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    from sklearn.model_selection import StratifiedGroupKFold

    count, shares = folds_of(amounts)
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    folds = [fold for _, fold in splitter.split(groups, classes, groups)]
    sets, start = {}, 0
    for name, share in shares.items():
        sets[name] = np.concatenate(folds[start : start + share])
        start += share
        if len(sets[name]) == 0:
            raise config_error(f"data.split.{name}", "no group is left for this set")
    return sets


class _Dealer:
    """Assigns rows to sets in order, each row at most once."""

    def __init__(self, order: np.ndarray, slot_of_row: np.ndarray) -> None:
        self._order = order
        self._slot_of_row = slot_of_row
        self._dealt = np.zeros(len(order), dtype=bool)
        # Cumulative fractions are rounded, not single ones: 50, 25 and 25 % of 30 rows are 30 rows.
        self._fractions_dealt: dict[str | None, float] = {}

    def take(self, path: str, wanted: Any) -> np.ndarray:
        if isinstance(wanted, Mapping):
            parts = [self._take(f"{path}.{slot}", amount, slot) for slot, amount in wanted.items()]
            taken = np.concatenate(parts) if parts else np.empty(0, dtype=int)
        else:
            taken = self._take(path, wanted, None)
        if len(taken) == 0:
            raise config_error(path, f"{wanted} of {len(self._order)} rows leaves this set without a row")
        return taken

    def _take(self, path: str, amount: float, slot: str | None) -> np.ndarray:
        pool = self._order if slot is None else self._order[self._slot_of_row[self._order] == slot]
        count = amount if isinstance(amount, int) else self._count(amount, len(pool), slot)
        free = pool[~self._dealt[pool]]
        if count > len(free):
            source = "" if slot is None else f" of '{slot}'"
            raise config_error(path, f"asks for {count} rows{source}, but only {len(free)} of {len(pool)} are left")
        taken: np.ndarray = free[:count]
        self._dealt[taken] = True
        return taken

    def _count(self, fraction: float, rows: int, slot: str | None) -> int:
        before = self._fractions_dealt.get(slot, 0.0)
        self._fractions_dealt[slot] = before + fraction
        return round((before + fraction) * rows) - round(before * rows)
