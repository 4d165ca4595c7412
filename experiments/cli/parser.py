"""The verbs of the command line and their options.

Each verb is a function in one of the ``_verb`` modules, which import the other packages only inside: ``--help`` imports
none of them. A new verb is such a function and an ``_add_`` function here.
"""

from __future__ import annotations

import argparse
import re
from difflib import get_close_matches
from typing import NoReturn, TypeAlias

from experiments.cli import compare_verb, new_verb, run_verbs, study_verbs
from experiments.cli.exit_codes import EXPLANATION
from experiments.protocols import PROTOCOLS, TUNED

_RUN = "python -m experiments"
_WRONG_CHOICE = re.compile(r"invalid choice: '(?P<found>.*)' \(choose from (?P<choices>.*)\)")
_Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"


class _Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest of the choices."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, with the choice that is nearest to a wrong one, and exit with code 2."""
        wrong = _WRONG_CHOICE.search(message)
        near = get_close_matches(wrong["found"], re.findall(r"[\w-]+", wrong["choices"]), n=1) if wrong else []
        super().error(message + (f"; did you mean {near[0]!r}?" if near else ""))


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; ``command`` of the parsed arguments is the function of the verb."""
    parser = _Parser(
        prog=_RUN,
        description="Case studies of deep learning: YAML in, 30 seeds, honest intervals, verdicts out.",
        epilog=_examples(
            "list                     which studies there are and what is done",
            "run dropout              train what is missing of one study, write its page",
            "run --all                the same for every study",
            "compare dropout baseline dropout",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True, title="verbs")
    for add in (_add_list, _add_check, _add_show, _add_code, _add_new, _add_run, _add_report, _add_compare):
        add(verbs)
    return parser


def _add_list(verbs: _Verbs) -> None:
    about = "studies in configs/ and shipped ones: question, variants, runs, done or not"
    verb = _add(verbs, "list", about, "list", "list --out results/quick")
    _add_out(verb)
    verb.set_defaults(command=study_verbs.list_studies)


def _add_check(verbs: _Verbs) -> None:
    examples = (
        "check",
        "check dropout",
        "check configs/mine.yaml other/idea.yaml",
        "check dropout --build",
        "check --results",
    )
    verb = _add(verbs, "check", "validate studies, or the files of their results; train nothing", *examples)
    verb.add_argument("studies", nargs="*", metavar="STUDY|FILE", help="all studies when none is named")
    verb.add_argument("--build", action="store_true", help=_BUILD)
    verb.add_argument(
        "--results", action="store_true", help="check that tables and curves are as they were written, by checksums"
    )
    _add_out(verb)
    verb.set_defaults(command=study_verbs.check_studies)


def _add_show(verbs: _Verbs) -> None:
    examples = "show dropout", "show dropout --variant dropout_with_max_norm", "show dropout --set training.epochs=10"
    verb = _add(verbs, "show", "the resolved configuration, changes against the base marked", *examples)
    _add_study(verb)
    verb.add_argument("--variant", metavar="V", help="this variant only")
    _add_sets(verb)
    verb.set_defaults(command=study_verbs.show_study)


def _add_code(verbs: _Verbs) -> None:
    verb = _add(
        verbs,
        "code",
        "a variant as a plain Keras script that needs nothing of this project",
        "code dropout --variant dropout > dropout.py",
        "code dropout --variant 'rate[rate=0.4]' --protocol fresh",
        "code dropout --variant dropout --exact > exact.py",
    )
    _add_study(verb)
    verb.add_argument("--variant", metavar="V", required=True, help="variant or grid point")
    verb.add_argument("--protocol", choices=PROTOCOLS, default="published", help="default: published")
    verb.add_argument("--repeat", type=_not_negative, default=0, metavar="K", help="which repeat, from 0; its seed")
    verb.add_argument(
        "--exact", action="store_true", help="a longer script whose numbers equal those of run --engine keras"
    )
    _add_sets(verb)
    verb.set_defaults(command=study_verbs.show_code)


def _add_new(verbs: _Verbs) -> None:
    verb = _add(
        verbs,
        "new",
        "copy a study, comments and all, or write a first study of a table",
        "new dropout my_dropout",
        "new --data housing.csv --target price my_study",
    )
    verb.add_argument("study", metavar="STUDY", nargs="?", help="the study to copy: a name in configs/ or a YAML file")
    verb.add_argument("--data", metavar="FILE", help="a table to study instead: CSV, TSV or Parquet")
    verb.add_argument(
        "--target", metavar="COLUMN", action="append", help="the column of the table to predict; may be repeated"
    )
    verb.add_argument("name", metavar="NAME", help="of the new study: configs/NAME.yaml")
    verb.set_defaults(command=new_verb.new_study)


def _add_run(verbs: _Verbs) -> None:
    verb = _add(
        verbs,
        "run",
        "train what is not done yet, then write tables, figures and pages",
        "run dropout",
        "run --all",
        "run dropout --variant baseline --variant rate --repeats 5",
        "run --all --only claimed --repeats 3 --out results/quick",
        "run dropout --set training.epochs=500 --set model.hidden.units=50",
        "run dropout --decide",
        "run --all --dask tls://head:8786",
        "run configs/mine.yaml --dry-run",
    )
    verb.add_argument("studies", nargs="*", metavar="STUDY|FILE", help="names of studies or YAML files")
    verb.add_argument("--all", action="store_true", help="every study in configs/, or else every shipped one")
    which = verb.add_mutually_exclusive_group()
    which.add_argument("--variant", nargs="+", action="extend", metavar="V", help="these variants or grids only")
    which.add_argument("--only", choices=("claimed", "slides"), help=_ONLY)
    repeats = verb.add_mutually_exclusive_group()
    repeats.add_argument("--repeats", type=_positive, metavar="N", help="instead of the number in the YAML")
    repeats.add_argument("--decide", action="store_true", help=_DECIDE)
    _add_sets(verb)
    verb.add_argument(
        "--jobs", type=_positive, metavar="N", help="worker processes on the CPU; default: one for each core"
    )
    verb.add_argument("--dask", metavar="ADDRESS", help=_DASK)
    verb.add_argument("--insecure", action="store_true", help="with --dask: accept another machine without TLS")
    verb.add_argument("--protocol", choices=(*PROTOCOLS, "both", TUNED, "all"), default="both", help=_PROTOCOL)
    verb.add_argument("--engine", choices=("compiled", "keras"), default="compiled", help="keras: plain model.fit")
    verb.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help=_DEVICE)
    _add_out(verb, "; with --set results/<study>@<hash>/")
    verb.add_argument("--force", action="store_true", help="train finished runs again")
    verb.add_argument("--dry-run", action="store_true", help="print how many runs are done and to run; train nothing")
    verb.add_argument("--fail-fast", action="store_true", help="stop at the first run that raises")
    verb.epilog = f"{verb.epilog}\n\n{EXPLANATION}"
    verb.set_defaults(command=run_verbs.run)


def _add_report(verbs: _Verbs) -> None:
    examples = "report", "report dropout", "report --out results/quick"
    verb = _add(verbs, "report", "tables, figures and pages again, from what is in results/", *examples)
    verb.add_argument("studies", nargs="*", metavar="STUDY|FILE", help="all studies with results when none is named")
    verb.add_argument("--jobs", type=_positive, metavar="N", help="worker processes; default: one for each core")
    _add_out(verb)
    verb.set_defaults(command=run_verbs.write_report)


def _add_compare(verbs: _Verbs) -> None:
    verb = _add(
        verbs,
        "compare",
        "variants side by side with paired differences, or two folders of results",
        "compare dropout baseline dropout",
        "compare dropout baseline rate --metric test_accuracy --page results/rates.html",
        "compare results results/quick --page results/changes.html",
        "compare dropout dropout@1f3a9c2e",
    )
    verb.add_argument("what", metavar="STUDY|DIR1", help="a study, a results folder, or the folder of a study")
    others_help = "variants against the first, or a folder of the same kind; STUDY@HASH is that of a run with --set"
    verb.add_argument("others", nargs="+", metavar="VARIANT|DIR2", help=others_help)
    verb.add_argument("--metric", action="append", metavar="M", help="a column of runs.csv; may be repeated")
    verb.add_argument(
        "--page", metavar="FILE", help="write the comparison as a page as well, such as results/compare.html"
    )
    _add_out(verb)
    verb.set_defaults(command=compare_verb.compare)


_BUILD = "also build the data and the model of every variant, as run does before it trains; imports TensorFlow"
_PROTOCOL = "default: both, published and fresh; tuned: each variant at its own best rate; all: these three"
_DEVICE = "auto: a GPU, where there is one, for large networks, and the CPU for all others; gpu or cpu: for all runs"
_DASK = (
    "train on the workers of a Dask cluster: the address of its scheduler, its scheduler file, or local:N for N "
    "workers on this machine"
)
_DECIDE = "look at the verdicts after 30, 100 and 300 repeats, and add repeats to the variants of open claims only"
_ONLY = (
    "claimed: the variants that claims name, without grids that need a program for each value; "
    "slides: of the decks' case studies what the slides show"
)


def _add(verbs: _Verbs, name: str, help_text: str, *examples: str) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name,
        help=help_text,
        description=f"{help_text[0].upper()}{help_text[1:]}.",
        epilog=_examples(*examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _examples(*lines: str) -> str:
    return "\n".join(["examples:", *(f"  {_RUN} {line}" for line in lines)])


def _add_study(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("study", metavar="STUDY", help="the name of a study or a YAML file")


def _add_out(verb: argparse.ArgumentParser, note: str = "") -> None:
    verb.add_argument("--out", metavar="DIR", help=f"the results folder; default: results{note}")


def _add_sets(verb: argparse.ArgumentParser) -> None:
    help_text = "a change to every variant, applied last; may be repeated"
    verb.add_argument("--set", action="append", default=[], dest="sets", metavar="PATH=VALUE", help=help_text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text!r}")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, found {text!r}")
    return int(text)
