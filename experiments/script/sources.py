"""The rows of one data source, as source code."""

from __future__ import annotations

from typing import Any

from experiments.data.fresh import FRESH_ROWS, further_rows
from experiments.script.writing import Call, Raw, call, statement
from experiments.seeds import derive_seed

_TUPLES = ("center_box", "n_samples", "feature_range", "quantile_range")
_REAL = ("make_regression", "make_friedman", "make_s_curve", "make_swiss_roll", "make_sparse_uncorrelated")
_REAL_LOADERS = ("load_diabetes", "load_linnerud")
_TRUTH_IN_ARGUMENTS = (
    "make_circles",
    "make_friedman1",
    "make_friedman2",
    "make_friedman3",
    "make_gaussian_quantiles",
    "make_hastie_10_2",
    "make_moons",
    "make_s_curve",
    "make_sparse_uncorrelated",
    "make_swiss_roll",
)


class Source:
    """The source of one data source: what it names ``x…`` and ``y…``, and whether it has further rows.

    Args:
        slot: The source's name in the study.
        name: Generator, loader, "table", "mnist" or "fashion_mnist".
        arguments: Its arguments, as configured.
        suffix: What the names of its variables end with.
        protocol: "published" or "fresh".
        seed: Seed of the run.
    """

    def __init__(
        self, slot: str, name: str, arguments: dict[str, Any], *, suffix: str, protocol: str, seed: int
    ) -> None:
        self.suffix = suffix
        self.name = name
        self.imports = {name} if name.startswith(("make_", "load_")) else set()
        self._arguments = {
            key: tuple(v) if key in _TUPLES and isinstance(v, list) else v for key, v in arguments.items()
        }
        self._fresh = protocol == "fresh" and name.startswith("make_")
        if self._fresh:
            self._arguments["random_state"] = derive_seed(seed, slot, "data")
        elif name.startswith("make_") and self._arguments.get("random_state") is None:
            self._arguments["random_state"] = 0
        self._fresh_seed = derive_seed(seed if self._fresh else 0, slot, "fresh")
        self.has_further_rows = True
        self.lines = self._lines()

    @property
    def is_real(self) -> bool:
        """Whether the targets are real numbers, not classes."""
        if self.name == "table":
            return any(isinstance(value, float) for value in _flat(self._arguments["y"]))
        return self.name.startswith(_REAL) or self.name in _REAL_LOADERS

    def _names(self, *more: str) -> str:
        return ", ".join([f"x{self.suffix}", f"y{self.suffix}", *more])

    def _lines(self) -> list[str]:
        if self.name in _TRUTH_IN_ARGUMENTS:
            return self._separate_call()
        write = {
            "make_blobs": self._blobs,
            "make_regression": self._regression,
            "make_classification": self._one_call,
            "table": self._table,
            "mnist": self._keras_digits,
            "fashion_mnist": self._keras_digits,
        }.get(self.name, self._plain)
        return write()

    def _plain(self) -> list[str]:
        self.has_further_rows = False
        further = {"return_X_y": True} if self.name.startswith("load_") else {}
        return [statement(f"{self._names()} = ", Call(self.name, (), {**self._arguments, **further}))]

    def _fresh_names(self) -> str:
        return f"x_fresh{self.suffix}, y_fresh{self.suffix}"

    def _further(self, **more: Any) -> dict[str, Any]:
        kept = {key: value for key, value in self._arguments.items() if key != "shuffle"}
        return {**kept, "n_samples": further_rows(kept), "random_state": self._fresh_seed, **more}

    def _separate_call(self) -> list[str]:
        lines = [
            statement(f"{self._names()} = ", Call(self.name, (), self._arguments)),
            statement(f"{self._fresh_names()} = ", Call(self.name, (), self._further())),
        ]
        if self.name == "make_hastie_10_2":
            for y in (f"y{self.suffix}", f"y_fresh{self.suffix}"):
                lines.append(f"{y} = ({y} > 0).astype(int)")
        return lines

    def _blobs(self) -> list[str]:
        centers = Raw("centers")
        first = Call(self.name, (), {**self._arguments, "return_centers": True})
        further = Call(self.name, (), self._further(centers=centers))
        return [
            statement(f"{self._names('centers')} = ", first),
            statement(f"{self._fresh_names()} = ", further),
        ]

    def _regression(self) -> list[str]:
        if self._arguments.get("effective_rank") is not None:
            return self._one_call()
        x, y = f"x_fresh{self.suffix}", f"y_fresh{self.suffix}"
        bias, noise = self._arguments.get("bias", 0.0), self._arguments.get("noise", 0.0)
        return [
            statement(f"{self._names('coefficients')} = ", Call(self.name, (), {**self._arguments, "coef": True})),
            f"random = np.random.default_rng({self._fresh_seed})",
            f"{x} = random.standard_normal(({FRESH_ROWS}, x{self.suffix}.shape[1]))",
            f"{y} = {x} @ coefficients + {bias!r}",
            f"{y} += random.normal(0.0, {noise!r}, {y}.shape)",
        ]

    def _one_call(self) -> list[str]:
        if not self._fresh:
            return self._plain()
        rows: Any = self._arguments.get("n_samples", 100)
        x, y = f"x{self.suffix}", f"y{self.suffix}"
        longer = {**self._arguments, "n_samples": rows + FRESH_ROWS}
        return [
            statement(f"{self._names()} = ", Call(self.name, (), longer)),
            f"order = np.random.default_rng({self._fresh_seed}).permutation(len({x}))",
            f"{self._fresh_names()} = {x}[order[{rows}:]], {y}[order[{rows}:]]",
            f"{x}, {y} = {x}[order[:{rows}]], {y}[order[:{rows}]]",
        ]

    def _table(self) -> list[str]:
        self.has_further_rows = False
        return [
            statement(f"x{self.suffix} = ", call("np.array", self._arguments["x"], dtype=Raw("float"))),
            statement(f"y{self.suffix} = ", call("np.array", self._arguments["y"])),
        ]

    def _keras_digits(self) -> list[str]:
        self.has_further_rows = False
        return [
            f"(images, labels), (more_images, more_labels) = keras.datasets.{self.name}.load_data()",
            f"x{self.suffix} = np.concatenate([images, more_images]).reshape(-1, 784).astype(float)",
            f"y{self.suffix} = np.concatenate([labels, more_labels]).astype(int)",
        ]


def _flat(values: Any) -> list[Any]:
    return [item for value in values for item in _flat(value)] if isinstance(values, list) else [values]
