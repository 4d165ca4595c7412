from __future__ import annotations

import numpy as np
import pytest
from matplotlib.image import imread

from experiments.analysis import analyse, read_runs
from experiments.errors import ExperimentsError
from experiments.language import parse_study
from experiments.report.figures import write_figures
from experiments.report.figures.results import Results
from experiments.report.figures.strip_figures import forest_figures
from experiments.report.figures.style import apply_style
from tests.report.figures.conftest import TEXT
from tests.report.synthetic import write_results


def analysed(study, out):
    return analyse(study, read_runs(study.name, out))


def names(paths):
    return {path.stem for path in paths}


@pytest.fixture(scope="module")
def drawn(study, tmp_path_factory):
    """A results folder with its figures, and their paths."""
    out = tmp_path_factory.mktemp("drawn")
    write_results(study, out)
    with apply_style():
        return out, write_figures(analysed(study, out), out)


def test_a_study_gets_every_figure_that_its_results_allow(drawn):
    results, written = drawn
    assert names(written) >= {
        "learning_accuracy.published",
        "learning_accuracy.fresh",
        "boundaries.published",
        "sweep_rate",
        "weight_norm.published",
        "gradient_norm.published",
        "forest",
        "forest_claims",
        "flattery",
        "published",
    }
    assert all(path.parent == results / "tiny" / "figures" for path in written)
    assert all(np.ptp(imread(path)[..., :3]) > 0.5 for path in written)


@pytest.mark.slow
def test_drawn_again_the_bytes_are_equal_unchanged_files_are_left_alone_and_stale_ones_removed(study, drawn):
    results, (first, *rest) = drawn
    content = first.read_bytes()
    first.unlink()
    stale = first.with_name("sweep_gone.png")
    stale.write_bytes(b"old")
    times = {path: path.stat().st_mtime_ns for path in rest}
    write_figures(analysed(study, results), results)
    assert first.read_bytes() == content
    assert {path: path.stat().st_mtime_ns for path in rest} == times
    assert not stale.exists()


@pytest.mark.slow
def test_a_picture_of_somebody_else_stays(study, drawn):
    results, (first, *_) = drawn
    mine = [first.with_name(name) for name in ("mine.png", "photo.PNG", "learning.png", "notes.txt")]
    for path in mine:
        path.write_bytes(b"mine")
    (first.parent / "folder.published.png").mkdir()
    write_figures(analysed(study, results), results)
    assert all(path.read_bytes() == b"mine" for path in mine)
    (first.parent / "folder.published.png").rmdir()
    for path in mine:
        path.unlink()


def test_figures_are_not_written_through_a_link(study, tmp_path):
    write_results(study, tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tiny" / "figures").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(ExperimentsError, match="figures is a symbolic link"):
        write_figures(analysed(study, tmp_path), tmp_path)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_nothing_has_run_yet(study, tmp_path):
    assert write_figures(analysed(study, tmp_path), tmp_path) == []


def test_all_runs_failed(study, tmp_path):
    write_results(study, tmp_path, failed=("all",))
    assert write_figures(analysed(study, tmp_path), tmp_path) == []


@pytest.mark.slow
def test_all_runs_diverged(study, tmp_path):
    write_results(study, tmp_path, diverged=("all",))
    written = write_figures(analysed(study, tmp_path), tmp_path)
    assert "learning_accuracy.published" in names(written)


@pytest.mark.slow
def test_one_run_is_enough(study, tmp_path):
    write_results(study, tmp_path, repeats=1)
    assert "learning_accuracy.published" in names(write_figures(analysed(study, tmp_path), tmp_path))


@pytest.mark.slow
def test_some_variants_are_missing(study, tmp_path):
    folder = write_results(study, tmp_path, failed=("dropout",))
    folder.history("stopped", "published").unlink(missing_ok=True)
    assert "learning_accuracy.published" in names(write_figures(analysed(study, tmp_path), tmp_path))


@pytest.mark.slow
def test_the_forest_of_claims_is_drawn_from_no_difference_not_from_the_margin(study, results):
    text = study.text.replace(
        "dropout.test_accuracy > baseline.test_accuracy", "dropout.test_accuracy >= baseline.test_accuracy - 0.3"
    )
    shifted = parse_study(text, name="tiny", file="tiny.yaml")
    analyses = [analysed(one, results) for one in (study, shifted)]
    figures = [dict(forest_figures(Results.of(analysis, results))) for analysis in analyses]
    plain, moved = (own["forest_claims"].axes[0] for own in figures)
    np.testing.assert_allclose(moved.collections[0].get_offsets(), plain.collections[0].get_offsets())
    assert [-0.3, -0.3] in [list(line.get_xdata()) for line in moved.lines]


def test_of_very_many_variants_the_base_and_those_of_claims_are_drawn(tmp_path):
    text = TEXT[: TEXT.index("variants:")] + "variants:\n"
    text += "".join(f"  wide_{units}: {{model.hidden.units: {units}}}\n" for units in range(10, 110)) + "  base: {}\n"
    text += "claims:\n  - {says: Wider., expect: wide_105.test_accuracy > wide_10.test_accuracy}\n"
    study = parse_study(text, name="many", file="configs/many.yaml")
    names = [variant.name for variant in Results.of(analyse(study, read_runs("many", tmp_path)), tmp_path).drawn]
    assert len(names) == 48
    assert names[:2] == ["wide_10", "wide_11"]
    assert names[-2:] == ["wide_105", "base"]
