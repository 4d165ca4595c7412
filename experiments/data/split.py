"""The split of rows into training, validation and test sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.errors import config_error
from experiments.language.configuration import SplitSettings
from experiments.seeds import derive_seed


def split_seed(protocol: str, seed: int) -> int:
    """Return the seed of the permutation before the split: one for all runs of "published", else the run's own."""
    return derive_seed(0 if protocol == "published" else seed, "split")


def split_rows(split: SplitSettings, slot_of_row: np.ndarray, shuffle_seed: int) -> dict[str, np.ndarray]:
    """Return the row numbers of each set, assigned in the sequence train, validation, test.

    Args:
        split: The rows of each set; ``shuffle`` permutes the rows first.
        slot_of_row: Shape (rows,): the slot of each row's source.
        shuffle_seed: Seed of that permutation.

    Returns:
        Set name → row numbers. Rows may remain unused.

    Raises:
        ConfigError: A set needs more rows than remain, or has none.
    """
    rows = np.arange(len(slot_of_row))
    order = np.random.default_rng(shuffle_seed).permutation(rows) if split.shuffle else rows
    dealer = _Dealer(order, slot_of_row)
    return {name: dealer.take(f"data.split.{name}", amount) for name, amount in split.amounts.items()}


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
