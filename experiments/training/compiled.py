"""The compiled engine: a whole training in one call or a few, equal to what ``model.fit`` does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.training.arrays import row_count, signature
from experiments.training.batches import validation_batch_size
from experiments.training.best_weights import best_of
from experiments.training.evaluation import check_outside_xla
from experiments.training.keras_engine import KerasTrainer
from experiments.training.loop import Carry, Inputs, Loop, chunk_rows
from experiments.training.randomness import row_orders
from experiments.training.ranges import has_hidden_embeddings
from experiments.training.record import TrainingRecord
from experiments.training.row_independence import rows_are_independent
from experiments.training.rules import Rule, rules_of
from experiments.training.tiers import NeedsFitError, Tier, choose_tier
from experiments.training.trainer import BaseTrainer, Job
from experiments.xla import KeptPrograms

_SECONDS_PER_CHUNK = 0.5
# XLA raises these for an operation that it does not support.
_REFUSALS = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, tf.errors.InternalError)

Pairs = Sequence[tuple[Any, Rule]]


class CompiledTrainer(BaseTrainer):
    """Trains a model inside one compiled program; later trainings of the same shapes reuse it."""

    def __init__(self, model: keras.Model, **settings: Any) -> None:
        super().__init__(model, **settings)
        self._last_resort = KerasTrainer(model, **settings)
        self._programs: dict[tuple[Any, ...], tuple[Loop, Tier]] = {}
        self._seconds_per_epoch = _SECONDS_PER_CHUNK

    @property
    def programs(self) -> int:
        """Number of programs traced and compiled so far."""
        return len(self._programs)

    def run(self, job: Job) -> TrainingRecord:
        """Train once, by the tier that the model and the callbacks allow."""
        tier = choose_tier(self.model, job.callbacks)
        if tier.name == "fit":
            return self._run_fit(job, tier)
        if tier.name == "xla":
            self._check_outside_xla(job)
        started = time.perf_counter()
        pairs = rules_of(job.callbacks, self.model)
        try:
            loop, tier = self._program(job, pairs, tier)
        except NeedsFitError as need:
            return self._run_fit(job, Tier("fit", str(need)))
        compiled = time.perf_counter()
        step, probes = self.measures()
        step.start(job.seed)
        initial = {key: float(value) for key, value in probes.measure_initial(job.arrays[0]).items()}
        carry, history = self._run_epochs(job, pairs, loop)
        self._finish(pairs, carry)
        best_weights, best_epoch = best_of(job.callbacks)
        epochs_run = len(history)
        diverged = bool(carry["diverged"])
        return TrainingRecord(
            history=dict(zip(loop.keys, history.T, strict=True)) if epochs_run else {},
            initial=initial,
            weights=self.model.get_weights(),
            best_weights=best_weights,
            best_epoch=best_epoch,
            epochs_run=epochs_run,
            stopped_because="diverged" if diverged else "early_stopping" if carry["stopped"] else "completed",
            diverged_at=epochs_run if diverged else None,
            tier=tier.name,
            reason=str(tier),
            seconds=time.perf_counter() - compiled,
            compile_seconds=compiled - started,
        )

    def _run_fit(self, job: Job, tier: Tier) -> TrainingRecord:
        return replace(self._last_resort.run(job), reason=str(tier))

    def _program(self, job: Job, pairs: Pairs, tier: Tier) -> tuple[Loop, Tier]:
        """Return the compiled program for the job's shapes and rules, and the tier that compiled it."""
        rules = tuple(rule for _, rule in pairs)
        validation_rows = self._validation_rows(job)
        key = (rules, signature(job.arrays), signature(job.validation), validation_rows)
        if key not in self._programs:
            self._programs[key] = self._compile(job, pairs, validation_rows, tier)
        return self._programs[key]

    def _compile(
        self, job: Job, pairs: Pairs, validation_rows: int, tier: Tier, *, single_kernels: bool = True
    ) -> tuple[Loop, Tier]:
        """Compile a program by training no epochs with it; the model stays as it is where XLA refuses the program."""
        loop = Loop(
            *self.measures(),
            tuple(rule for _, rule in pairs),
            batch_size=self.rows_of_batch(job),
            validation_batch_size=validation_rows,
            validation_freq=self.validation_freq,
            jit_compile=tier.name == "xla",
            single_kernels=single_kernels,
        )
        try:
            self._call(job, pairs, loop, loop.initial_carry(), until=0)
        except _REFUSALS as error:
            if tier.name == "graph" or _is_of_stored_program(error):
                raise
            if single_kernels:  # XLA supports fewer operations inside a single kernel
                return self._compile(job, pairs, validation_rows, tier, single_kernels=False)
            refusal = Tier("graph", f"XLA does not compile it ({str(error).splitlines()[0]})")
            return self._compile(job, pairs, validation_rows, refusal)
        return loop, tier

    def _check_outside_xla(self, job: Job) -> None:
        """Check for values out of range in models with parts that are not proven row-wise."""
        for arrays, rows in ((job.arrays, "training rows"), (job.validation, "validation rows")):
            if arrays is None:
                continue
            if not rows_are_independent(self.model, arrays) or has_hidden_embeddings(self.model, arrays[0]):
                check_outside_xla(self.model, arrays, self.rows_of_validation_batch(job), rows)

    def _validation_rows(self, job: Job) -> int:
        if job.validation is None:
            return 0
        return validation_batch_size(self.model, job.validation, self.rows_of_validation_batch(job))

    def _call(self, job: Job, pairs: Pairs, loop: Loop, carry: Carry, until: int) -> tuple[Carry, tf.Tensor]:
        done = int(carry["epoch"])
        orders = self._orders(job, done, until) if self.shuffle else None
        # Tensors, because a Python number would cause a new trace for every value.
        numbers = [[tf.constant(number, tf.float64) for number in rule.numbers(callback)] for callback, rule in pairs]
        return loop(Inputs(job.arrays, job.validation, orders, tf.constant(until), numbers), carry)

    def _orders(self, job: Job, done: int, until: int) -> tf.Tensor:
        """Return the rows' orders for a call, padded to the size of the program's input."""
        rows = row_count(job.arrays)
        orders = np.zeros([chunk_rows(job.arrays), rows], np.int32)
        orders[: until - done] = row_orders(rows, job.seed, done, until - done)
        return tf.constant(orders)

    def _run_epochs(self, job: Job, pairs: Pairs, loop: Loop) -> tuple[Carry, np.ndarray]:
        """Run epochs in chunks, so short that progress and interrupts are handled in time between them."""
        carry, done, history = loop.initial_carry(), 0, []
        while done < job.epochs and not (carry["stopped"] or carry["diverged"]):
            started = time.perf_counter()
            until = min(job.epochs, done + self._chunk(job))
            carry, rows = self._call(job, pairs, loop, carry, until)
            epochs = int(carry["epoch"]) - done
            history.append(rows.numpy()[:epochs])
            done += epochs
            self._seconds_per_epoch = (time.perf_counter() - started) / epochs
            if job.on_progress is not None:
                job.on_progress(done, job.epochs)
        return carry, np.concatenate(history) if history else np.zeros([0, len(loop.keys)])

    def _chunk(self, job: Job) -> int:
        return int(np.clip(_SECONDS_PER_CHUNK / self._seconds_per_epoch, 1, chunk_rows(job.arrays)))

    def _finish(self, pairs: Pairs, carry: Carry) -> None:
        """Finish as ``model.fit`` does after the last epoch."""
        self.model.stop_training = bool(carry["stopped"] or carry["diverged"])
        if carry["epoch"] > 0:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        carry = tf.nest.map_structure(lambda value: value.numpy(), carry)
        for (callback, rule), state, kept in zip(pairs, carry["states"], carry["kept"], strict=True):
            rule.write_back(callback, state, kept if rule.keeps_weights else None)
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights is not None:
                self.model.set_weights(callback.best_weights)


def _is_of_stored_program(error: Exception) -> bool:
    """Return whether XLA may have refused a stored program, which must not lead to a program with other rounding."""
    unreadable = KeptPrograms.any_loaded and isinstance(error, tf.errors.InternalError)
    return unreadable or "Serialized" in str(error)
