"""The rows of a run with the 10,000 fresh ones, in the precision of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.data.fresh import (
    FRESH_ROWS,
    further_rows,
    one_long_call,
    same_centres,
    same_coefficients,
    separate_call,
)
from experiments.data.sources import GENERATORS, fresh_seed
from experiments.language.calls import Call
from experiments.language.configuration import Configuration
from experiments.script.rows import Rows, source_lines
from experiments.script.writing import Raw, call, one_line, printed, statement

_SCALED = {
    "x": "x_scaler.transform(x), y",
    "y": "x, y_scaler.transform(y.reshape(len(y), -1)).reshape(y.shape)",
}


class ExactRows(Rows):
    """The code that makes ``rows``: a dict that maps each set's name to its inputs and targets."""

    def __init__(self, config: Configuration, protocol: str, seed: int) -> None:
        super().__init__(config, protocol, seed)
        self._fresh = protocol == "fresh"
        self._seeds = {slot: fresh_seed(slot, source.name, protocol, seed) for slot, source in self.sources.items()}
        test = config.data.split.test
        tested = list(test) if isinstance(test, Mapping) else list(self.sources)
        self._has_further_rows = all(self._can_draw_further(self.sources[slot]) for slot in tested)

    def source(self) -> str:
        """Write the code."""
        lines = [line for slot, source in self.sources.items() for line in self._drawn(slot, source)]
        further = [suffix for slot, suffix in self.suffixes.items() if self._can_draw_further(self.sources[slot])]
        lines += self.stacked()
        lines += self.multiplied(*(f"_fresh{suffix}" for suffix in further if self._has_further_rows))
        lines += [*self.shuffled(), *self.definitions, *self.disturbed(), *self._mixture()]
        sets: dict[str, Any] = {name: (Raw(f"x[{rows}]"), Raw(f"y[{rows}]")) for name, rows in self.sets.items()}
        if self._has_further_rows:
            sets["fresh_test"] = (Raw("x_fresh"), Raw("y_fresh"))
        return "\n".join([*lines, statement("rows = ", sets), *self._scaled(), *self._finished()])

    def _can_draw_further(self, source: Call) -> bool:
        if is_part_of_a_longer_call(source):
            return self._fresh
        return _way_of_drawing(source) in (separate_call, same_centres, same_coefficients)

    def _drawn(self, slot: str, source: Call) -> Iterator[str]:
        """Draw the rows of a source, and 10,000 more of the same truth where that is possible."""
        end, arguments, seed = self.suffixes[slot], source.arguments, self._seeds[slot]
        x, y, x_fresh, y_fresh = f"x{end}", f"y{end}", f"x_fresh{end}", f"y_fresh{end}"
        unordered = {key: value for key, value in arguments.items() if key != "shuffle"}
        further = {**unordered, "n_samples": further_rows(arguments), "random_state": seed}
        draw = _way_of_drawing(source)
        if not self._can_draw_further(source):
            yield from self.loaded(source, x, y)
        elif draw is separate_call:
            yield from source_lines(source, x, y)
            yield from source_lines(Call(source.callee, further), x_fresh, y_fresh)
        elif draw is same_centres:
            yield statement(f"{x}, {y}, centers = ", call("make_blobs", **arguments, return_centers=True))
            yield statement(f"{x_fresh}, {y_fresh} = ", call("make_blobs", **{**further, "centers": Raw("centers")}))
        elif arguments.get("effective_rank") is None and draw is same_coefficients:
            yield statement(f"{x}, {y}, coefficients = ", call("make_regression", **arguments, coef=True))
            yield f"random = np.random.default_rng({seed})"
            yield f"{x_fresh} = random.standard_normal(({FRESH_ROWS}, {x}.shape[1]))"
            yield f"{y_fresh} = {x_fresh} @ coefficients + {arguments.get('bias', 0.0)!r}"
            yield f"{y_fresh} += random.normal(0.0, {arguments.get('noise', 0.0)!r}, {y_fresh}.shape)"
        else:
            rows = arguments.get("n_samples", 100)
            yield from source_lines(source.with_arguments(n_samples=rows + FRESH_ROWS), x, y)
            yield f"order = np.random.default_rng({seed}).permutation(len({x}))"
            yield f"{x_fresh}, {y_fresh} = {x}[order[{rows}:]], {y}[order[{rows}:]]"
            yield f"{x}, {y} = {x}[order[:{rows}]], {y}[order[:{rows}]]"

    def _mixture(self) -> Iterator[str]:
        """Mix the further rows of several sources as the test rows are mixed."""
        if not (self.is_stacked and self._has_further_rows):
            return
        known = {slot: end for slot, end in self.suffixes.items() if self._can_draw_further(self.sources[slot])}
        yield f"counts = [np.sum(source[test] == name) for name in {one_line(list(known))}]"
        yield f"ends = np.round(np.cumsum(counts) / len(test) * {FRESH_ROWS}).astype(int)"
        yield "shares = np.diff(ends, prepend=0)"
        for letter in "xy":
            parts = [f"{letter}_fresh{end}[: shares[{index}]]" for index, end in enumerate(known.values())]
            yield f"{letter}_fresh = np.concatenate([{', '.join(parts)}])"

    def _scaled(self) -> Iterator[str]:
        for letter, scaler in self.scalers.items():
            fitted_on = letter if self.data.scale.fit_on == "all" else f"{letter}[{self.sets['train']}]"
            fitted_on += "" if letter == "x" else ".reshape(-1, 1)" if not self.has_target_columns else ""
            yield statement(f"{letter}_scaler = ", printed(scaler), f".fit({fitted_on})")
            yield f"rows = {{name: ({_SCALED[letter]}) for name, (x, y) in rows.items()}}"

    def _finished(self) -> Iterator[str]:
        targets = 'y.astype("int32")'
        if self.data.one_hot:
            yield "classes = int(y.max()) + 1"
            targets = "np.eye(classes)[y]"
        elif self.is_real or "y" in self.scalers:
            targets = 'y.astype("float32")'
        yield f'rows = {{name: (x.astype("float32"), {targets}) for name, (x, y) in rows.items()}}'


def is_part_of_a_longer_call(source: Call) -> bool:
    """Return whether the rows of the fresh protocol are drawn in one call with 10,000 further rows."""
    return _way_of_drawing(source) is one_long_call or source.arguments.get("effective_rank") is not None


def _way_of_drawing(source: Call) -> Any:
    """Return the function that draws the rows of a generator with its further rows; None for other sources."""
    return GENERATORS[source.name].further if source.name in GENERATORS else None
