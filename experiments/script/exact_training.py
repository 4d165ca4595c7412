"""The training of a run, its callbacks and its scores, with the project's own draws and orders."""

from __future__ import annotations

from typing import Any

from experiments.language.allowed import OWN_TRIGGERS
from experiments.model.recipe import Recipe
from experiments.script.borrowing import borrowed, borrowed_triggers
from experiments.script.exact_network import draws
from experiments.script.plain_callbacks import BEST_FILE, checkpoint
from experiments.script.seed_texts import Seeds
from experiments.script.writing import Invocation, Raw, call, explicit, statement

_CLIPPING = {
    "clipnorm": "grads = [tf.clip_by_norm(grad, {number!r}) for grad in grads]",
    "clipvalue": "grads = [tf.clip_by_value(grad, -{number!r}, {number!r}) for grad in grads]",
    "global_clipnorm": "grads, _ = tf.clip_by_global_norm(grads, {number!r})",
}
_COMPILING = (
    *("Dense", "Activation", "Dropout", "GaussianNoise", "Flatten", "Reshape"),
    *("ReLU", "LeakyReLU", "BatchNormalization", "LayerNormalization"),
)

SHUFFLED = '''class ShuffledRows(keras.utils.PyDataset):
    """Batches of the training rows, in a new order every epoch.

    Keras' own shuffling repeats one order in every epoch once a seed is set.
    """

    def __init__(self, x, y, batch_size, seed):
        super().__init__()
        self.x, self.y, self.batch_size, self.seed = x, y, batch_size, seed
        self.order = np.arange(len(x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.x[chosen], self.y[chosen]

    def shuffle(self, epoch, logs=None):
        self.order = row_orders(len(self.x), self.seed, epoch, count=1)[0]'''

_NOISY_MODEL = '''class NoisyModel(keras.Model):
    """A model whose weights have noise on them in every forward and backward pass, but not in the update."""

    def train_step(self, data):
        x, y = data
        weights = self.trainable_weights
        clean = [tf.identity(weight.value) for weight in weights]
        for weight, value in zip(weights, clean):
            weight.assign(value + keras.random.normal(weight.shape, stddev={stddev!r}, seed=weight_noise))
        with tf.GradientTape() as tape:
            predictions = self(x, training=True)
            loss = self.compute_loss(x, y, predictions)
        gradients = tape.gradient(loss, weights)
        for weight, value in zip(weights, clean):
            weight.assign(value)
        self.optimizer.apply_gradients(zip(gradients, weights))
        return self.compute_metrics(x, y, predictions)'''

_DRAWS = "keras_draws.dropout, keras_draws.uniform, keras_draws.normal"
_FAST_DRAWS = f"{_DRAWS} = hashed_dropout, hashed_uniform, hashed_normal"


class ExactTraining:
    """How a recipe is trained.

    Args:
        recipe: The recipe.
        seeds: Gives the seeds of orders and noise.

    Attributes:
        draws: Whether anything but the order is random while training.
        keeps_best: Whether the weights of the best epoch are written to a file.
        shuffles: Whether every epoch has an order of its own.
    """

    def __init__(self, recipe: Recipe, seeds: Seeds) -> None:
        self._recipe = recipe
        self._training = recipe.training
        self._seeds = seeds
        self._optimizer, self._changes = recipe.optimizer_and_changes()
        self._noise_slots = [change.slot for change in self._changes if change.word == "noise"]
        self.shuffles = recipe.training.shuffle
        self.draws = bool(self._training.weight_noise or self._noise_slots or any(map(draws, recipe.layers)))
        self.keeps_best = any(callback.name == "ModelCheckpoint" for callback in recipe.callbacks)

    @property
    def model_class(self) -> str:
        """Name the class of the model."""
        return "NoisyModel" if self._training.weight_noise else "keras.Model"

    @property
    def optimizer_class(self) -> str:
        """Name the class of the optimizer."""
        return f"{self._optimizer.name}WithSteps" if self._changes else self._optimizer.callee

    @property
    def compiles(self) -> str:
        """Write whether the steps are compiled under XLA: unless a layer cannot, or is slower so (convolutions)."""
        if all(layer.name in _COMPILING for layer in self._recipe.layers):
            return "True"
        return 'all(layer.supports_jit and "Conv" not in type(layer).__name__ for layer in model.layers)'

    def classes(self) -> list[str]:
        """Write the classes that Keras does not have and this training needs."""
        found = []
        triggers = [callback.name for callback in self._recipe.callbacks if callback.name in OWN_TRIGGERS]
        if self.draws:
            found += [borrowed("training/keras_private.py", ["seed_tensor"]), borrowed("training/counter_hash.py")]
        found += borrowed_triggers(triggers)
        if self._training.weight_noise:
            found.append(_NOISY_MODEL.format(stddev=self._training.weight_noise))
        if self._changes:
            found.append(self._optimizer_source())
        if self.shuffles:
            found += [borrowed("training/randomness.py"), SHUFFLED]
        return found

    def _optimizer_source(self) -> str:
        lines = [
            f"class {self.optimizer_class}({self._optimizer.callee}):",
            f'    """{self._optimizer.name} that first changes the gradients, step by step."""',
            "",
            "    def apply(self, grads, trainable_variables=None):",
        ]
        for change in self._changes:
            if change.word == "noise":
                draw = (
                    f"keras.random.normal(grad.shape, stddev={change.number!r}, seed=gradient_noise[{change.slot!r}])"
                )
                lines.append(f"        grads = [grad + {draw} for grad in grads]".replace("'", '"'))
            else:
                lines.append("        " + _CLIPPING[change.word].format(number=change.number))
        return "\n".join([*lines, "        super().apply(grads, trainable_variables)"])

    def generators(self) -> list[str]:
        """Write the generators of the noise on weights and gradients."""
        lines = []
        if self._training.weight_noise:
            lines.append(f"weight_noise = keras.random.SeedGenerator({self._seeds.seed('training')})")
        if self._noise_slots:
            made = {
                slot: call("keras.random.SeedGenerator", self._seeds.seed("gradients", slot, "draws"))
                for slot in self._noise_slots
            }
            lines.append(statement("gradient_noise = ", made))
        return lines

    def source(self) -> str:
        """Write the call of ``fit`` and what it needs."""
        lines = ['x, y = rows["train"]']
        size = self._training.batch_size
        batch_size = Raw("len(x)") if size == "all" else size
        if self.draws:
            always = self.compiles == "True"
            lines += [
                "# Keras' draws are slow under XLA on a CPU; these are quick, and the results were made with them.",
                f"kept = {_DRAWS}",
                *([_FAST_DRAWS] if always else ["if model.jit_compile:", f"    {_FAST_DRAWS}"]),
            ]
        callbacks = [
            checkpoint(callback) if callback.name == "ModelCheckpoint" else explicit(callback)
            for callback in self._recipe.callbacks
        ]
        fit: dict[str, Any] = {"epochs": self._training.epochs}
        if self.shuffles:
            seed = self._seeds.seed("training")
            lines.append(statement("batches = ", call("ShuffledRows", Raw("x"), Raw("y"), batch_size, seed)))
            callbacks.append(call("keras.callbacks.LambdaCallback", on_epoch_begin=Raw("batches.shuffle")))
        else:
            fit["batch_size"] = batch_size
        fit |= self._validation(batch_size)
        fit |= {"callbacks": callbacks} if callbacks else {}
        rows = (Raw("batches"),) if self.shuffles else (Raw("x"), Raw("y"))
        lines.append(statement("", Invocation("model.fit", rows, {**fit, "shuffle": False, "verbose": 0})))
        if self.draws:
            lines.append(f"{_DRAWS} = kept")
        return "\n".join(lines)

    def _validation(self, batch_size: Any) -> dict[str, Any]:
        watched, frequency = self._training.validate_on, self._training.validation_freq
        if watched == "none":
            return {}
        more = {"validation_freq": frequency} if frequency != 1 else {}
        return {"validation_data": Raw(f'rows["{watched}"]'), "validation_batch_size": batch_size, **more}

    def scores(self) -> str:
        """Write the evaluation of the last weights, and of the best where they are kept."""
        lines = [*_scores("")]
        if self.keeps_best:
            lines += [f'model.load_weights("{BEST_FILE}")', *_scores("best_")]
        return "\n".join(lines)


def _scores(prefix: str) -> list[str]:
    return [
        "for name, (x, y) in rows.items():",
        "    for metric, score in model.evaluate(x, y, verbose=0, return_dict=True).items():",
        f'        print(f"{prefix}{{name}}_{{metric}} = {{score}}")',
    ]
