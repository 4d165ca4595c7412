"""The YAML loader: YAML 1.1's traps closed, and a place for every key and value."""

import pytest

from experiments.errors import Place
from experiments.language.loader import load_yaml
from experiments.language.located import LocatedDict, LocatedList, plain
from experiments.language.problems import Problems


def load(text):
    problems = Problems()
    value = load_yaml(text, "a.yaml", problems)
    problems.raise_if_any()
    return value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-2", -2),
        ("+2", 2),
        ("010", 10),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-21", "2026-11-21"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        ("=", "="),
        ("1e", "1e"),
        (".", "."),
    ],
)
def test_scalars_follow_yaml_1_2(written, meant):
    value = load(f"key: {written}")["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_integers_stay_integers_and_floats_floats():
    assert [type(value) for value in load("[1, 1.0, 1e0]")] == [int, float, float]


def test_keys_are_always_text():
    assert list(load("{1: a, no: b, 0.10: c, null: d}")) == ["1", "no", "0.10", "null"]


def test_every_key_and_value_knows_its_place():
    tree = load("a: 1\nb:\n  c: [x, yy]\n  'd':    {e: f}\n")
    assert isinstance(tree, LocatedDict)
    assert tree.place_of("a") == Place("a.yaml", 1, 4)
    assert tree["b"].key_place_of("d") == Place("a.yaml", 4, 3)
    assert tree["b"]["d"].place_of("e") == Place("a.yaml", 4, 15)
    assert isinstance(tree["b"]["c"], LocatedList)
    assert tree["b"]["c"].places == [Place("a.yaml", 3, 7), Place("a.yaml", 3, 10)]


def test_columns_count_characters_not_bytes():
    assert load("ä: {ö: ü, b: 1}")["ä"].key_place_of("b") == Place("a.yaml", 1, 11)


def test_a_byte_order_mark_is_no_content():
    assert plain(load(b"\xef\xbb\xbfa: 1")) == {"a": 1}


def test_comments_and_windows_line_ends_change_nothing():
    assert plain(load("# first\r\na: 1 # second\r\nb: [1,\r\n 2]\r\n")) == {"a": 1, "b": [1, 2]}
