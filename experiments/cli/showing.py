"""``show``, ``code`` and ``new``: a study resolved, as a plain script, or as the start of one's own."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from experiments.errors import ExperimentsError


def show_study(arguments: Namespace) -> int:
    """Print the resolved configuration of the base, or of the variants that a name stands for."""
    from experiments.language import load_study
    from experiments.language.render import show_study as render

    study = load_study(arguments.study, sets=arguments.sets)
    chosen = study.select([arguments.variant]) if arguments.variant else [None]
    sys.stdout.write("\n".join(render(study, variant) for variant in chosen))
    return 0


def show_code(arguments: Namespace) -> int:
    """Print one run as a script."""
    from experiments.language import load_study
    from experiments.script import plain_script

    study = load_study(arguments.study, sets=arguments.sets)
    variant, *others = study.select([arguments.variant])
    if others:
        names = ", ".join(repr(point.name) for point in (variant, *others))
        raise ExperimentsError(f"{arguments.variant!r} is a grid; a script trains one of its points: {names}")
    if arguments.protocol not in variant.protocols:
        raise ExperimentsError(f"{variant.name} runs under {' and '.join(variant.protocols)} only")
    runs = study.runs(
        variants=[variant.name], protocols=[arguments.protocol], repeats=arguments.repeat + 1, engine="keras"
    )
    sys.stdout.write(plain_script(runs[-1]))
    return 0


def new_study(arguments: Namespace) -> int:
    """Write the copy beside the other studies and say what to do with it."""
    from experiments.language import configs_folder, load_study, study_names
    from experiments.language.names import case_twins, twins_message
    from experiments.language.render import new_study as render
    from experiments.store.files import write_atomically

    text = render(load_study(arguments.study), arguments.name)
    path: Path = configs_folder() / f"{arguments.name}.yaml"
    twins = case_twins([*study_names(), arguments.name])
    if twins:
        raise ExperimentsError(twins_message(*twins[0]))
    if path.exists():
        raise ExperimentsError(f"{path} is there already; choose another name or edit it")
    write_atomically(path, text)
    print(f"{path} is yours to edit. Then:")
    print(f"  python -m experiments check {arguments.name}")
    print(f"  python -m experiments run {arguments.name}")
    return 0
