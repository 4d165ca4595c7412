import numpy as np
import pytest

from experiments.data.fresh import separate_call
from experiments.data.sources import GENERATORS, draw_source
from experiments.language.components import Component
from experiments.language.configuration import DataSettings, SplitSettings
from experiments.language.source_facts import equal_classes_of, fresh_kind, split_overlap


def data(*sources, train=30, test=70, **split):
    slots = {f"source{k}": Component(name, arguments) for k, (name, arguments) in enumerate(sources)}
    return DataSettings(slots, SplitSettings(train, test, **split))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (("make_moons", {}), "new rows"),
        (("make_blobs", {"centers": [[0, 0], [1, 1]]}), "new rows"),
        (("make_blobs", {"centers": 3}), "new problem"),
        (("make_regression", {}), "new problem"),
        (("load_digits", {}), "re-splits"),
    ],
)
def test_what_fresh_draws_anew_is_named(source, kind):
    assert fresh_kind(data(source)) == kind


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_whose_further_rows_need_more_than_a_second_call_draws_its_distribution(name):
    assert (fresh_kind(data((name, {}))) == "new problem") == (GENERATORS[name].further is not separate_call)


@pytest.mark.parametrize(
    ("settings", "overlap"),
    [
        (data(("load_digits", {}), train=1200, test=597), 597 / 1200),
        (data(("load_digits", {}), train=500, test=597), 597 / 1200),
        (data(("load_digits", {}), train=0.6, test=0.2, validation=0.2), 0.25),
        (data(("load_digits", {"n_class": 3}), train=100, test=50), 0.5),
        (data(("make_moons", {})), 0),
    ],
)
def test_splits_of_fixed_rows_overlap(settings, overlap):
    assert split_overlap(settings) == pytest.approx(overlap)


@pytest.mark.parametrize("name", ["make_moons", "make_circles", "make_hastie_10_2", "load_digits", "load_iris"])
def test_classes_said_to_be_of_equal_size_are_about_so(name):
    source = Component(name, {"n_samples": 600} if name.startswith("make") else {})
    shares = np.unique(draw_source("points", source, "published", 0).y, return_counts=True)[1]
    shares = shares / shares.sum()
    assert len(shares) == equal_classes_of(data((name, {})))
    np.testing.assert_allclose(shares, 1 / len(shares), rtol=0.15)


def test_classes_of_other_sizes_are_not_said_to_be_equal():
    assert equal_classes_of(data(("load_breast_cancer", {}))) is None
    assert equal_classes_of(data(("make_moons", {"n_samples": [10, 90]}))) is None
