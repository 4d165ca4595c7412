"""The table of faults: every test that it names exists."""

import re

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "`tests/" in line]


def test_the_table_has_at_least_40_faults_each_with_a_test():
    table = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| **")]
    assert len(ROWS) >= 40
    assert len(table) == len(ROWS) + 1  # the head


def test_every_named_test_exists():
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", "\n".join(ROWS)):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, f"{path}::{name}"
