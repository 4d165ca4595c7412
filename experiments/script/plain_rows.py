"""The rows of a run as a lecturer would write them: draw, cut into sets, scale."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.script.rows import Rows
from experiments.script.writing import printed, statement


class PlainRows(Rows):
    """The code that makes ``x_train``, ``y_train``, ``x_test``, …: the study's own rows, without the 10,000 fresh ones.

    Under the fresh protocol the rows of a generator that draws the truth inside its call (``make_classification``) are
    of the same kind as the study's, not the same rows.
    """

    def lines(self) -> Iterator[str]:
        """Yield the statements."""
        for slot, source in self.sources.items():
            yield from self.loaded(source, f"x{self.suffixes[slot]}", f"y{self.suffixes[slot]}")
        yield from self.stacked()
        yield from self.multiplied()
        if "y" in self.scalers and not self.has_target_columns:
            yield "y = y.reshape(-1, 1)"
        yield from self.shuffled()
        yield from self.definitions
        yield from self.disturbed()
        scale_first = self.data.scale.fit_on == "all"
        if scale_first:
            for letter, scaler in self.scalers.items():
                yield statement(f"{letter} = ", printed(scaler), f".fit_transform({letter})")
        if self.data.one_hot:
            yield "y = keras.utils.to_categorical(y)"
        yield from (f"x_{name}, y_{name} = x[{rows}], y[{rows}]" for name, rows in self.sets.items())
        for letter, scaler in () if scale_first else self.scalers.items():
            names = [f"{letter}_{name}" for name in self.sets]
            yield statement("scaler = ", printed(scaler), f".fit({letter}_train)")
            yield f"{', '.join(names)} = {', '.join(f'scaler.transform({name})' for name in names)}"
