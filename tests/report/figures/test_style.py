import pytest

from experiments.report.figures.style import apply_style, plain, save, say, sheet


@pytest.mark.parametrize("text", [r"a $\foo$ b", "5 $ and 6 $", "$", r"$\frac{$", "plain"])
def test_a_dollar_sign_in_a_text_starts_no_formula(tmp_path, text):
    with apply_style():
        figure, axes = sheet(1, title=text, subtitle=text)
        axes[0].set_title(plain(text))
        say(axes[0], text)
        assert save(figure, tmp_path / "figure.png").stat().st_size > 1000
