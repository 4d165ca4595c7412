"""Write the tables of columns and words of ``record`` in docs/language.md, and the glossary in docs/statistics.md.

    python -m tools.column_tables

They are made from ``experiments/columns.py`` and ``experiments/glossary.py``; the text around them is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from experiments.column_types import Column, RecordWord
from experiments.columns import CURVES, ENDING, IDENTITY, RECORD, SCORES
from experiments.glossary import TERMS, VERDICT_WORDS

DOCS = Path(__file__).parents[1] / "docs"


def column_table() -> str:
    """Return the table of the columns that need no word of ``record``, without those that identify a run."""
    return _table(
        ("column", "is", "compared as", "better", "in a run that diverged"),
        (
            (f"`{column.name}`", column.about, _scale(column), _better(column), _diverged(column))
            for column in (*SCORES, *ENDING)
            if column.is_measured
        ),
    )


def identity_table() -> str:
    """Return the table of the columns that say which run a row is about, and how it ended."""
    texts = (*IDENTITY, *(column for column in ENDING if not column.is_measured))
    return _table(("column", "is"), ((f"`{column.name}`", column.about) for column in texts))


def record_table() -> str:
    """Return the table of the words of ``record``."""
    return _table(
        ("word", "column", "is", "compared as", "history keys"), (row for word in RECORD for row in _rows(word))
    )


def verdict_table() -> str:
    """Return the table of the verdicts with their conditions."""
    return _table(("verdict", "condition"), ((f"*{word}*", TERMS[word].about) for word in VERDICT_WORDS))


def word_table() -> str:
    """Return the table of the words of pages."""
    return _table(("word", "meaning"), ((f"*{term.name}*", term.about) for term in TERMS.values()))


TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "language.md": {"columns": column_table, "identity": identity_table, "record": record_table},
    "statistics.md": {"verdicts": verdict_table, "words": word_table},
}
"""Page to its tables by their names."""


def with_tables(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return the text of a page whose tables are up to date.

    Args:
        page: Text with each table between ``<!-- NAME -->`` and ``<!-- end of NAME -->``.
        tables: The tables by name.
    """
    for name, table in tables.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, _, after = rest.partition(end)
        page = before + start + table() + end + after
    return page


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _scale(column: Column) -> str:
    return "accuracies: difference; losses: ratio" if _has_metric(column) else column.scale


def _better(column: Column) -> str:
    return "by its metric" if _has_metric(column) else column.better


def _has_metric(column: Column) -> bool:
    return "<metric>" in column.name or "<watched>" in column.name


def _diverged(column: Column) -> str:
    return "keeps its value" if column.survives_divergence else "the worst value"


def _rows(word: RecordWord) -> Iterator[tuple[str, ...]]:
    own = {column.name.partition(".")[0] for column in word.columns}
    others = ", ".join(f"`{curve.name}.<layer>`" for curve in word.curves if curve.name not in own)
    for number, column in enumerate(word.columns):
        stem = column.name.partition(".")[0]
        keys = "the same" if stem in CURVES else f"{others}: {word.about_curves}" if others else "none"
        yield ("" if number else f"`{word.name}`", f"`{column.name}`", column.about, _scale(column), keys)


if __name__ == "__main__":
    for name, tables in TABLES.items():
        page = DOCS / name
        page.write_text(with_tables(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
