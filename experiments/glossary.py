"""The glossary: the words that pages, tables and docs use, each with its meaning in words that need no statistics.

Pages show the meanings on hover and in a list; ``python -m tools.column_tables`` writes the list into
docs/statistics.md. The columns of runs.csv have theirs in ``experiments/columns.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

VerdictWord: TypeAlias = Literal["supported", "contradicted", "no difference", "inconclusive", "no data"]
VERDICT_WORDS: tuple[VerdictWord, ...] = get_args(VerdictWord)
"""The verdicts on a claim, in the order of pages."""


@dataclass(frozen=True)
class Term:
    """A word with its meaning.

    Attributes:
        name: The word.
        about: Its meaning in one or two sentences of plain text.
    """

    name: str
    about: str

    @property
    def anchor(self) -> str:
        """The fragment of its place on a page."""
        return f"word-{self.name.replace(' ', '-')}"


_TERMS = (
    Term("supported", "The whole 95 % interval is on the claim’s side, and q is at most 0.05."),
    Term(
        "contradicted",
        "The whole 95 % interval is on the other side, and q is at most 0.05: the opposite of the claim holds.",
    ),
    Term("no difference", "Neither side is shown, and the interval excludes every effect of interest."),
    Term("inconclusive", "Neither side is shown; more repeats are needed."),
    Term("no data", "There are no runs for this claim under this protocol."),
    Term("not run", "The study does not have this protocol."),
    Term("no tuned form", "Tuned rates do not apply to this claim, for the reason given."),
    Term(
        "best rate",
        "The learning rate with the best mean score in a short search, on runs that are not scored elsewhere; the "
        "variant's own, unless another is better by more than a standard error.",
    ),
    Term("explanation supported", "The expression that tests the explanation is supported by the same runs."),
    Term(
        "explanation refuted", "The test is contradicted, or shows no difference of interest: another cause is at work."
    ),
    Term("explanation undecided", "The test is inconclusive."),
    Term("explanation untested", "A plausible reason that no expression tests."),
    Term("explanation out of date", "The text was written for another verdict than these runs have."),
    Term("claim", "A sentence with an expression over measured numbers, which decides whether it holds."),
    Term("variant", "One named change of the base configuration, or one point of a grid."),
    Term("runs", "Number of runs that finished; further ones may have failed."),
    Term(
        "repeats", "Runs that differ in their random seed; n is their number. Two variants are compared seed by seed."
    ),
    Term("interval", "The range in square brackets that contains the true effect with 95 % confidence."),
    Term("effect", "How far both sides of a claim are apart: a difference, or with × a ratio."),
    Term(
        "drawing of an effect",
        "Dot: the effect. Line: its 95 % interval. Right of the dashed line is the claim’s side.",
    ),
    Term(
        "smallest effect of interest", "A point of accuracy or a tenth of a ratio, unless the study sets its own size."
    ),
    Term(
        "p", "How likely so clear an effect would be by chance, adjusted for all claims of the study by Holm’s method."
    ),
    Term(
        "q",
        "The p-value adjusted for all claims of the study by Benjamini and Hochberg’s method; a verdict needs 0.05 at "
        "most.",
    ),
    Term(
        "variance due to training seeds",
        "Part of the variance of the difference that stays on one data set, where only training seeds differ.",
    ),
    Term("opposite", "Share of seeds whose single run alone shows the opposite of the verdict."),
    Term("repeats that would decide", "A rough guide to the number of repeats that an inconclusive claim needs."),
    Term(
        "luck meter", "Splits the gain on one data set into lucky test rows, lucky training rows, and the trick itself."
    ),
    Term("slide mode", "What a lecturer concludes from a single seed, beside the verdict of all seeds."),
    Term("learning curve", "A metric after each epoch: the mean over the runs with its 95 % band."),
    Term("decision boundary", "Mean prediction over the plane: where the network separates the classes."),
    Term("sweep", "A metric over the values of one setting, with 95 % intervals."),
    Term("inside", "Measurements inside the network, layer by layer."),
    Term("published figure", "A number that somebody else reported, placed among our runs on the same data set."),
    Term(
        "flattery",
        "The best score over the epochs on the rows watched, minus the score on 10,000 fresh rows, minus the offset "
        "that rows of one call have.",
    ),
    Term("own rows easier by", "Score on the own test rows minus that on 10,000 fresh rows, at the last epoch."),
    Term(
        "diagnosis",
        "High bias: training rows are not fitted. High variance: test rows are much worse than training rows.",
    ),
    Term("diverged", "Runs whose loss became infinite or undefined. They count as the worst value."),
    Term("time a run", "Mean time of one training without compiling."),
    Term("best epoch", "Median of the epoch whose weights a callback kept, with the smallest and largest."),
    Term("epochs run", "Median of the epochs trained, with the smallest and largest."),
)
TERMS: Mapping[str, Term] = {term.name: term for term in _TERMS}
"""Every word by its name."""
