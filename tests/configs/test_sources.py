"""Every claim has a source: "ours", or a deck and the heading of the slide whose sentence it judges."""

import os
import re
from pathlib import Path

import pytest

from experiments.language import load_study

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("DECKS") or ROOT.parent / "shared" / "seeds")
DECKS = {
    "Deep Networks, Unit 2": "000",
    "Deep Neural Nets, Session 5": "001",
    "Better Deep Learning": "002",
    "Activation, Dropout and Normalization": "003",
    "Introduction to Deep Learning, Module 2": "004",
}
"""Names of the decks to the first digits of the files with their texts."""

STUDIES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


def sources(study):
    return [claim.source for claim in load_study(ROOT / "configs" / f"{study}.yaml").claims]


def parted(source):
    """The deck of a source and the heading after it; two empty texts where it names no deck."""
    for deck in DECKS:
        if source.startswith(f"{deck}, "):
            return deck, source.removeprefix(f"{deck}, ")
    return "", ""


def plain(line):
    """A line without the marks of Markdown, its white space normalised."""
    return " ".join(re.sub(r"^[#\s]+|\*", "", line).split())


def lines_of(deck):
    (file,) = FOLDER.glob(f"{DECKS[deck]}_*.txt")
    return {plain(line) for line in file.read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize("study", STUDIES)
def test_a_claim_names_a_deck_and_a_heading_or_is_ours(study):
    for source in sources(study):
        assert source.startswith("ours") or all(parted(source)), source


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the texts of the decks are not at hand; DECKS names their folder")
@pytest.mark.parametrize("study", STUDIES)
def test_a_claims_heading_is_a_line_of_its_deck(study):
    for source in sources(study):
        deck, heading = parted(source)
        assert not deck or heading in lines_of(deck), source
