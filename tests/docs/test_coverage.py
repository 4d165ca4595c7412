"""The page docs/coverage.md: its references exist, its counts are right, its quotations are those of the decks."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from tests.configs.test_sources import DECKS, FOLDER

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
STATUSES = ("covered", "in part", "not judged", "nothing to try")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is in C, and not in every build
STUDIES = {path.stem: yaml.load(path.read_text(encoding="utf-8"), LOADER) for path in (ROOT / "configs").glob("*.yaml")}


def tables():
    """Heading to the cells of each row of its table."""
    found, heading = defaultdict(list), ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| "):
            found[heading].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return {heading: rows[1:] for heading, rows in found.items()}  # without the row of titles


TABLES = tables()
ROWS = [(deck, *row) for deck in DECKS for row in TABLES[deck]]


def status(cell):
    return next((word for word in STATUSES if cell.startswith(f"{word}: ")), "covered")


def references(cell):
    """The claims, variants, tests and links of a cell, each with its kind."""
    study = ""
    for code, claim, link in re.findall(r"`([^`]+)`|“([^”]+)”|\]\(([^)]+)\)", cell):
        if claim:
            yield "claim", (study, claim)
        elif link:
            yield "link", tuple(link.split("#"))
        elif "::" in code:
            yield "test", tuple(code.split("::"))
        elif "." in code:
            yield "variant", tuple(code.split("."))
        else:
            study = code


REFERENCES = [found for *_, cell in ROWS for found in references(cell)]
CLAIMS = {value for kind, value in REFERENCES if kind == "claim"}


def all_of(kind):
    return {value for found, value in REFERENCES if found == kind}


def test_every_claim_is_one_of_its_study():
    known = {(study, claim["says"]) for study, content in STUDIES.items() for claim in content["claims"]}
    assert all_of("claim") - known == set()


def test_every_variant_is_one_of_its_study():
    known = {(study, variant) for study, content in STUDIES.items() for variant in content["variants"]}
    assert all_of("variant") - known == set()


def test_every_test_exists():
    missing = [
        (file, name) for file, name in all_of("test") if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_link_leads_to_a_file_and_an_anchored_one_to_a_heading_or_a_row():
    for file, *anchor in all_of("link"):
        text = (PAGE.parent / file).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)", text, re.M)
        }
        assert set(anchor) <= headings | set(re.findall(r'<a id="([^"]+)">', text)), (file, anchor)


def test_a_row_without_a_reference_has_a_reason():
    bare = [row for row in ROWS if status(row[-1]) in ("covered", "in part") and not list(references(row[-1]))]
    assert bare == []


@pytest.mark.parametrize("deck", DECKS)
def test_the_rows_are_in_the_order_of_their_lines(deck):
    firsts = [min(numbers(lines)) for lines, *_ in TABLES[deck]]
    assert firsts == sorted(firsts)


def test_the_counts_are_those_of_the_tables():
    (_, counts), *_ = ((heading, rows) for heading, rows in TABLES.items() if heading not in DECKS)
    expected = []
    for deck in DECKS:
        found = Counter(status(cell) for *_, cell in TABLES[deck])
        expected.append([len(TABLES[deck]), *(found[word] for word in STATUSES)])
    assert [row[0] for row in counts] == [*DECKS, "all"]
    assert [[int(cell) for cell in row[1:]] for row in counts] == [
        *expected,
        [sum(column) for column in zip(*expected, strict=True)],
    ]


def test_every_claim_with_a_deck_as_its_source_is_on_the_page():
    of_a_deck = {
        (study, claim["says"])
        for study, content in STUDIES.items()
        for claim in content["claims"]
        if claim["source"].startswith(tuple(f"{deck}, " for deck in DECKS))
    }
    assert of_a_deck - CLAIMS == set()


def numbers(lines):
    """The line numbers of "22-24, 58"."""
    for part in lines.split(", "):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def plain(text):
    """A text without the marks of Markdown and formulas, its quotation marks and white space normalised."""
    return " ".join(re.sub(r"[*$#]", "", text.translate(str.maketrans("“”‘’", "\"\"''"))).split())


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the texts of the decks are not at hand; DECKS names their folder")
@pytest.mark.parametrize("deck", DECKS)
def test_quoted_words_and_code_are_in_the_decks_lines(deck):
    (file,) = FOLDER.glob(f"{DECKS[deck]}_*.txt")
    text = file.read_text(encoding="utf-8").split("\n")
    wrong = []
    for lines, item, _ in TABLES[deck]:
        part = plain(" ".join(text[number - 1] for number in numbers(lines)))
        for quotation in re.findall(r"“([^”]+)”|`([^`]+)`", item):
            wrong += [(lines, words) for words in re.split("…", "".join(quotation)) if plain(words) not in part]
    assert wrong == []
