"""The examples in the docstrings of the language: YAML before and after each transformation."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "calls",
    "changes",
    "claims",
    "components",
    "configuration",
    "consistency",
    "expand",
    "expressions",
    "output_layer",
    "source_facts",
    "unfold",
    "variants",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_show_what_it_does(name):
    failed, attempted = doctest.testmod(import_module(f"experiments.language.{name}"))
    assert attempted
    assert failed == 0
