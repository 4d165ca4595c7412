"""One run as a Keras script whose numbers equal those of ``run --engine keras``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.model.recipe import Recipe, recipe_of
from experiments.script.borrowing import borrowed
from experiments.script.exact_network import compile_source, network_source
from experiments.script.exact_rows import ExactRows
from experiments.script.exact_training import ExactTraining
from experiments.script.seed_texts import Seeds
from experiments.script.writing import assembled, harmless, indented, statement
from experiments.seeds import derive_seed

if TYPE_CHECKING:
    from experiments.language.configuration import Configuration, Pretraining
    from experiments.language.study import Run

_HEAD = """One run of the study {study} as a Keras script.

Variant: {variant}. Protocol: {protocol}. Repeat: {repeat}.
Its numbers equal those of `python -m experiments run {study} --engine keras` for this run. It needs nothing but Keras
on TensorFlow and scikit-learn. Every random draw has a seed of its own, written out."""

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


def exact_script(run: Run) -> str:
    """Write a run as a script with the project's own draws and orders, every seed written out.

    Args:
        run: A run of any study; its engine plays no part, the script trains with ``model.fit``.

    Returns:
        Source that prints a line ``<set>_<metric> = <value>`` for every score. TensorFlow is not imported for it.

    Raises:
        ExperimentsError: An ensemble of pretrained or noisily updated networks, for which there is no exact script.
    """
    config = run.config
    problem = _ExactProblem(config, run.protocol, run.seed)
    problems = [problem] if config.pretrain is None else [_source_problem(config.pretrain, run), problem]
    _refuse(config, problems)
    if config.ensemble:
        sections = _ensemble(config, problem, run)
    elif config.pretrain is not None:
        sections = _pretrained(*problems)
    else:
        sections = problem.sections()
    head = _HEAD.format(
        study=harmless(run.study), variant=harmless(run.variant), protocol=run.protocol, repeat=run.repeat
    )
    files = dict.fromkeys(each.rows.table.file for each in problems if each.rows.table is not None)
    head += "".join(f"\nIt reads {harmless(file)} with pandas." for file in files)
    classes = [text for each in problems for text in each.classes()]
    return assembled(head, classes, sections, [each.rows.imports for each in problems])


def _refuse(config: Configuration, problems: list[_ExactProblem]) -> None:
    several = bool(config.ensemble) or config.pretrain is not None
    noisy = any(problem.training.generators() for problem in problems)
    if (config.ensemble and config.pretrain is not None) or (several and noisy):
        raise ExperimentsError(
            "ensembles of pretrained networks, and several networks with noise on weights or gradients, "
            "have no exact script; leave --exact away"
        )


class _ExactProblem:
    """Rows, network and training of one configuration.

    Args:
        config: Resolved configuration.
        protocol: "published" or "fresh".
        seed: Seed of the run.
        table: Name of the dict in the script that seeds are looked up in; "" writes the numbers themselves.
    """

    def __init__(self, config: Configuration, protocol: str, seed: int, table: str = "") -> None:
        self.recipe: Recipe = recipe_of(config)
        self.seeds = Seeds(seed, table)
        self.rows = ExactRows(config, protocol, seed)
        self.training = ExactTraining(self.recipe, self.seeds)

    def classes(self) -> list[str]:
        """Write the classes that Keras lacks."""
        nested = [call for layer in self.recipe.layers for _, call in layer.nested]
        radial = any(call.name == "RadialConstraint" for call in nested)
        return [*([borrowed("model/keras_classes.py")] if radial else []), *self.training.classes()]

    def network(self) -> str:
        """Write the network and its compilation."""
        network = network_source(self.recipe, self.seeds, self.training.model_class)
        compiled = compile_source(self.recipe, self.training.optimizer_class, self.training.compiles)
        return "\n".join([*self.training.generators(), network, compiled])

    def sections(self) -> list[str]:
        """Write rows, network, training and scores."""
        return [
            "# The rows\n" + self.rows.source(),
            "# The network\n" + self.network(),
            "# The training\n" + self.training.source(),
            "# The scores\n" + self.training.scores(),
        ]


def _source_problem(pretrain: Pretraining, run: Run) -> _ExactProblem:
    return _ExactProblem(pretrain.config, run.protocol, pretrain.seed(run.seed))


def _pretrained(source: _ExactProblem, problem: _ExactProblem) -> list[str]:
    result = "return {layer.name: layer.get_weights() for layer in model.layers}"
    body = indented("\n\n".join([*source.sections()[:-1], result]))
    function = f'def pretrained_weights():\n    """Train the network on the source problem first."""\n{body}\n'
    rows, network, training, scores = problem.sections()
    return [function, rows, network, _START, training, scores]


def _ensemble(config: Configuration, problem: _ExactProblem, run: Run) -> list[str]:
    member = _ExactProblem(config, run.protocol, run.seed, table="seeds")
    body = indented("\n\n".join([member.network(), member.training.source(), _MEMBER_PREDICTS]))
    numbers = [member.seeds.numbers(derive_seed(run.seed, "member", index)) for index in range(config.ensemble or 0)]
    scorer = compile_source(problem.recipe, problem.training.optimizer_class, "False", "scorer")
    return [
        "# The rows\n" + problem.rows.source(),
        "# The seeds of each member's weights and orders\n" + statement("members = ", numbers),
        f"# The members, one after another\npredictions = {{}}\nfor seeds in members:\n{body}",
        f"# The scores of their mean prediction\n{_SCORER}\n{scorer}\n{_MEAN_SCORES}",
    ]
