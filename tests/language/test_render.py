"""Studies as text: what `show` and `new` print."""

import pytest

from experiments.errors import ConfigError
from experiments.language import parse_study
from experiments.language.loader import load_yaml
from experiments.language.located import plain
from experiments.language.problems import Problems
from experiments.language.show import new_study, show_study
from tests.language.texts import make_study, study_text

VARIANTS = (
    "variants:\n  baseline: {}\n"
    "  drop: {model.drop: {Dropout: 0.4, after: hidden}, training.epochs: 20, model.hidden.activation: null}\n"
    "  rate: {grid: {n: {training.epochs: [1, 2]}}}"
)


def test_the_shown_text_loads_as_the_resolved_configuration():
    study = make_study(variants=VARIANTS)
    for variant in study.variants:
        assert plain(load_yaml(show_study(study, variant), "shown", Problems())) == variant.config.to_plain()
    assert plain(load_yaml(show_study(study), "shown", Problems())) == study.base.to_plain()


def test_changes_against_the_base_are_marked():
    study = make_study(variants=VARIANTS)
    text = show_study(study, study.variants[1])
    assert "  drop:  # new\n" in text
    assert "  epochs: 20  # was 10\n" in text
    assert "      # removed: activation: relu\n" in text
    assert "#   model.drop: {Dropout: 0.4, after: hidden}\n" in text
    assert "# was" not in show_study(study, study.variants[0])


def test_the_base_is_followed_by_what_each_variant_changes():
    text = show_study(make_study(variants=VARIANTS))
    assert "#   rate (2 points, the first: rate[n=1])\n#     training.epochs: 1\n" in text


def test_no_text_for_people_leaves_its_comment():
    head = 'title: "A\\n- title"\nquestion: Why?'
    study = make_study(head=head, variants='variants:\n  a: {about: "x\\ny: 1"}')
    for variant in (None, study.variants[0]):
        assert set(plain(load_yaml(show_study(study, variant), "shown", Problems()))) == set(study.base.to_plain())


def test_a_copy_keeps_comments_and_gets_a_title_and_commands_of_its_own():
    text = (
        "# About the study\n# Run:  python -m experiments run tiny\n# make run STUDY=tiny, not tiny-er\n"
        + study_text(head="title: A title that\n  goes on\nquestion: Why tiny?")
        + "# The end\n"
    )
    study = parse_study(text, name="tiny", file="tiny.yaml")
    copy = new_study(study, "mine")
    assert "# About the study\n# Run:  python -m experiments run mine\n# make run STUDY=mine, not tiny-er\n" in copy
    assert copy.endswith("# The end\n")
    mine = parse_study(copy, name="mine", file="mine.yaml")
    assert mine.title == "mine: my version of “A title that goes on”"
    assert mine.question == "Why tiny?"
    assert mine.base == study.base


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a b", ".a", "-a", "a.yaml", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(ConfigError, match="expected a name of letters"):
        new_study(make_study(), name)
