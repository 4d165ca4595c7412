"""One run as the script a lecturer would write: Keras and scikit-learn, from the rows to the scores."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from experiments.language.allowed import OWN_TRIGGERS
from experiments.language.metrics import has_fresh_rows, metric_names
from experiments.model.recipe import Recipe, recipe_of
from experiments.script.borrowing import borrowed, borrowed_triggers
from experiments.script.exact_rows import is_part_of_a_longer_call
from experiments.script.plain_callbacks import BEST_FILE, PLAIN_TRIGGERS, callback_of, changing_optimizer, weight_noise
from experiments.script.plain_network import compile_line, network_lines
from experiments.script.plain_rows import PlainRows
from experiments.script.writing import Invocation, Raw, assembled, harmless, indented, statement

if TYPE_CHECKING:
    from experiments.language.configuration import Configuration
    from experiments.language.study import Run

_KEEP = "pretrained = {layer.name: layer.get_weights() for layer in model.layers}"

_TRANSFER = """# Start from the pretrained weights where a layer has the same name and shapes.
for layer in model.layers:
    start = pretrained.get(layer.name, [])
    if [weight.shape for weight in start] == [tuple(weight.shape) for weight in layer.weights]:
        layer.set_weights(start)"""

_MEAN = """# The mean of their predictions
inputs = keras.Input(shape=x_train.shape[1:])
model = keras.Model(inputs, keras.layers.Average()([member(inputs) for member in members]))"""


def plain_script(run: Run) -> str:
    """Write a run as a script of idiomatic Keras.

    Rows are the study's own. Keras draws weights and batches from ``set_random_seed``, so the scores are those of
    another repeat. The docstring of the script names what it leaves out.

    Args:
        run: A run of any study; its engine plays no part, the script trains with ``model.fit``.

    Returns:
        Source that prints the scores of every set. TensorFlow is not imported for it.
    """
    config = run.config
    named = config.pretrain is not None or bool(config.freeze)
    problem = _PlainTraining(config, run.protocol, run.seed, named=named)
    problems = [problem]
    body: list[str] = []
    if config.pretrain is not None:
        seed = config.pretrain.seed(run.seed)
        source = _PlainTraining(config.pretrain.config, run.protocol, seed, named=True, prefix="Pretraining")
        problems.append(source)
        body += [f"# The source problem\n{source.rows_text()}", *source.sections(), _KEEP]
    once = config.pretrain is None or config.pretrain.once
    shared = len(body) + 1 if once else 0  # of an ensemble's sections: what serves all members
    body += [f"# Rows\n{problem.rows_text()}", *problem.sections(_TRANSFER if body else "")]
    if config.ensemble:
        member = "\n\n".join([*body[shared:], "members.append(model)"])
        loop = f"members = []\nfor _ in range({config.ensemble}):\n{indented(member)}"
        body = [*body[:shared], loop, _MEAN + "\n" + compile_line(problem.recipe, optimizer_class="")]
    body.append(problem.scores(keeps_best=not config.ensemble))
    definitions = [text for each in problems for text in each.definitions()]
    seed_line = f"keras.utils.set_random_seed({run.seed})"
    return assembled(_head(run, problem), definitions, [seed_line, *body], [each.rows.imports for each in problems])


def _head(run: Run, problem: _PlainTraining) -> str:
    left_out = f"Left out: {'; '.join(_left_out(run.config, problem.recipe))}."
    sources = problem.rows.sources.values()
    drawn_longer = run.protocol == "fresh" and any(is_part_of_a_longer_call(source) for source in sources)
    kind = "like those" if drawn_longer else "those"
    lines = [
        f"Variant {harmless(run.variant)} of the study {harmless(run.study)} in plain Keras.",
        "",
        f"The rows are {kind} of repeat {run.repeat}, {run.protocol} protocol. Keras draws weights and batches.",
        *([f"It reads {harmless(problem.rows.table.file)} with pandas."] if problem.rows.table else []),
        *textwrap.wrap(left_out, 116, break_long_words=False, break_on_hyphens=False),
        "`code --exact` prints a longer script whose numbers equal the study's.",
    ]
    return "\n".join(lines)


def _left_out(config: Configuration, recipe: Recipe) -> list[str]:
    """List the columns of runs.csv that the script prints no value for, by family."""
    names = metric_names(config)
    has_penalties = any(
        layer.name == "ActivityRegularization" or any(key.endswith("_regularizer") for key, _ in layer.nested)
        for layer in recipe.layers
    )
    words = config.record.all_words
    families = {
        "scores on 10,000 fresh rows": has_fresh_rows(config),
        "the squared error in the targets' original units": any("mse_original" in name for name in names),
        "the loss without penalties (`evaluate` includes them)": has_penalties,
        "the best score over the epochs": any(name.startswith("best_watched_") for name in names),
        "mean scores of the members": any(name.startswith("member_") for name in names),
        "scores of the members' best weights": bool(config.ensemble) and "best_train_loss" in names,
        f"what `record` measures ({', '.join(words)})": bool(words),
        "epochs and seconds": True,
    }
    return [family for family, is_there in families.items() if is_there]


class _PlainTraining:
    """Rows, network and training of one configuration.

    Args:
        config: Resolved configuration.
        protocol: "published" or "fresh".
        seed: Seed of the rows.
        named: Whether the layers need their names.
        prefix: Start of the names of classes that the training defines.
    """

    def __init__(self, config: Configuration, protocol: str, seed: int, *, named: bool, prefix: str = "") -> None:
        self.recipe: Recipe = recipe_of(config)
        self.rows = PlainRows(config, protocol, seed)
        self._named = named
        self._prefix = prefix
        self._seed = seed

    def definitions(self) -> Iterator[str]:
        """Yield the classes that the training needs and Keras lacks."""
        if any(call.name == "RadialConstraint" for layer in self.recipe.layers for _, call in layer.nested):
            yield borrowed("model/keras_classes.py")
        triggers = [call.name for call in self.recipe.callbacks if call.name in OWN_TRIGGERS]
        yield from borrowed_triggers(name for name in triggers if name not in PLAIN_TRIGGERS)
        if self.recipe.training.weight_noise:
            yield weight_noise(f"{self._prefix}WeightNoise", self.recipe.training.weight_noise)
        optimizer, changes = self.recipe.optimizer_and_changes()
        if changes:
            yield changing_optimizer(self._optimizer_class(), optimizer, changes, self._seed)

    def _optimizer_class(self) -> str:
        optimizer, changes = self.recipe.optimizer_and_changes()
        return f"{self._prefix}Changing{optimizer.name}" if changes else optimizer.callee

    def rows_text(self) -> str:
        """Write the rows."""
        return "\n".join(self.rows.lines())

    def sections(self, after_building: str = "") -> list[str]:
        """Write network and training.

        Args:
            after_building: Statements between the two.
        """
        network = [*network_lines(self.recipe, named=self._named), compile_line(self.recipe, self._optimizer_class())]
        further = [after_building] if after_building else []
        return ["\n".join(["# Network", *network]), *further, "\n".join(["# Training", *self._training()])]

    def _training(self) -> Iterator[str]:
        training = self.recipe.training
        callbacks: list[Any] = []
        for index, call in enumerate(self.recipe.callbacks):
            definition, callback = callback_of(call, index, training.validation_freq)
            yield from definition
            callbacks.append(callback)
        if training.weight_noise:
            callbacks.append(Invocation(f"{self._prefix}WeightNoise"))
        watched = training.validate_on
        named = {
            "batch_size": Raw("len(x_train)") if training.batch_size == "all" else training.batch_size,
            "epochs": training.epochs,
            **({} if training.shuffle else {"shuffle": False}),
            **({} if watched == "none" else {"validation_data": (Raw(f"x_{watched}"), Raw(f"y_{watched}"))}),
            **({} if training.validation_freq == 1 else {"validation_freq": training.validation_freq}),
            **({"callbacks": callbacks} if callbacks else {}),
            "verbose": 0,
        }
        yield statement("", Invocation("model.fit", (Raw("x_train"), Raw("y_train")), named))

    def scores(self, *, keeps_best: bool) -> str:
        """Write the evaluation of the last weights, and of the best where a callback keeps them.

        Args:
            keeps_best: Whether the best weights of the training can be loaded into ``model``.
        """
        lines = ["# Scores", *self._evaluations("")]
        if keeps_best and any(call.name == "ModelCheckpoint" for call in self.recipe.callbacks):
            lines += [f'model.load_weights("{BEST_FILE}")', *self._evaluations("best ")]
        return "\n".join(lines)

    def _evaluations(self, prefix: str) -> list[str]:
        return [
            f'print("{prefix}{name}", model.evaluate(x_{name}, y_{name}, verbose=0, return_dict=True))'
            for name in self.rows.sets
        ]
