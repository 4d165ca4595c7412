"""Every extension that docs/extensions.md lists has its variants, and every variant of a configuration is listed."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from experiments.language import load_study

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"`([^`]+)`")


def listed():
    """Study name to the variant names in its rows."""
    names = defaultdict(set)
    for line in (ROOT / "docs" / "extensions.md").read_text(encoding="utf-8").splitlines():
        cells = line.split("|")[1:-1]
        if len(cells) == 3 and (study := CODE.fullmatch(cells[0].strip())):
            found = {name for cell in cells[1:] for name in CODE.findall(cell)}
            names[study[1]] |= {name for name in found if ":" not in name}
    return dict(names)


STUDIES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


def test_every_study_is_listed():
    assert sorted(listed()) == STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_listed_exists_and_what_exists_is_listed(name):
    study = load_study(ROOT / "configs" / f"{name}.yaml")
    assert listed()[name] == {variant.group for variant in study.variants}
