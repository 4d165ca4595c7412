"""The text of a first study of a user's own table: a baseline, four remedies against overfitting, and claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.language.show import inline

if TYPE_CHECKING:
    from experiments.tabular.first_look import FirstLook

_STEPS = 1500
"""Updates in a training: enough for a small network to overfit a small table."""
_FEWEST_IN_A_CLASS = 5


@dataclass(frozen=True)
class Sizes:
    """The size of the baseline and of its training.

    Attributes:
        units: Units of each of the two hidden layers.
        batch_size: Rows in a batch.
        epochs: Passes over the training rows.
    """

    units: int
    batch_size: int
    epochs: int

    @classmethod
    def suiting(cls, rows: int) -> Sizes:
        """Return the sizes for a table: a network that can overfit it, trained for about 1,500 updates."""
        units, batch_size = (32, 16) if rows < 300 else (64, 32) if rows < 5000 else (128, 256)
        updates = -(-round(0.6 * rows) // batch_size)
        return cls(units, batch_size, min(max(round(_STEPS / updates), 10), 150))


@dataclass(frozen=True)
class _Task:
    """What depends on the task.

    Attributes:
        output: The output layer.
        loss: The loss.
        metric: The metric of the claims.
        better: How a better value compares with a worse one: ">" or "<".
        words: The metric in words.
        trivial: The value of a prediction that ignores the inputs.
        trivial_words: That prediction in words.
    """

    output: str
    loss: str
    metric: str
    better: str
    words: str
    trivial: float
    trivial_words: str


def study_of_table(look: FirstLook, file: str, name: str) -> str:
    """Write a first study of a table.

    Args:
        look: The table with the options that make it usable.
        file: Its path relative to the folder of the study.
        name: The name of the study.

    Returns:
        The YAML, with comments.
    """
    return "\n".join(_lines(look, file, name)) + "\n"


def _lines(look: FirstLook, file: str, name: str) -> Iterator[str]:
    task, target = _task(look), ", ".join(look.options.target)
    yield "# yaml-language-server: $schema=schema.json"
    yield f"# A first study of {_comment(file)}, written by `python -m experiments new --data`. Change what you like."
    yield f"# Run:  python -m experiments run {name}"
    yield f"title: {inline(f'{target} from {file}')}"
    yield f"question: {inline(f'Which remedy against overfitting improves the test {task.words} on this table?')}"
    yield "topic: Better generalization"
    yield ""
    yield from _data(look, file)
    yield ""
    yield from _network(look, task)
    yield ""
    yield from _variants()
    yield ""
    yield from _claims(task)


def _data(look: FirstLook, file: str) -> Iterator[str]:
    options, table = look.options, look.table
    yield "data:"
    yield f"  # {_comment(table.description())}"
    yield "  rows:"
    yield "    table:"
    yield f"      file: {inline(file)}"
    yield f"      target: {inline(options.target[0] if len(options.target) == 1 else list(options.target))}"
    yield f"      task: {options.task}"
    if options.encoding:
        yield f"      encoding: {options.encoding}  # the file is not UTF-8; check the texts that show prints"
    if look.left_out:
        yield "      without:"
        yield from (f"        - {inline(column)}  # {_comment(why)}" for column, why in look.left_out.items())
    if table.categories:
        yield f"      encoder: OneHotEncoder  # for {_comment(', '.join(table.categories))}"
    if any(table.inputs[column].isna().any() for column in table.numbers):
        yield f"      imputer: {{SimpleImputer: {{strategy: median}}}}  # {table.empty_cells:,} cells are empty"
    elif table.empty_cells:
        yield f"      imputer: SimpleImputer  # {table.empty_cells:,} cells are empty: a category of their own"
    yield "  # The validation rows decide when to stop. The test rows are held out: they are scored after training."
    stratify = ", stratify: true" if _can_be_stratified(look) else ""
    yield f"  split: {{train: 0.6, validation: 0.2, test: 0.2, shuffle: true{stratify}}}"
    yield "  # Scalers are fitted on the training rows."
    targets = ", targets: StandardScaler" if options.task == "regression" else ""
    yield f"  scale: {{inputs: StandardScaler{targets}}}"


def _can_be_stratified(look: FirstLook) -> bool:
    """Whether each class has rows enough for three sets."""
    targets = look.table.targets
    if not targets.classes:
        return False
    counts = [int((targets.values == number).sum()) for number in range(len(targets.classes))]
    return min(counts) >= _FEWEST_IN_A_CLASS


def _network(look: FirstLook, task: _Task) -> Iterator[str]:
    sizes = Sizes.suiting(len(look.table.inputs))
    yield "# Large enough to overfit, which the remedies are for."
    yield "model:"
    yield f"  hidden: {{Dense: {{units: {sizes.units}, activation: relu}}, repeat: 2}}"
    yield f"  output: {{Dense: {task.output}}}"
    yield ""
    yield "training:"
    yield "  optimizer: Adam"
    yield f"  loss: {task.loss}"
    if task.metric != "mse":
        yield f"  metrics: [{task.metric}]"
    yield f"  epochs: {sizes.epochs}"
    yield f"  batch_size: {sizes.batch_size}"
    yield "  validate_on: validation"
    yield ""
    yield "# published: one split, 30 seeds. fresh: a split of its own for each of 30 repeats."
    yield "repeats: 30"


def _variants() -> Iterator[str]:
    yield "variants:"
    yield "  baseline: {}"
    yield "  dropout:"
    yield "    about: 30 % of the hidden units are dropped in each step."
    yield "    model.drop: {Dropout: 0.3, after: hidden}"
    yield "  weight_decay:"
    yield "    about: Large weights are penalized."
    yield "    model.hidden.kernel_regularizer: {L2: 0.001}"
    yield "  early_stopping:"
    yield "    about: The training ends when the validation loss no longer improves, with the best weights."
    yield "    training.callbacks.stop: {EarlyStopping: {monitor: val_loss, patience: 20, restore_best_weights: true}}"
    yield "  small:"
    yield "    about: A network of four units in each hidden layer."
    yield "    model.hidden.units: 4"


def _claims(task: _Task) -> Iterator[str]:
    metric, better, words = task.metric, task.better, task.words
    yield "# The verdicts on these claims are on the page results/<study>/report.html."
    yield "claims:"
    yield f"  - says: {inline(f'The network predicts better than {task.trivial_words}.')}"
    yield f"    expect: baseline.test_{metric} {better} {task.trivial:.4g}"
    yield f"  - says: {inline(f'The baseline overfits: its test {words} is worse than its training {words}.')}"
    yield f"    expect: baseline.train_{metric} {better} baseline.test_{metric}"
    for variant, remedy in (("dropout", "Dropout"), ("weight_decay", "Weight decay"), ("small", "A small network")):
        yield f"  - says: {inline(f'{remedy} improves the test {words}.')}"
        yield f"    expect: {variant}.test_{metric} {better} baseline.test_{metric}"
    yield f"  - says: {inline(f'Early stopping improves the test {words}.')}"
    yield f"    expect: early_stopping.best_test_{metric} {better} baseline.test_{metric}"
    yield f"  - says: {inline('Early stopping trains for fewer epochs.')}"
    yield "    expect: early_stopping.epochs_run < baseline.epochs_run"


def _task(look: FirstLook) -> _Task:
    targets = look.table.targets
    width = targets.values.shape[1] if targets.values.ndim == 2 else 1
    if targets.task == "regression":
        mean = "the mean of the training targets" if width == 1 else "the means of the training targets"
        return _Task(f"{{units: {width}}}", "mse", "mse", "<", "error", 1.0, mean)
    if targets.task == "multilabel":
        shares = targets.values.mean(axis=0)
        trivial = float(max(shares.mean(), (1 - shares).mean(), abs(shares - 0.5).mean() + 0.5))
        output = f"{{units: {width}, activation: sigmoid}}"
        return _Task(output, "binary_crossentropy", "binary_accuracy", ">", "accuracy", trivial, "the usual labels")
    counts = [(targets.values == number).sum() for number in range(len(targets.classes))]
    trivial = float(max(counts) / sum(counts))
    words = f"the most frequent class, {targets.classes[counts.index(max(counts))]}"
    if targets.task == "binary":
        output, loss = "{units: 1, activation: sigmoid}", "binary_crossentropy"
    else:
        output, loss = f"{{units: {len(counts)}, activation: softmax}}", "sparse_categorical_crossentropy"
    return _Task(output, loss, "accuracy", ">", "accuracy", trivial, words)


def _comment(text: str) -> str:
    """Return a text that cannot leave the line of its comment."""
    return " ".join(text.split())
