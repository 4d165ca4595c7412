"""Small studies for the tests of the language: a base in sections, any of which a test replaces."""

from __future__ import annotations

from experiments.errors import ConfigError
from experiments.language import Study, parse_study

SECTIONS = {
    "head": "title: A title\nquestion: A question?",
    "data": "data:\n  points: {make_moons: {n_samples: 100, random_state: 1}}\n  split: {train: 30, test: 70}",
    "model": (
        "model:\n  hidden: {Dense: {units: 5, activation: relu}}\n  output: {Dense: {units: 1, activation: sigmoid}}"
    ),
    "training": (
        "training:\n  optimizer: Adam\n  loss: binary_crossentropy\n  metrics: [accuracy]\n  epochs: 10\n"
        "  validate_on: test"
    ),
    "more": "repeats: 3",
    "variants": "variants:\n  baseline: {}",
    "claims": "claims: []",
}
MARK = "§"
OUTPUT = "output: {Dense: {units: 1, activation: sigmoid}}"


def study_text(**sections: str) -> str:
    """Join the base's sections, some of them replaced."""
    unknown = set(sections) - set(SECTIONS)
    assert not unknown, unknown
    return "\n".join({**SECTIONS, **sections}.values()) + "\n"


def make_study(*, sets: tuple[str, ...] = (), **sections: str) -> Study:
    """Parse the base with some sections replaced."""
    return parse_study(study_text(**sections), name="tiny", file="tiny.yaml", sets=sets)


def with_variants(lines: str, **sections: str) -> dict:
    """Resolve variants given as lines below ``variants:``; name → configuration as plain data."""
    return {
        variant.name: variant.config.to_plain()
        for variant in make_study(variants=f"variants:\n{lines}", **sections).variants
    }


def problems_of(text: str | bytes, sets: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """List the problems of a text as (line:column, path and message)."""
    try:
        parse_study(text, name="tiny", file="tiny.yaml", sets=sets)
    except ConfigError as error:
        return [_split(str(problem)) for problem in error.problems]
    return []


def _split(line: str) -> tuple[str, str]:
    place, _, message = line.partition("  ")
    return place.partition(":")[2], message
