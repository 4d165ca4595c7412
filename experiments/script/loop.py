"""The training of a run, its callbacks and its scores, as source code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.language.allowed import OWN_TRIGGERS
from experiments.language.configuration import Configuration
from experiments.script.network import draws, optimizer_name, own_steps
from experiments.script.seeds import Seeds
from experiments.script.writing import Call, Raw, borrowed, call, statement

_BEST_FILE = "best.weights.h5"
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
ORDERS = ("row_orders",)

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
_FAST_DRAWS = f"""# Keras' draws are slow under XLA on a CPU; these are quick, and the results were made with them.
kept = {_DRAWS}
{_DRAWS} = threefry_dropout, threefry_uniform, threefry_normal"""

_BORROWED_DRAWS = (
    *("THREEFRY", "CENTRAL", "NUMERATOR", "DENOMINATOR"),
    *("threefry_uniform", "normal_quantile", "threefry_normal", "threefry_dropout"),
)


class Training:
    """How a configuration is trained.

    Args:
        config: Resolved configuration.
        seeds: Gives the seeds of orders and noise.
    """

    def __init__(self, config: Configuration, seeds: Seeds) -> None:
        self._training = config.training
        self._seeds = seeds
        self._layers = [layer.component.name for layer in config.model.layers]
        self._callbacks = tuple(config.training.callbacks.values())

    @property
    def is_noisy(self) -> bool:
        """Whether there is noise on the weights."""
        return bool(self._training.weight_noise)

    @property
    def shuffles(self) -> bool:
        """Whether every epoch has an order of its own."""
        return self._training.shuffle

    @property
    def draws(self) -> bool:
        """Whether anything but the order is random while training."""
        steps = any(word == "noise" for _, word, _ in own_steps(self._training))
        return self.is_noisy or steps or any(map(draws, self._layers))

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the best epoch are written to a file."""
        return any(callback.name == "ModelCheckpoint" for callback in self._callbacks)

    def triggers(self) -> list[str]:
        """Name the stopping triggers that Keras does not have."""
        return sorted({callback.name for callback in self._callbacks if callback.name in OWN_TRIGGERS})

    @property
    def model_class(self) -> str:
        """Name the class of the model."""
        return "NoisyModel" if self.is_noisy else "keras.Model"

    @property
    def optimizer_class(self) -> str:
        """Name the class of the optimizer."""
        name = optimizer_name(self._training)
        return f"{name}WithSteps" if own_steps(self._training) else f"keras.optimizers.{name}"

    @property
    def compiles(self) -> str:
        """Write whether the steps are compiled under XLA: unless a layer cannot, or is slower so (convolutions)."""
        if all(name in _COMPILING for name in self._layers):
            return "True"
        return 'all(layer.supports_jit and "Conv" not in type(layer).__name__ for layer in model.layers)'

    def classes(self) -> list[str]:
        """Write the classes that Keras does not have and this training needs."""
        found = []
        if self.draws:
            found.append(borrowed("training/keras_private.py", ("seed_tensor",)))
            found.append(borrowed("training/threefry.py", _BORROWED_DRAWS))
        if self.triggers():
            found.append(borrowed("training/keras_private.py", ("smaller_is_better",)))
            found.append(borrowed("training/triggers.py", ("Logs", "Trigger", *self.triggers())))
        if self.is_noisy:
            found.append(_NOISY_MODEL.format(stddev=self._training.weight_noise))
        if own_steps(self._training):
            found.append(self._steps())
        return found

    def _steps(self) -> str:
        name = optimizer_name(self._training)
        lines = [
            f"class {name}WithSteps(keras.optimizers.{name}):",
            f'    """{name} that first changes the gradients, step by step."""',
            "",
            "    def apply(self, grads, trainable_variables=None):",
        ]
        for slot, word, number in own_steps(self._training):
            if word == "noise":
                draw = f"keras.random.normal(grad.shape, stddev={number!r}, seed=gradient_noise[{slot!r}])"
                lines.append(f"        grads = [grad + {draw} for grad in grads]".replace("'", '"'))
            elif number:
                lines.append("        " + _CLIPPING[word].format(number=number))
        return "\n".join([*lines, "        super().apply(grads, trainable_variables)"])

    def generators(self) -> list[str]:
        """Write the generators of the noise on weights and gradients."""
        lines = []
        if self.is_noisy:
            lines.append(f"weight_noise = keras.random.SeedGenerator({self._seeds.seed('training')})")
        slots = [slot for slot, word, _ in own_steps(self._training) if word == "noise"]
        if slots:
            made = {
                slot: call("keras.random.SeedGenerator", self._seeds.seed("gradients", slot, "draws")) for slot in slots
            }
            lines.append(statement("gradient_noise = ", made))
        return lines

    def source(self) -> str:
        """Write the call of ``fit`` and what it needs."""
        lines = ['x, y = rows["train"]']
        size = self._training.batch_size
        batch_size = Raw("len(x)") if size == "all" else size
        if self.draws:
            lines.append(_FAST_DRAWS if self.compiles == "True" else _if_compiled(_FAST_DRAWS))
        callbacks = [self._callback(callback.name, callback.arguments) for callback in self._callbacks]
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
        fitted = Call("model.fit", rows, {**fit, "shuffle": False, "verbose": 0})
        lines.append(statement("", fitted))
        if self.draws:
            lines.append(f"{_DRAWS} = kept")
        return "\n".join(lines)

    def _validation(self, batch_size: Any) -> dict[str, Any]:
        watched = self._training.validate_on
        if watched == "none":
            return {}
        frequency = self._training.validation_freq
        more = {"validation_freq": frequency} if frequency != 1 else {}
        return {"validation_data": Raw(f'rows["{watched}"]'), "validation_batch_size": batch_size, **more}

    def _callback(self, name: str, arguments: Mapping[str, Any]) -> Call:
        if name == "ModelCheckpoint":
            known = {key: item for key, item in arguments.items() if key != "save_best_only"}
            best = {"save_best_only": True, "save_weights_only": True}
            return Call("keras.callbacks.ModelCheckpoint", (_BEST_FILE,), {**known, **best})
        return Call(name if name in OWN_TRIGGERS else f"keras.callbacks.{name}", (), dict(arguments))

    def scores(self) -> str:
        """Write the evaluation of the last weights, and of the best where they are kept."""
        lines = [*_scores("")]
        if self.keeps_best:
            lines += [f'model.load_weights("{_BEST_FILE}")', *_scores("best_")]
        return "\n".join(lines)


def _if_compiled(fast_draws: str) -> str:
    comment, kept, assignment = fast_draws.splitlines()
    return "\n".join([comment, kept, "if model.jit_compile:", f"    {assignment}"])


def _scores(prefix: str) -> list[str]:
    return [
        "for name, (x, y) in rows.items():",
        "    for metric, score in model.evaluate(x, y, verbose=0, return_dict=True).items():",
        f'        print(f"{prefix}{{name}}_{{metric}} = {{score}}")',
    ]
