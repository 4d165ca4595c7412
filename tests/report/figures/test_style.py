import numpy as np
import pytest

from experiments.report.figures.curve_summary import VariantCurves
from experiments.report.figures.learning_curves import learning_figure
from experiments.report.figures.style import apply_style, label_outer, save, say, sheet


@pytest.mark.parametrize("text", [r"a $\foo$ b", "5 $ and 6 $", "$", r"$\frac{$", "plain", "$x_1$"])
def test_a_dollar_sign_in_a_text_starts_no_formula(tmp_path, text):
    with apply_style():
        figure, axes = sheet(2, title=text, subtitle=text, handles={text: axes_line()})
        axes[0].set_title(text)
        axes[0].set_yticks([0, 1], [text, "b"])
        label_outer(axes, 2, text, text)
        say(axes[1], text)
        assert save(figure, tmp_path / "figure.png").stat().st_size > 1000
        assert not [shown for shown in figure.findobj(match=is_text) if shown.get_parse_math()]


def axes_line():
    _, (ax,) = sheet(1, title="", subtitle="")
    return ax.plot([0, 1])[0]


def is_text(artist):
    return hasattr(artist, "get_parse_math")


@pytest.mark.parametrize(
    ("factor", "shift", "named"),
    [(1e32, 0, "(×1e32)"), (1e-32, 0, "(×1e−32)"), (1, 1e7, "(+1e7)"), (1, 0, ""), (1e-9, 1, "(×1e−9+1.000000001)")],
)
@pytest.mark.parametrize("which", ["x", "y"])
def test_what_all_ticks_share_stands_in_the_name_of_the_axis_and_not_over_the_title(
    tmp_path, factor, shift, named, which
):
    values, other = np.linspace(1, 2, 5) * factor + shift, np.arange(5)
    with apply_style():
        figure, (ax,) = sheet(1, title="title", subtitle="subtitle")
        ax.plot(*((values, other) if which == "x" else (other, values)))
        label_outer([ax], 1, "loss", "loss")
        save(figure, tmp_path / "figure.png")
        axis = ax.xaxis if which == "x" else ax.yaxis
        assert axis.get_label_text().replace("-", "−") == f"loss {named}".strip()
        assert not named or not axis.get_offset_text().get_visible()


def test_a_curve_of_a_single_epoch_is_a_dot():
    curves = {"train": np.array([[0.5]]), "test": np.array([[0.4]])}
    with apply_style():
        figure = learning_figure(
            [VariantCurves("a", curves), VariantCurves("b", curves)], title="t", subtitle="s", label="accuracy"
        )
    for ax in figure.axes:
        dots = [line for line in ax.lines if len(line.get_xdata()) == 1]
        assert len(dots) >= 2
        assert all(line.get_marker() == "o" for line in dots)
        assert ax.get_xlim() == (0, 2)


def test_a_run_that_ended_after_one_epoch_is_a_dot_among_the_lines():
    values = np.array([[0.5, 0.4, 0.3], [0.7, np.nan, np.nan]])
    with apply_style():
        figure = learning_figure([VariantCurves("a", {"train": values})], title="t", subtitle="s", label="accuracy")
    offsets = [tuple(dot) for found in figure.axes[0].collections for dot in found.get_offsets() if len(dot)]
    assert (1.0, 0.7) in offsets
