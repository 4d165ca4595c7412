"""The rows of a run, as source code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from experiments.data.fresh import FRESH_ROWS
from experiments.language.configuration import Component, Configuration
from experiments.script.sources import Source
from experiments.script.writing import Call, Raw, call, one_line, statement
from experiments.seeds import derive_seed


class Rows:
    """The rows of one configuration, from the call of the generator to a dict of named sets.

    Args:
        config: Resolved configuration.
        protocol: "published" or "fresh".
        seed: Seed of the run.

    Attributes:
        imports: What the source needs of scikit-learn, by module.
    """

    def __init__(self, config: Configuration, protocol: str, seed: int) -> None:
        self._data = config.data
        self._seed = seed
        self._shuffle_seed = derive_seed(0 if protocol == "published" else seed, "split")
        slots = self._data.sources
        self._sources = {
            slot: Source(
                slot,
                source.name,
                dict(source.arguments),
                suffix=_suffix(slot) if len(slots) > 1 else "",
                protocol=protocol,
                seed=seed,
            )
            for slot, source in slots.items()
        }
        self._split = self._data.split
        self.imports = {
            "sklearn.datasets": {name for source in self._sources.values() for name in source.imports},
            "sklearn.preprocessing": {scaler.name for _, scaler in self._scalers()},
        }

    def source(self) -> str:
        """Write the code; afterwards ``rows`` maps each set's name to its inputs and targets."""
        lines = [line for source in self._sources.values() for line in source.lines]
        lines += [*self._stack(), *self._multiply(), *self._sets(), *self._noise(), *self._named_sets()]
        return "\n".join([*lines, *self._scale(), *self._finish()])

    @property
    def _is_real(self) -> bool:
        return self._data.multiply.targets is not None or any(source.is_real for source in self._sources.values())

    @property
    def _has_further_rows(self) -> bool:
        test = self._split.test
        wanted = list(test) if isinstance(test, Mapping) else list(self._sources)
        return all(self._sources[slot].has_further_rows for slot in wanted)

    @property
    def _is_stacked(self) -> bool:
        return len(self._sources) > 1

    def _stack(self) -> list[str]:
        if not self._is_stacked:
            return []
        suffixes = [source.suffix for source in self._sources.values()]
        lengths = ", ".join(f"len(x{suffix})" for suffix in suffixes)
        return [
            f"source = np.repeat({one_line(list(self._sources))}, [{lengths}])",
            f"x = np.concatenate([{', '.join(f'x{suffix}' for suffix in suffixes)}])",
            f"y = np.concatenate([{', '.join(f'y{suffix}' for suffix in suffixes)}])",
        ]

    def _multiply(self) -> list[str]:
        factors = self._data.multiply
        lines = []
        for letter, factor in (("x", factors.inputs), ("y", factors.targets)):
            if factor is None:
                continue
            columns = f"np.resize({factor!r}, {letter}.shape[1])" if isinstance(factor, list) else repr(factor)
            fresh = self._further_names(letter)
            lines += [f"{name} = {name} * {columns}" for name in (letter, *fresh)]
        return lines

    def _further_names(self, letter: str) -> list[str]:
        if not self._has_further_rows:
            return []
        return [f"{letter}_fresh{source.suffix}" for source in self._sources.values() if source.has_further_rows]

    def _sets(self) -> list[str]:
        lines = []
        if self._split.shuffle:
            lines.append(f"order = np.random.default_rng({self._shuffle_seed}).permutation(len(x))")
            lines.append("x, y = x[order], y[order]")
            lines += ["source = source[order]"] if self._is_stacked else []
        wanted = self._split.amounts
        if self._is_stacked or any(isinstance(amount, Mapping) for amount in wanted.values()):
            return lines + _dealt(wanted)
        return lines + _sliced(wanted)

    def _noise(self) -> list[str]:
        amount = self._data.label_noise
        if not amount:
            return []
        lines = [
            f"# Label noise, in the training rows only: {amount}",
            f"random = np.random.default_rng({derive_seed(self._seed, 'label_noise')})",
        ]
        if self._is_real:
            return [*lines, f"y[train] += random.normal(0.0, {float(amount)!r}, y[train].shape)"]
        return [
            *lines,
            f"hit = random.random(y[train].shape) < {amount!r}",
            "classes = max(int(y.max()) + 1, 2)",
            "steps = random.integers(1, classes, y[train].shape)",
            "y[train] = np.where(hit, (y[train] + steps) % classes, y[train])",
        ]

    def _named_sets(self) -> list[str]:
        sets: dict[str, Any] = {name: (Raw(f"x[{name}]"), Raw(f"y[{name}]")) for name in self._split.amounts}
        if self._has_further_rows:
            sets["fresh_test"] = (Raw("x_fresh"), Raw("y_fresh"))
        return [*self._mixture(), statement("rows = ", sets)]

    def _mixture(self) -> list[str]:
        """Mix the further rows of several sources as the test rows are mixed."""
        if not (self._is_stacked and self._has_further_rows):
            return []
        known = {slot: source.suffix for slot, source in self._sources.items() if source.has_further_rows}
        lines = [
            f"counts = [np.sum(source[test] == name) for name in {one_line(list(known))}]",
            f"ends = np.round(np.cumsum(counts) / len(test) * {FRESH_ROWS}).astype(int)",
            "shares = np.diff(ends, prepend=0)",
        ]
        for letter in "xy":
            parts = [f"{letter}_fresh{suffix}[: shares[{index}]]" for index, suffix in enumerate(known.values())]
            lines.append(f"{letter}_fresh = np.concatenate([{', '.join(parts)}])")
        return lines

    def _scalers(self) -> list[tuple[str, Component]]:
        scalers = {"inputs": self._data.scale.inputs, "targets": self._data.scale.targets}
        return [(what, scaler) for what, scaler in scalers.items() if scaler is not None]

    def _scale(self) -> list[str]:
        everything = self._data.scale.fit_on == "all"
        lines = []
        for what, scaler in self._scalers():
            arguments = scaler.arguments.items()
            tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments}
            letter = "x" if what == "inputs" else "y"
            fitted_on = letter if everything else f"{letter}[train]"
            fitted_on = fitted_on if what == "inputs" else f"{fitted_on}.reshape(len({fitted_on}), -1)"
            lines.append(statement(f"{what}_scaler = ", Call(scaler.name, (), tuples), f".fit({fitted_on})"))
            lines.append(f"rows = {{name: ({_SCALED[what]}) for name, (x, y) in rows.items()}}")
        return lines

    def _finish(self) -> list[str]:
        has_target_scaler = any(what == "targets" for what, _ in self._scalers())
        targets, lines = 'y.astype("int32")', []
        if self._data.one_hot:
            lines = ["classes = int(y.max()) + 1"]
            targets = "np.eye(classes)[y]"
        elif self._is_real or has_target_scaler:
            targets = 'y.astype("float32")'
        return [*lines, f'rows = {{name: (x.astype("float32"), {targets}) for name, (x, y) in rows.items()}}']


_SCALED = {
    "inputs": "inputs_scaler.transform(x), y",
    "targets": "x, targets_scaler.transform(y.reshape(len(y), -1)).reshape(y.shape)",
}


def _suffix(slot: str) -> str:
    return "_" + re.sub(r"\W", "_", slot)


def _sliced(wanted: Mapping[str, Any]) -> list[str]:
    """Cut the rows into sets one after the other."""
    ends: list[str] = []
    fraction = 0.0
    fixed = 0
    for amount in wanted.values():
        if isinstance(amount, int):
            fixed += amount
        else:
            fraction += amount
        parts = [f"round({fraction!r} * len(x))"] if fraction else []
        ends.append(" + ".join([*([str(fixed)] if fixed else []), *parts]))
    starts = ["0", *ends[:-1]]
    return [f"{name} = slice({start}, {end})" for name, start, end in zip(wanted, starts, ends, strict=True)]


def _dealt(wanted: Mapping[str, Any]) -> list[str]:
    """Take the sets from the rows that are left, where a source is named from its rows only."""
    lines = ["left = np.ones(len(x), dtype=bool)"]
    fractions: dict[str | None, float] = {}
    for name, amount in wanted.items():
        parts = amount.items() if isinstance(amount, Mapping) else [(None, amount)]
        taken = []
        for slot, count in parts:
            pool = "left" if slot is None else f"left & (source == {one_line(slot)})"
            taken.append(Raw(f"np.flatnonzero({pool}){_first(_count(slot, count, fractions))}"))
        lines.append(statement(f"{name} = ", taken[0] if len(taken) == 1 else call("np.concatenate", taken)))
        lines.append(f"left[{name}] = False")
    return lines


def _first(count: str) -> str:
    """Slice off the first rows; formatters want a space before what is more than a number."""
    return f"[:{count}]" if count.isdigit() else f"[: {count}]"


def _count(slot: str | None, amount: float, fractions: dict[str | None, float]) -> str:
    if isinstance(amount, int):
        return str(amount)
    rows = "len(x)" if slot is None else f"np.sum(source == {one_line(slot)})"
    before = fractions.get(slot, 0.0)
    fractions[slot] = before + amount
    end = f"round({before + amount!r} * {rows})"
    return f"{end} - round({before!r} * {rows})" if before else end
