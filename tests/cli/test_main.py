"""Verbs, exit codes and what is printed."""

import re
from pathlib import Path

import pytest

from experiments.cli.main import main


def run(capsys, *arguments):
    """Carry out a command and give its exit code and what it printed."""
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize("verb", ["list", "check", "show", "code", "new", "run", "report", "compare"])
def test_every_verb_has_help_with_examples(capsys, verb):
    code, text, _ = run(capsys, verb, "--help")
    assert code == 0
    assert f"examples:\n  python -m experiments {verb}" in text


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("rnu",),
        ("run",),
        ("run", "small", "--all"),
        ("run", "small", "--repeats", "0"),
        ("run", "small", "--jobs", "many"),
        ("run", "small", "--only", "claims"),
        ("run", "small", "--only", "claimed", "--variant", "baseline"),
        ("run", "small", "--only", "slides"),
        ("run", "small", "--engine", "torch"),
        ("show",),
        ("compare", "small"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_no_traceback(project, capsys, arguments):
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("rnu", "small"), "did you mean 'run'?"),
        (("run", "small", "--protocol", "fersh"), "did you mean 'fresh'?"),
        (("run", "small", "--out", "configs/small.yaml"), "--out configs/small.yaml: expected a folder, found a file"),
        (("check", "unlike"), "python -m experiments list shows the studies"),
        (("check", "--results", "--out", "nothing"), "there are no results to check in nothing/"),
        (("compare", "small", "baseline", "baseline"), "two different variants of small, found baseline"),
        (("compare", "configs", "missing"), "there is no folder 'missing' to compare configs/ with"),
        (("run", "smal"), "did you mean 'small'"),
        (("run", "small", "--variant", "dropuot"), "did you mean 'dropout'"),
        (("run", "small", "--set", "training.epoch=3"), "epochs"),
        (("run", "missing.yaml"), "missing.yaml"),
        (("show", "small", "--variant", "dropuot"), "did you mean 'dropout'"),
        (("compare", "small", "baseline", "dropuot"), "did you mean 'dropout'"),
    ],
)
def test_unknown_names_are_exit_code_2_with_the_nearest(project, capsys, arguments, hint):
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert hint in errors
    assert not Path("results").exists()


@pytest.mark.parametrize(
    "arguments",
    [("run", "./...yaml"), ("run", "..yaml"), ("check", "...yaml"), ("run", "--all"), ("check",), ("show", "..")],
)
def test_a_study_named_like_a_folder_is_refused_and_nothing_is_written(project, capsys, arguments):
    text = (project / "configs" / "small.yaml").read_text()
    for path in ("...yaml", "..yaml", "configs/...yaml"):
        (project / path).write_text(text)
    notes = project / "history" / "my_notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    before = sorted(project.rglob("*"))
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert "a folder cannot be called '." in errors
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("name", ["con", "NUL", "..", ".", "a/b", "a.b", "Small", "x" * 101])
def test_new_refuses_a_name_that_no_study_can_have(project, capsys, name):
    before = sorted(project.rglob("*"))
    code, _, errors = run(capsys, "new", "small", name)
    assert code == 2
    assert errors
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "small", "--repeats", "1000000000"),
        ("run", "small", "--repeats", "1000000000", "--dry-run"),
        ("code", "small", "--variant", "baseline", "--repeat", "1000000000"),
    ],
)
def test_more_runs_than_a_machine_can_hold_are_refused(project, capsys, arguments):
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert "runs are asked for; at most 2,000,000 are allowed" in errors


def test_list_says_what_is_done(trained, capsys):
    code, text, _ = run(capsys, "list")
    assert code == 0
    assert re.search(r"small +Does the command line work\? +4 +16 +yes", text)
    _, text, _ = run(capsys, "list", "--out", "elsewhere")
    assert re.search(r"small .* no", text)


def test_list_goes_on_past_a_study_that_cannot_be_read(project, capsys):
    (project / "configs" / "broken.yaml").write_text("title: [")
    code, text, _ = run(capsys, "list")
    assert code == 0
    assert "check broken" in text
    assert "Does the command line work?" in text


def test_check_counts_or_says_what_is_wrong_everywhere(project, capsys):
    code, text, _ = run(capsys, "check")
    assert code == 0
    assert "all well" in text
    bad = (project / "configs" / "small.yaml").read_text().replace("units: 4", "unitz: 4")
    for name in ("one", "two"):
        (project / f"{name}.yaml").write_text(bad)
    code, _, errors = run(capsys, "check", "small", "one.yaml", "two.yaml")
    assert code == 2
    assert re.search(r"^one\.yaml:12:\d+ .*units", errors, re.M)
    assert re.search(r"^two\.yaml:12:\d+ .*units", errors, re.M)


@pytest.mark.slow
def test_check_build_finds_what_only_keras_refuses(project, capsys):
    study = project / "configs" / "small.yaml"
    shape = "  shape: {Reshape: {target_shape: [3]}}\n"
    study.write_text(study.read_text().replace("  output: {Dense", f"{shape}  output: {{Dense"))
    assert run(capsys, "check", "small")[0] == 0
    code, text, errors = run(capsys, "check", "small", "--build")
    assert (code, text) == (2, "")
    assert re.search(r"^configs/small\.yaml:13:\d+  model\.shape: .*\(variant 'baseline'\)$", errors, re.M)
    study.write_text(study.read_text().replace("[3]", "[4]"))
    code, text, errors = run(capsys, "check", "small", "--build")
    assert (code, errors) == (0, "")
    assert "all well" in text
    assert not Path("results").exists()


def test_show_marks_what_a_variant_changes(project, capsys):
    code, text, _ = run(capsys, "show", "small", "--variant", "dropout", "--set", "training.epochs=7")
    assert code == 0
    assert re.search(r"Dropout", text)
    assert re.search(r"epochs: 7", text)


def test_what_a_set_takes_away_is_left_out_with_a_line(project, capsys):
    line = "claim left out: dropout.test_accuracy > baseline.test_accuracy, because 'dropout' has no metric"
    change = ("--set", "training.metrics=[]")
    code, text, _ = run(capsys, "show", "small", *change)
    assert (code, f"# {line}" in text) == (0, True)
    code, text, _ = run(capsys, "run", "small", "--dry-run", *change)
    assert (code, f"small: {line}" in text) == (0, True)


def test_new_copies_a_study_and_never_overwrites(project, capsys):
    code, text, _ = run(capsys, "new", "small", "mine")
    assert code == 0
    assert "python -m experiments run mine" in text
    copied = (project / "configs" / "mine.yaml").read_text()
    assert "experiments run mine" in copied
    code, _, errors = run(capsys, "new", "small", "mine")
    assert code == 2
    assert "already exists" in errors
    code, _, _ = run(capsys, "new", "small", "../mine")
    assert code == 2


def test_dry_run_says_what_would_run_and_touches_nothing(project, capsys):
    code, text, _ = run(capsys, "run", "--all", "--dry-run", "--protocol", "fresh", "--repeats", "3")
    assert code == 0
    assert re.search(r"small +0 +12", text)
    assert not Path("results").exists()


def test_run_and_run_again(project, capsys, fake_training):
    code, text, errors = run(capsys, "run", "small", "--device", "cpu", "--jobs", "2")
    assert errors == ""
    assert code == 0
    assert text.startswith("CPU, 2 workers\n0 done, 16 to run\n")
    assert re.search(r"16 runs in [\d.]+ s \(16 xla\), 0 failed, 0 done before", text)
    code, text, _ = run(capsys, "run", "small")
    assert (code, text) == (0, "16 done, nothing to run\n")


def test_only_what_claims_name(project, capsys):
    code, text, _ = run(capsys, "run", "--all", "--only", "claimed", "--dry-run", "--repeats", "1")
    assert code == 0
    assert re.search(r"small +0 +4\b", text)


def test_set_without_out_writes_to_a_folder_of_its_own(project, capsys, fake_training):
    code, _, _ = run(capsys, "run", "small", "--set", "training.epochs=4", "--device", "cpu")
    assert code == 0
    (folder,) = (path for path in Path("results").iterdir() if path.is_dir())
    assert re.fullmatch(r"small@[0-9a-f]{8}", folder.name)
    code, _, _ = run(capsys, "run", "small", "--set", "training.epochs=4", "--out", "other", "--device", "cpu")
    assert code == 0
    assert Path("other/small/runs.csv").is_file()


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_set_with_out_does_not_replace_results_of_the_unchanged_study(project, capsys, fake_training, how):
    assert run(capsys, "run", "small", "--device", "cpu", "--repeats", "1")[0] == 0
    before = Path("results/small/runs.csv").read_bytes()
    change = ("--set", "model.hidden.units=5", "--out", "results", "--device", "cpu", *how)
    code, _, errors = run(capsys, "run", "small", *change)
    assert code == 2
    assert re.search(
        r"^results.small/ has 8 runs of configs.small\.yaml without --set, .* results/small@[0-9a-f]{8}/$", errors, re.M
    )
    assert Path("results/small/runs.csv").read_bytes() == before
    code, _, errors = run(capsys, "run", "small", "--variant", "baseline", *change[:2], "--out", "other", *change[4:])
    assert (code, errors) == (0, "")


def test_variants_protocol_and_repeats_choose_runs(project, capsys, fake_training):
    options = ("--variant", "baseline", "--variant", "rate", "--protocol", "published", "--repeats", "1")
    code, text, _ = run(capsys, "run", "small", *options, "--device", "cpu")
    assert code == 0
    assert "0 done, 3 to run" in text


def test_two_files_of_one_name_are_refused(project, capsys):
    (project / "small.yaml").write_text((project / "configs" / "small.yaml").read_text())
    code, _, errors = run(capsys, "run", "small", "small.yaml")
    assert code == 2
    assert "both write" in errors


def test_compare_variants_and_folders(trained, capsys):
    code, text, _ = run(capsys, "compare", "small", "baseline", "dropout", "rate", "--metric", "test_accuracy")
    assert code == 0
    assert {"baseline", "dropout", "rate[rate=0.1]", "rate[rate=0.2]"} <= set(re.findall(r"[\w=.\[\]]+", text))
    code, _, errors = run(capsys, "compare", "small", "baseline", "dropout", "--metric", "test_acuracy")
    assert code == 2
    assert "did you mean 'test_accuracy'" in errors
    code, text, _ = run(capsys, "compare", "results", "results")
    assert code == 0
    assert re.search(r"(\d+) of \1 comparisons are identical", text)


def test_report_without_results_says_what_to_do(project, capsys):
    code, _, errors = run(capsys, "report")
    assert code == 2
    assert "experiments run" in errors


def test_each_of_several_studies_runs_the_variants_it_has(project, capsys):
    text = Path("configs/small.yaml").read_text()
    for before, after in (
        ("  dropout:", "  other_dropout:"),
        ("from: ", "from: other_"),
        ("expect: ", "expect: other_"),
    ):
        text = text.replace(before, after)
    Path("configs/other.yaml").write_text(text)
    code, printed, errors = run(
        capsys, "run", "small", "other", "--variant", "dropout", "other_dropout", "--repeats", "1", "--dry-run"
    )
    assert (code, errors) == (0, "")
    assert re.search(r"small +0 +2", printed) and re.search(r"other +0 +2", printed)
    assert run(capsys, "run", "small", "other", "--variant", "drop", "--dry-run")[0] == 2
