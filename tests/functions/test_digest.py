"""Digests: equal in every process for the same code and values, different for any other."""

import functools
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from experiments.errors import ExperimentsError
from experiments.functions.digest import digest


def function(text, name="build", **names):
    """Define a function from its text, as a cell of a notebook does: in a module of the user."""
    space = {"__name__": "__main__", **names}
    exec(compile(text, f"/tmp/cell-{len(text)}.py", "exec"), space)
    return space[name]


BUILD = "def build(seed):\n    return [seed, units(8)]\ndef units(n):\n    return n * FACTOR\nFACTOR = 2\n"


@pytest.mark.parametrize(
    "same",
    [
        f"# a comment\n\n\n{BUILD}",
        BUILD.replace("[seed, units(8)]", "[\n        seed,  # first\n        units(8),\n    ]"),
        f"{BUILD}\nUNUSED = 3\n",
    ],
    ids=["comment", "format", "unused global"],
)
def test_what_does_not_change_the_function_does_not_count(same):
    assert digest(function(same)) == digest(function(BUILD))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("units(8)", "units(9)"),
        ("n * FACTOR", "n + FACTOR"),
        ("FACTOR = 2", "FACTOR = 3"),
        ("def build(seed)", "def build(seed, extra=1)"),
        ("[seed, units(8)]", "[seed, max(8)]"),
        ("[seed, units(8)]", "(lambda: [seed, units(8)])()"),
    ],
)
def test_every_change_of_the_code_counts(old, new):
    changed = function(BUILD.replace(old, new))
    assert digest(changed) != digest(function(BUILD))


def test_closures_defaults_partials_and_methods_count():
    def with_rate(rate):
        return lambda seed: seed * rate

    class Builder:
        def __init__(self, rate):
            self.rate = rate

        def build(self, seed):
            return seed * self.rate

    values = [
        *(with_rate(rate) for rate in (0.1, 0.2)),
        *(functools.partial(with_rate, rate) for rate in (0.1, 0.2)),
        *(Builder(rate).build for rate in (0.1, 0.2)),
    ]
    assert len({digest(value).value for value in values}) == 6
    assert digest(with_rate(0.1)) == digest(with_rate(0.1))
    assert digest(Builder(0.1).build) == digest(Builder(0.1).build)


def test_a_class_counts_with_its_methods():
    texts = [f"class build:\n    def call(self, x):\n        return x {sign} 1\n" for sign in "+-"]
    assert digest(function(texts[0])) == digest(function(texts[0]))
    assert digest(function(texts[0])) != digest(function(texts[1]))


def test_arrays_count_with_type_shape_and_values():
    x = np.arange(6.0)
    others = [x.astype("float32"), x.reshape(2, 3), x + 1, x.tolist(), np.array(x, object)]
    assert len({digest(value).value for value in (x, *others)}) == 6
    assert digest(x[::2]) == digest(x[::2].copy())


def test_functions_that_call_each_other_and_values_that_hold_themselves_end():
    circle = []
    circle.append(circle)
    text = "def build(n):\n    return other(n - 1)\ndef other(n):\n    return build(n) if n else 0\n"
    assert digest(function(text)) != digest(circle)


def test_installed_functions_count_by_name_and_the_users_modules_are_named():
    from tests.functions import moons

    found = digest(moons.build_plain)
    assert moons in found.modules
    assert np not in found.modules
    assert digest(np.mean).modules == ()


@dataclass
class Settings:
    rate: float


def test_objects_of_the_users_classes_count_with_their_attributes():
    assert digest(Settings(0.1)) == digest(Settings(0.1))
    assert digest(Settings(0.1)) != digest(Settings(0.2))


def test_what_has_no_content_is_refused():
    with pytest.raises(ExperimentsError, match="a generator cannot be compared with that of an earlier call"):
        digest(number for number in range(3))


def test_a_digest_is_the_same_in_every_process():
    code = (
        "from experiments.functions.digest import digest\n"
        "from tests.functions.test_digest import BUILD, Settings, function\n"
        "print(digest([function(BUILD), {'a', 'b', 'c'}, Settings(0.5), frozenset({'x', 'y'})]).value)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
