"""One run as a plain Keras script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.script.loop import ORDERS, SHUFFLED, Training
from experiments.script.network import compile_source, network_source, uses_own_constraint
from experiments.script.rows import Rows
from experiments.script.seeds import Seeds
from experiments.script.writing import borrowed, indented, statement
from experiments.seeds import derive_seed

if TYPE_CHECKING:
    from experiments.language.configuration import Configuration, Pretraining
    from experiments.language.study import Run

_HEAD = '''"""One run of the study {study} as a plain Keras script.

Variant: {variant}. Protocol: {protocol}. Repeat: {repeat}.
It gives what `python -m experiments run {study} --engine keras` gives for this run, and needs nothing but Keras on
TensorFlow and scikit-learn. Every random thing has a seed of its own, written out.
"""'''

_IMPORTS = {
    "keras.": "import keras",
    "np.": "import numpy as np",
    "tf.": "import tensorflow as tf",
    "ops.": "from keras import ops",
    "keras_draws.": "from keras.src.backend.tensorflow import random as keras_draws",
    "MonitorCallback": "from keras.src.callbacks.monitor_callback import MonitorCallback",
    "draw_seed": "from keras.src.random.seed_generator import draw_seed",
}
_STANDARD = {
    "math.ceil": "import math",
    "deque": "from collections import deque",
    "Mapping": "from collections.abc import Mapping",
    "pairwise": "from itertools import pairwise",
    "Any": "from typing import Any",
}

_START = """# Start from the weights of the source problem.
start = pretrained_weights()
for layer in model.layers:
    weights = start.get(layer.name, [])
    if weights and [weight.shape for weight in weights] == [tuple(weight.shape) for weight in layer.weights]:
        layer.set_weights(weights)"""

_MEMBER_PREDICTS = """for name, (x, y) in rows.items():
    predictions.setdefault(name, []).append(model.predict(x, verbose=0))"""

_SCORER = "scorer = keras.Sequential([keras.layers.Identity()])"

_MEAN_SCORES = """for name, (x, y) in rows.items():
    mean = np.mean(predictions[name], axis=0)
    for metric, score in scorer.evaluate(mean, y, verbose=0, return_dict=True).items():
        print(f"{name}_{metric} = {score}")"""


def plain_script(run: Run) -> str:
    """Write a run as a script that needs nothing of this project.

    Args:
        run: A run of any study; its engine plays no part, the script trains with ``model.fit``.

    Returns:
        Source that prints a line ``<set>_<metric> = <value>`` for every score. TensorFlow is not imported for it.

    Raises:
        ExperimentsError: An ensemble of pretrained or noisily updated networks, which no such script can show simply.
    """
    _refuse_what_is_too_much(run.config)
    problem = _Problem(run.config, run.protocol, run.seed, run.seed)
    if run.config.ensemble:
        return _assembled(run, problem.classes(), *_ensemble(problem, run))
    if run.config.pretrain is not None:
        source = _source_problem(run, run.config.pretrain)
        classes = list(dict.fromkeys([*source.classes(), *problem.classes()]))
        return _assembled(run, classes, *_pretrained(problem, source))
    return _assembled(run, problem.classes(), *problem.single())


def _refuse_what_is_too_much(config: Configuration) -> None:
    several = bool(config.ensemble) or config.pretrain is not None
    noisy = bool(Training(config, Seeds(0)).generators())
    if (config.ensemble and config.pretrain is not None) or (several and noisy):
        raise ExperimentsError(
            "ensembles of pretrained networks, and several networks with noise on weights or gradients, "
            "cannot be written as a plain script"
        )


class _Problem:
    """Rows, network and training of one configuration."""

    def __init__(self, config: Configuration, protocol: str, data_seed: int, seed: int, table: str = "") -> None:
        self.config = config
        self.seeds = Seeds(seed, table)
        self.rows = Rows(config, protocol, data_seed)
        self.training = Training(config, self.seeds)

    def classes(self) -> list[str]:
        own = (
            [borrowed("model/constraints.py", ("RadialConstraint", "_sources"))]
            if uses_own_constraint(self.config)
            else []
        )
        shuffled = [borrowed("training/randomness.py", ORDERS), SHUFFLED] if self.training.shuffles else []
        return [*own, *self.training.classes(), *shuffled]

    def network(self) -> str:
        lines = self.training.generators()
        network = network_source(self.config, self.seeds, self.training.model_class)
        compiled = compile_source(self.config, self.training.optimizer_class, self.training.compiles)
        return "\n".join([*lines, network, compiled])

    def single(self) -> tuple[Rows, list[str]]:
        return self.rows, [
            "# The rows\n" + self.rows.source(),
            "# The network\n" + self.network(),
            "# The training\n" + self.training.source(),
            "# The scores\n" + self.training.scores(),
        ]


def _source_problem(run: Run, pretrain: Pretraining) -> _Problem:
    seed = derive_seed(0 if pretrain.once else run.seed, "pretrain")
    return _Problem(pretrain.config, run.protocol, seed, seed)


def _pretrained(problem: _Problem, source: _Problem) -> tuple[Rows, list[str]]:
    _, (rows, network, training, _) = source.single()
    result = "return {layer.name: layer.get_weights() for layer in model.layers}"
    body = indented("\n\n".join([rows, network, training, result]))
    function = f'def pretrained_weights():\n    """Train the network on the source problem first."""\n{body}\n'
    problem.rows.imports = {
        module: names | source.rows.imports[module] for module, names in problem.rows.imports.items()
    }
    _, (rows, network, training, scores) = problem.single()
    return problem.rows, [function, rows, network, _START, training, scores]


def _ensemble(problem: _Problem, run: Run) -> tuple[Rows, list[str]]:
    member = _Problem(run.config, run.protocol, run.seed, run.seed, table="seeds")
    body = indented("\n\n".join([member.network(), member.training.source(), _MEMBER_PREDICTS]))
    numbers = [
        member.seeds.numbers(derive_seed(run.seed, "member", index)) for index in range(run.config.ensemble or 0)
    ]
    scorer = compile_source(run.config, problem.training.optimizer_class, "False", "scorer")
    return problem.rows, [
        "# The rows\n" + problem.rows.source(),
        "# The seeds of each member's weights and orders\n" + statement("members = ", numbers),
        f"# The members, one after another\npredictions = {{}}\nfor seeds in members:\n{body}",
        f"# The scores of their mean prediction\n{_SCORER}\n{scorer}\n{_MEAN_SCORES}",
    ]


def _assembled(run: Run, classes: list[str], rows: Rows, sections: list[str]) -> str:
    body = "\n\n\n".join(classes) + ("\n\n\n" if classes else "") + "\n\n".join(sections)
    names = {"study": _harmless(run.study), "variant": _harmless(run.variant)}
    head = _HEAD.format(**names, protocol=run.protocol, repeat=run.repeat)
    third = [line for sign, line in _IMPORTS.items() if sign in body]
    third += [f"from {module} import {', '.join(sorted(names))}" for module, names in rows.imports.items() if names]
    standard = [line for sign, line in _STANDARD.items() if sign in body]
    imports = "\n\n".join("\n".join(block) for block in (standard, third) if block)
    between = "\n\n\n" if classes else "\n\n"
    return f"{head}\n\n{imports}{between}{body}\n"


def _harmless(name: str) -> str:
    """Keep a name from ending the text it stands in, or the line, or the file, as a NUL does."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown.replace("\\", "/").replace('"', "'")
