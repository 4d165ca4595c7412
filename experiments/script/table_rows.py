"""The rows of a table from a file: read with pandas, cut into sets, missing values filled, categories encoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from experiments.data.own_tables import encoder_call, imputer_call
from experiments.data.split import counts_of, folds_of, group_shares
from experiments.language.components import Component
from experiments.language.configuration import DataSettings
from experiments.language.table_sources import options_of, table_of
from experiments.script.writing import Invocation, Raw, call, one_line, printed, statement
from experiments.tabular import TypedTable, locate
from experiments.tabular.cells import MISSING
from experiments.tabular.typed_table import reading


class TableRows:
    """The rows of a table, as statements that make ``x``, ``y`` and the row numbers of each set.

    Args:
        source: The source of the rows.
        data: The ``data`` section.
        shuffle_seed: Seed of the split.

    Attributes:
        imports: Module of scikit-learn → names that the statements need.
    """

    def __init__(self, source: Component, data: DataSettings, shuffle_seed: int) -> None:
        self._source, self._split, self._seed = source, data.split, shuffle_seed
        self._path = locate(Path(data.folder), source.arguments["file"])
        self._options = options_of(source)
        self._table: TypedTable = table_of(source, data.folder)
        self._calls = {
            "sklearn.impute": imputer_call(source),
            "sklearn.preprocessing": encoder_call(source) if self._table.categories else None,
        }
        self.imports: dict[str, set[str]] = {module: {call.name} for module, call in self._calls.items() if call}
        if self._has_class_names:
            self.imports.setdefault("sklearn.preprocessing", set()).add("LabelEncoder")
        splitter = self._splitter()
        if splitter:
            self.imports["sklearn.model_selection"] = {splitter}

    @property
    def is_real(self) -> bool:
        """Whether the targets are real numbers, not classes."""
        return self._table.targets.task == "regression"

    @property
    def has_target_columns(self) -> bool:
        """Whether a row has several targets."""
        return self._table.targets.values.ndim == 2

    @property
    def file(self) -> str:
        """The file's path as the script names it: from the working directory where that contains it."""
        here = Path.cwd()
        return self._path.relative_to(here).as_posix() if self._path.is_relative_to(here) else self._path.as_posix()

    @property
    def _has_class_names(self) -> bool:
        return bool(self._table.targets.classes)

    def lines(self) -> Iterator[str]:
        """Yield the statements."""
        yield from self._read()
        yield from self._targets()
        yield from self._sets()
        yield from self._inputs()

    def _read(self) -> Iterator[str]:
        written = self._table.written
        if written is None:
            yield statement("table = ", call("pd.read_parquet", self.file), ".reset_index(drop=True)")
        else:
            labels = {"index_col": 0} if not written.header[0] else {}
            yield statement("table = ", call("pd.read_csv", self.file, **reading(written, self._options), **labels))
        if self._options.order:
            times = {} if self._table.order_is_numeric else {"key": Raw("pd.to_datetime")}
            sort = call("table.sort_values", self._options.order, **times, kind="stable", ignore_index=True)
            yield statement("table = ", sort)

    def _targets(self) -> Iterator[str]:
        names = list(self._options.target)
        if self._has_class_names:
            yield f"y = LabelEncoder().fit_transform(table[{one_line(names[0])}])"
        else:
            columns = Raw(f"table[{one_line(names if self.has_target_columns else names[0])}]")
            yield statement("y = ", call("np.array", columns, dtype=Raw("float" if self.is_real else "int")))

    def _splitter(self) -> str:
        if self._options.group:
            return "StratifiedGroupKFold" if self._split.stratify else "GroupShuffleSplit"
        return "train_test_split" if self._split.stratify else ""

    def _sets(self) -> Iterator[str]:
        match self._splitter():
            case "train_test_split":
                yield from self._stratified()
            case "GroupShuffleSplit":
                yield from self._whole_groups()
            case "StratifiedGroupKFold":
                yield from self._stratified_groups()
            case _:
                rows = len(self._table.inputs)
                shuffled = self._split.shuffle
                drawn = f"np.random.default_rng({self._seed}).permutation(len(y))" if shuffled else "np.arange(len(y))"
                yield f"order = {drawn}"
                start = 0
                for name, count in counts_of(self._split.amounts, rows).items():
                    yield f"{name} = order[{start or ''}:{start + count if start + count < rows else ''}]"
                    start += count

    def _stratified(self) -> Iterator[str]:
        rows = len(self._table.inputs)
        counts = counts_of(self._split.amounts, rows)
        names, taken = list(counts), 0
        for number, (name, count) in enumerate(counts.items()):
            rest = sum(counts.values()) - taken - count
            if rest == 0 and number > 0:
                break
            left = "left" if number else "np.arange(len(y))"
            others = names[-1] if number == len(names) - 2 else "left"
            classes = "y[left]" if number else "y"
            split = Invocation(
                "train_test_split",
                (Raw(left),),
                {"train_size": count, "test_size": rest, "stratify": Raw(classes), "random_state": self._seed},
            )
            yield statement(f"{name}, {others} = ", split)
            taken += count

    def _whole_groups(self) -> Iterator[str]:
        group, last = f"table[{one_line(self._options.group)}]", list(self._split.amounts)[-1]
        steps = group_shares(self._split.amounts)
        for number, (name, share, rest) in enumerate(steps):
            left, groups = ("left", f"{group}.iloc[left]") if number else ("np.arange(len(y))", group)
            further = {} if rest is None else {"test_size": rest}
            splitter = call("GroupShuffleSplit", 1, train_size=share, **further, random_state=self._seed)
            rows = Raw(f"next(splitter.split({left}, groups={groups}))")
            yield statement("splitter = ", splitter)
            others = last if number == len(steps) - 1 else "left"
            yield f"{name}, {others} = {rows}" if number == 0 else f"{name}, {others} = (left[rows] for rows in {rows})"

    def _stratified_groups(self) -> Iterator[str]:
        count, shares = folds_of(self._split.amounts)
        splitter = call("StratifiedGroupKFold", count, shuffle=True, random_state=self._seed)
        yield statement("splitter = ", splitter)
        yield f"folds = [fold for _, fold in splitter.split(y, y, table[{one_line(self._options.group)}])]"
        start = 0
        for name, share in shares.items():
            yield f"{name} = np.concatenate(folds[{start}:{start + share}])"
            start += share

    def _inputs(self) -> Iterator[str]:
        numbers, categories = self._table.numbers, list(self._table.categories)
        if numbers:
            variable = "numbers" if categories else "x"
            yield statement("columns = ", numbers)
            yield f"{variable} = table[columns].to_numpy(dtype=float)"
            imputer = self._calls["sklearn.impute"]
            if imputer is not None:
                yield statement("imputer = ", printed(imputer))
                yield f"{variable} = imputer.fit({variable}[train]).transform({variable})"
        if categories:
            variable = "categories" if numbers else "x"
            yield statement("columns = ", categories)
            cells = "table[columns]" if self._table.written else "table[columns].astype(object)"
            yield f"{variable} = {cells}.fillna({one_line(MISSING)}).to_numpy(dtype=str)"
            encoder = self._calls["sklearn.preprocessing"]
            assert encoder is not None  # the language refuses categories without an encoder
            made = printed(encoder)
            known = Raw(f"[np.unique(column) for column in {variable}.T]")
            with_categories = Invocation(made.function, made.positional, {**made.named, "categories": known})
            yield statement("encoder = ", with_categories)
            yield f"{variable} = encoder.fit({variable}[train]).transform({variable})"
        if numbers and categories:
            yield "x = np.concatenate([numbers, categories], axis=1)"
