"""One update on one batch: Keras' own train_step, optionally with weight noise and gradient norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from experiments.training.keras_private import replaced
from experiments.training.probes import kernel_layers

Logs = dict[str, tf.Tensor]


class TrainStep:
    """The update on one batch, in both engines.

    The step is always the model's own ``train_step``; gradients are read where it passes them to the optimizer.

    Args:
        model: A compiled and built model.
        weight_noise: Standard deviation of Gaussian noise on every trainable weight during the forward and backward
            pass; 0 for none. Each step draws new noise; the update is applied to the weights without it.
        gradient_norms: Whether to average the norm of each kernel's gradient over the steps of an epoch.

    Attributes:
        norms: Mean metrics, by history key (``gradient_norm.<layer>``).
    """

    def __init__(self, model: keras.Model, *, weight_noise: float = 0.0, gradient_norms: bool = False) -> None:
        self.model = model
        self._keras_step = model.train_step
        self._weight_noise = weight_noise
        self._noise_seed = keras.random.SeedGenerator(0) if weight_noise else None
        self._kernels = {f"gradient_norm.{layer.name}": layer.kernel for layer in kernel_layers(model)}
        self.norms = {key: keras.metrics.Mean(name=key) for key in self._kernels} if gradient_norms else {}

    @property
    def is_plain(self) -> bool:
        """Whether this is Keras' step without additions."""
        return not (self._weight_noise or self.norms)

    def start(self, seed: int) -> None:
        """Start a training: set the seed, on which alone the noise depends."""
        if self._noise_seed is not None:
            self._noise_seed.state.assign([seed, 0])

    def reset(self) -> None:
        """Start an epoch."""
        for norm in self.norms.values():
            norm.reset_state()

    def results(self) -> Logs:
        """Return the epoch's mean gradient norms."""
        return {key: norm.result() for key, norm in self.norms.items()}

    def __call__(self, data: tuple[Any, ...]) -> Logs:
        """Update the model on one batch.

        Args:
            data: ``(x, y, sample_weight)``; the last may be None.

        Returns:
            Keras' logs of the step.
        """
        if self.is_plain:
            return self._keras_step(data)  # type: ignore[no-any-return]
        clean = self._add_noise()

        def apply_gradients(pairs: Any) -> Any:
            pairs = list(pairs)
            for weight, value in clean:
                weight.assign(value)
            self._update_norms(pairs)
            return type(optimizer).apply_gradients(optimizer, pairs)

        optimizer = self.model.optimizer
        with replaced(optimizer, apply_gradients=apply_gradients):
            return self._keras_step(data)  # type: ignore[no-any-return]

    def _add_noise(self) -> list[tuple[keras.Variable, tf.Tensor]]:
        """Add noise to the trainable weights; return them with their values before."""
        if not self._weight_noise:
            return []
        clean = [(weight, tf.identity(weight.value)) for weight in self.model.trainable_weights]
        for weight, value in clean:
            noise = keras.random.normal(
                weight.shape, stddev=self._weight_noise, dtype=weight.dtype, seed=self._noise_seed
            )
            weight.assign(value + noise)
        return clean

    def _update_norms(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        gradients = {id(variable): gradient for gradient, variable in pairs}
        for key, norm in self.norms.items():
            gradient = gradients.get(id(self._kernels[key]))
            norm.update_state(0.0 if gradient is None else tf.norm(tf.convert_to_tensor(gradient)))
