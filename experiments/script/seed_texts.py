"""The seeds of a script: numbers written out, or looked up by name where one code serves several networks."""

from __future__ import annotations

from experiments.script.writing import Raw
from experiments.seeds import derive_seed


class Seeds:
    """Writes the seed of each random draw.

    Args:
        run_seed: Seed of the run.
        table: Name of the dict in the script that seeds are looked up in; "" writes the numbers themselves.
    """

    def __init__(self, run_seed: int, table: str = "") -> None:
        self._run_seed = run_seed
        self._table = table
        self._used: dict[str, tuple[str | int, ...]] = {}

    def seed(self, *names: str | int) -> Raw:
        """Write the seed that derives from the run's under these names."""
        if not self._table:
            return Raw(derive_seed(self._run_seed, *names))
        key = " ".join(str(name) for name in names)
        self._used[key] = names
        return Raw(f'{self._table}["{key}"]')

    def numbers(self, run_seed: int) -> dict[str, int]:
        """Return the numbers of all seeds written so far, for the seed of another network."""
        return {key: derive_seed(run_seed, *names) for key, names in self._used.items()}
