"""The words of a page with their meanings, for hover texts and for the list at the end of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.column_lookup import column_of
from experiments.glossary import TERMS, Term

if TYPE_CHECKING:
    from experiments.language.study import Claim

_ROWS = {
    "train": "the training rows",
    "validation": "the validation rows",
    "test": "the test rows",
    "fresh_test": "10,000 further rows that no training has seen",
}


@dataclass(frozen=True)
class Head:
    """The head of a column of a table, with its meaning.

    Attributes:
        text: The head.
        about: Its meaning; empty where the head says it.
    """

    text: str
    about: str = ""

    @classmethod
    def of_term(cls, text: str) -> Head:
        """Return a head with the meaning that the glossary has for it, if any.

        Args:
            text: The head, such as "Epochs run".
        """
        return cls(text, about_word(text))


def about_word(text: str) -> str:
    """Return the meaning of a word, or of the word before a comma; empty if the glossary does not have it.

    Args:
        text: Such as "Repeats" or "p, Holm over the study".
    """
    name = text[:1].lower() + text[1:]
    term = TERMS.get(name) or TERMS.get(name.partition(",")[0])
    return term.about if term else ""


def about_column(name: str) -> str:
    """Return what is in a column of runs.csv, as plain text.

    Args:
        name: Such as ``test_accuracy`` or ``unit_norm_max.hidden``.
    """
    column = column_of(name)
    if column.set_name:
        best = ", with the weights that a callback kept as the best" if column.of_best_weights else ""
        return f"{column.label}, on {_ROWS[column.set_name]}{best}"
    about = column.about.replace("`", "")
    return f"{column.label}: {about}" if about not in ("", column.label) else column.label


def column_words(claims: Iterable[Claim]) -> tuple[Term, ...]:
    """Return the columns that claims and the tests of their explanations read, each with its meaning.

    Args:
        claims: The claims of a study.
    """
    names = dict.fromkeys(reference.metric for claim in claims for reference in claim.references)
    return tuple(Term(name, about_column(name)) for name in sorted(names))
