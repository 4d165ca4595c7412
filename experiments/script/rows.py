"""What the rows of both scripts have in common: sources, factors, order, sets and label noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.data.labels import label_noise_seed
from experiments.data.sources import source_call
from experiments.data.split import split_seed
from experiments.errors import ExperimentsError
from experiments.language.allowed import FIXED_ROWS
from experiments.language.calls import Call, call_of
from experiments.language.configuration import Amount, Configuration
from experiments.language.source_facts import has_real_targets, rows_of
from experiments.language.table_sources import file_table
from experiments.script.table_rows import TableRows
from experiments.script.writing import Raw, call, one_line, statement


class Rows:
    """The rows of one configuration, as statements that make ``x`` and ``y`` and cut them into sets.

    Args:
        config: Resolved configuration.
        protocol: "published" or "fresh".
        seed: Seed of the run.

    Attributes:
        data: The ``data`` section.
        sources: Slot → call of the source.
        suffixes: Slot → what the source's variables end with: "", or its name where there are several.
        scalers: "x" and "y" → call of the scaler, where there is one.
        definitions: Statements that the sets need before their rows can be picked.
        sets: Set → how its rows are picked: a slice such as ``:30``, or the name of a variable.
        imports: Module of scikit-learn → names that the statements need.
        table: The rows of a table from a file; None for other sources.
    """

    def __init__(self, config: Configuration, protocol: str, seed: int) -> None:
        self.data = config.data
        self.sources = {slot: source_call(slot, source, protocol, seed) for slot, source in config.data.sources.items()}
        several = len(self.sources) > 1
        self.suffixes = {slot: "_" + re.sub(r"\W", "_", slot) if several else "" for slot in self.sources}
        source = file_table(config.data)
        self.table = None if source is None else TableRows(source, config.data, split_seed(protocol, seed))
        scale = config.data.scale
        self.scalers = {
            letter: call_of("scalers", scaler)
            for letter, scaler in (("x", scale.inputs), ("y", scale.targets))
            if scaler
        }
        self.definitions, self.sets = self._sets()
        self.imports: dict[str, set[str]] = {
            "sklearn.datasets": {source.name for source in self.sources.values() if is_sklearn(source)},
            "sklearn.preprocessing": {scaler.name for scaler in self.scalers.values()},
        }
        for module, names in self.table.imports.items() if self.table else ():
            self.imports.setdefault(module, set()).update(names)
        self.imports = dict(sorted(self.imports.items()))
        self._shuffle_seed = split_seed(protocol, seed)
        self._noise_seed = label_noise_seed(seed)

    @property
    def is_stacked(self) -> bool:
        """Whether the rows come from several sources."""
        return len(self.sources) > 1

    @property
    def is_real(self) -> bool:
        """Whether the targets are real numbers, not classes."""
        if self.table is not None and self.data.multiply.targets is None:
            return self.table.is_real
        return self.data.multiply.targets is not None or any(map(_is_real, self.sources.values()))

    @property
    def has_target_columns(self) -> bool:
        """Whether a row has several targets."""
        if self.table is not None:
            return self.table.has_target_columns
        return any(
            source.name == "load_linnerud" or source.arguments.get("n_targets", 1) > 1
            for source in self.sources.values()
        )

    def loaded(self, source: Call, x: str, y: str) -> Iterator[str]:
        """Write the statements that draw or load the rows of a source; those of a table also cut its rows into sets."""
        return source_lines(source, x, y) if self.table is None else self.table.lines()

    def stacked(self) -> Iterator[str]:
        """Stack the rows of several sources; ``source`` is the name of each row's."""
        if self.is_stacked:
            suffixes = self.suffixes.values()
            lengths = ", ".join(f"len(x{suffix})" for suffix in suffixes)
            yield f"source = np.repeat({one_line(list(self.sources))}, [{lengths}])"
            yield f"x = np.concatenate([{', '.join(f'x{suffix}' for suffix in suffixes)}])"
            yield f"y = np.concatenate([{', '.join(f'y{suffix}' for suffix in suffixes)}])"

    def multiplied(self, *further: str) -> Iterator[str]:
        """Multiply the columns by plain factors.

        Args:
            further: What the names of other rows have after ``x`` and ``y``.
        """
        factors = self.data.multiply
        for letter, factor in (("x", factors.inputs), ("y", factors.targets)):
            if factor is not None:
                columns = f"np.resize({factor!r}, {letter}.shape[1])" if isinstance(factor, list) else repr(factor)
                yield from (f"{name} = {name} * {columns}" for name in (letter, *(letter + end for end in further)))

    def shuffled(self) -> Iterator[str]:
        """Permute the rows before they are cut."""
        if self.data.split.shuffle and self.table is None:
            yield f"order = np.random.default_rng({self._shuffle_seed}).permutation(len(x))"
            yield "x, y = x[order], y[order]"
            if self.is_stacked:
                yield "source = source[order]"

    def disturbed(self) -> Iterator[str]:
        """Put label noise on the training rows."""
        amount, train = self.data.label_noise, self.sets["train"]
        if not amount:
            return
        yield f"# Label noise, in the training rows only: {amount}"
        yield f"random = np.random.default_rng({self._noise_seed})"
        if self.is_real:
            yield f"y[{train}] += random.normal(0.0, {float(amount)!r}, y[{train}].shape)"
            return
        yield f"hit = random.random(y[{train}].shape) < {amount!r}"
        yield "classes = max(int(y.max()) + 1, 2)"
        yield f"steps = random.integers(1, classes, y[{train}].shape)"
        yield f"y[{train}] = np.where(hit, (y[{train}] + steps) % classes, y[{train}])"

    def _sets(self) -> tuple[list[str], dict[str, str]]:
        amounts = self.data.split.amounts
        if self.table is not None:
            return [], {name: name for name in amounts}
        if self.is_stacked or any(isinstance(amount, Mapping) for amount in amounts.values()):
            return list(_dealt(amounts)), {name: name for name in amounts}
        (source,) = self.data.sources.values()
        return [], _slices(amounts, rows_of(source))


def is_sklearn(source: Call) -> bool:
    """Return whether a source is a function of scikit-learn."""
    return source.callee.startswith("sklearn.")


def source_lines(source: Call, x: str, y: str) -> Iterator[str]:
    """Write the statements that draw or load the rows of a source.

    Args:
        source: The call of the source.
        x: Name of the inputs.
        y: Name of the targets.

    Raises:
        ExperimentsError: The source is this project's own.
    """
    if source.name == "table":
        yield statement(f"{x} = ", call("np.array", source.arguments["x"], dtype=Raw("float")))
        yield statement(f"{y} = ", call("np.array", source.arguments["y"]))
    elif is_sklearn(source):
        further = {"return_X_y": True} if source.name.startswith("load_") else {}
        yield statement(f"{x}, {y} = ", call(source.name, **source.arguments, **further))
        if source.name == "make_hastie_10_2":
            yield f"{y} = ({y} > 0).astype(int)"
    elif source.name not in FIXED_ROWS:
        raise ExperimentsError(f"{source.name} is a source of this project alone, so no script can load its rows")
    else:
        yield f"(images, labels), (more_images, more_labels) = keras.datasets.{source.name}.load_data()"
        yield f"{x} = np.concatenate([images, more_images]).reshape(-1, 784).astype(float)"
        yield f"{y} = np.concatenate([labels, more_labels]).astype(int)"


def _is_real(source: Call) -> bool:
    if source.name == "table":
        return any(isinstance(target, float) for target in _flat(source.arguments["y"]))
    return has_real_targets(source.name)


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, list) else (value,)


def _slices(amounts: Mapping[str, Amount], rows: int | None) -> dict[str, str]:
    """Write a slice for each set, one after the other.

    >>> _slices({"train": 30, "test": 70}, 100)
    {'train': ':30', 'test': '30:'}
    """
    slices, start = {}, ""
    fixed, fraction = 0, 0.0
    for name, amount in amounts.items():
        fixed += amount if isinstance(amount, int) else 0
        fraction += amount if isinstance(amount, float) else 0.0
        end = str(fixed) if rows is None or not fraction else str(fixed + round(fraction * rows))
        if rows is None and fraction:
            end = f"{f'{fixed} + ' if fixed else ''}round({fraction!r} * len(x))"
        slices[name] = f"{start}:{'' if end == str(rows) else end}"
        start = end
    return slices


def _dealt(amounts: Mapping[str, Amount]) -> Iterator[str]:
    """Take the sets from the rows that are left, where a source is named from its rows only."""
    yield "left = np.ones(len(x), dtype=bool)"
    fractions: dict[str | None, float] = {}
    for name, amount in amounts.items():
        parts = amount.items() if isinstance(amount, Mapping) else [(None, amount)]
        taken = []
        for slot, count in parts:
            pool = "left" if slot is None else f"left & (source == {one_line(slot)})"
            taken.append(Raw(f"np.flatnonzero({pool}){_first(_count(slot, count, fractions))}"))
        yield statement(f"{name} = ", taken[0] if len(taken) == 1 else call("np.concatenate", taken))
        yield f"left[{name}] = False"


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
