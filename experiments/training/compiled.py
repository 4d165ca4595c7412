"""The compiled engine: a whole training in one call or a few, equal to what ``model.fit`` does."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.errors import first_paragraph
from experiments.training.arrays import are_finite, row_count, signature
from experiments.training.batches import validation_batch_size
from experiments.training.best_weights import best_of
from experiments.training.evaluation import check_outside_xla
from experiments.training.fit_arguments import is_validated
from experiments.training.keras_engine import KerasTrainer
from experiments.training.loop import Carry, Inputs, Loop, chunk_rows
from experiments.training.randomness import row_orders
from experiments.training.ranges import has_hidden_embeddings
from experiments.training.record import TrainingRecord
from experiments.training.row_independence import rows_are_independent
from experiments.training.rules import CheckpointRule, Rule, rules_of
from experiments.training.tiers import NeedsFitError, NeedsGraphError, Tier, choose_tier
from experiments.training.trainer import BaseTrainer, Chunk, Job
from experiments.xla import KeptPrograms

_SECONDS_PER_CHUNK = 0.5
# XLA raises these for an operation that it does not support.
_REFUSALS = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, tf.errors.InternalError)

_NOT_FINITE = Tier("graph", "a value is not finite, and XLA compares such values otherwise")

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
        if not (self._compares_as_fit(job, tier) or are_finite((job.arrays, job.validation))):
            tier = _NOT_FINITE
        started, programs = time.perf_counter(), self.programs
        pairs = rules_of(job.callbacks, self.model)
        try:
            loop, tier = self._program(job, pairs, tier)
        except NeedsFitError as need:
            return self._run_fit(job, Tier("fit", str(need)))
        except Exception as error:
            if job.last_resort is None:
                raise
            return self._run_fit(job, Tier("fit", f"the loop cannot be traced ({first_paragraph(error)})"))
        compiled = time.perf_counter()
        if tier.name == "xla":
            self._check_outside_xla(job)
        step, probes = self.measures()
        step.start(job.seed)
        initial = {key: float(value) for key, value in probes.measure_initial(job.arrays[0]).items()}
        if job.follower is not None:
            job.follower.begin(str(tier), compiled - started if self.programs > programs else 0.0)
        carry, history, tier = self._run_epochs(job, pairs, loop, tier)
        self._finish(job, pairs, carry)
        if job.follower is not None:
            job.follower.end()
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
            diverged_at=job.first_epoch + epochs_run if diverged else None,
            tier=tier.name,
            reason=str(tier),
            seconds=time.perf_counter() - compiled,
            compile_seconds=compiled - started,
        )

    def _run_fit(self, job: Job, tier: Tier) -> TrainingRecord:
        if job.last_resort is not None:
            return job.last_resort(str(tier))
        return replace(self._last_resort.run(job), reason=str(tier))

    def _program(self, job: Job, pairs: Pairs, tier: Tier) -> tuple[Loop, Tier]:
        """Return the compiled program for the job's shapes and rules, and the tier that compiled it."""
        rules = tuple(rule for _, rule in pairs)
        validation_rows = self._validation_rows(job)
        has_rates = _rates(job, job.first_epoch, job.first_epoch) is not None
        shapes = signature(job.arrays), signature(job.validation), validation_rows
        key = (tier.name, rules, *shapes, job.ends_on, has_rates)
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
            ends_on=job.ends_on,
        )
        self.model.stop_training = False
        try:
            until = job.first_epoch
            rates = _rates(job, until, until)
            carry = loop.initial_carry(until)
            loop(self._inputs(job, pairs, carry, until, rates), carry)
        except NeedsGraphError as need:
            return self._compile(job, pairs, validation_rows, Tier("graph", str(need)))
        except _REFUSALS as error:
            if tier.name == "graph" or _is_of_stored_program(error):
                raise
            if single_kernels:  # XLA supports fewer operations inside a single kernel
                return self._compile(job, pairs, validation_rows, tier, single_kernels=False)
            refusal = Tier("graph", f"XLA does not compile it ({str(error).splitlines()[0]})")
            return self._compile(job, pairs, validation_rows, refusal)
        if self.model.stop_training:
            self.model.stop_training = False
            raise NeedsFitError(f"{type(self.model).__name__} sets stop_training itself")
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

    def _inputs(self, job: Job, pairs: Pairs, carry: Carry, until: int, rates: np.ndarray | None) -> Inputs:
        """Return the arguments of a call of the loop."""
        done = int(carry["epoch"])
        orders = self._orders(job, done, until) if self.shuffle else None
        # Tensors, because a Python number would cause a new trace for every value.
        numbers = [[tf.constant(number, tf.float64) for number in rule.numbers(callback)] for callback, rule in pairs]
        padded = None if rates is None else np.pad(rates, (0, chunk_rows(job.arrays) - len(rates)))
        rate_of_epochs = None if padded is None else tf.constant(padded, keras.config.floatx())
        return Inputs(job.arrays, job.validation, orders, tf.constant(until), numbers, rate_of_epochs)

    def _orders(self, job: Job, done: int, until: int) -> tf.Tensor:
        """Return the rows' orders for a call, padded to the size of the program's input."""
        rows = row_count(job.arrays)
        orders = np.zeros([chunk_rows(job.arrays), rows], np.int32)
        epochs = until - done
        orders[:epochs] = row_orders(rows, job.seed, done, epochs) if job.order is None else job.order
        return tf.constant(orders)

    def _run_epochs(self, job: Job, pairs: Pairs, loop: Loop, tier: Tier) -> tuple[Carry, np.ndarray, Tier]:
        """Run epochs in chunks, so short that progress and interrupts are handled in time between them."""
        carry, done, history = loop.initial_carry(job.first_epoch), job.first_epoch, []
        while done < job.epochs and not (carry["stopped"] or carry["diverged"]):
            until = min(job.epochs, done + self._chunk(job))
            rates = _rates(job, done, until)
            until = until if rates is None else done + len(rates)
            started = time.perf_counter()
            inputs = self._inputs(job, pairs, carry, until, rates)
            carry, rows, (loop, tier) = self._run_chunk(job, pairs, (loop, tier), inputs, carry)
            epochs = len(rows)
            history.append(rows)
            seconds = time.perf_counter() - started
            self._seconds_per_epoch = seconds / epochs
            if job.follower is not None:
                for (callback, rule), state, kept in zip(pairs, carry["states"], carry["kept"], strict=True):
                    if isinstance(rule, CheckpointRule):
                        rule.write_back(callback, state, kept)
                job.follower.follow(Chunk(done, self._logs(loop.keys, history[-1], done), seconds))
            done += epochs
            if job.on_progress is not None:
                job.on_progress(done, job.epochs)
        return carry, np.concatenate(history) if history else np.zeros([0, len(loop.keys)]), tier

    def _run_chunk(
        self, job: Job, pairs: Pairs, program: tuple[Loop, Tier], inputs: Inputs, carry: Carry
    ) -> tuple[Carry, np.ndarray, tuple[Loop, Tier]]:
        """Run some epochs, and again as a plain graph where XLA gives a value that is not finite.

        Returns:
            The new loop state, the history of the epochs, and the program that has computed them.
        """
        loop, tier = program
        as_fit = self._compares_as_fit(job, tier)
        before = [] if as_fit else loop.values(inputs, carry)
        after, history = loop(inputs, carry)
        done = int(carry["epoch"])
        rows = history.numpy()[: int(after["epoch"]) - done]
        if as_fit or self._are_finite(loop.keys, rows, done):
            return after, rows, program
        for variable, value in before:
            variable.assign(value)
        return self._run_chunk(job, pairs, self._program(job, pairs, _NOT_FINITE), inputs, carry)

    def _chunk(self, job: Job) -> int:
        most = chunk_rows(job.arrays) if job.follower is None else min(chunk_rows(job.arrays), job.follower.most_epochs)
        return int(np.clip(_SECONDS_PER_CHUNK / self._seconds_per_epoch, 1, most))

    def _compares_as_fit(self, job: Job, tier: Tier) -> bool:
        """Return whether a program treats values that are not finite as ``fit`` does, or ends with them.

        Maxima and the places of maxima leave NaN out under XLA. The steps of ``fit`` do so only if Keras compiles them.
        """
        return tier.name == "graph" or job.ends_on == "divergence" or bool(self.model.jit_compile)

    def _are_finite(self, keys: Sequence[str], rows: np.ndarray, first: int) -> bool:
        """Return whether all values of some epochs are finite."""
        return all(math.isfinite(value) for logs in self._logs(keys, rows, first) for value in logs.values())

    def _logs(self, keys: Sequence[str], rows: np.ndarray, first: int) -> list[dict[str, float]]:
        """Return the logs of some epochs as ``fit`` has them: an epoch without validation has no such keys."""
        names = {key for key in keys if f"val_{key}" in keys}
        validated = {f"val_{name}" for name in names}
        logs = [dict(zip(keys, row, strict=True)) for row in rows.tolist()]
        for epoch, values in enumerate(logs, first):
            if not is_validated(epoch, self.validation_freq):
                logs[epoch - first] = {key: value for key, value in values.items() if key not in validated}
        return logs

    def _finish(self, job: Job, pairs: Pairs, carry: Carry) -> None:
        """Finish as ``model.fit`` does after the last epoch."""
        self.model.stop_training = bool(carry["stopped"] or carry["diverged"])
        if job.epochs > 0:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        carry = tf.nest.map_structure(lambda value: value.numpy(), carry)
        for (callback, rule), state, kept in zip(pairs, carry["states"], carry["kept"], strict=True):
            rule.write_back(callback, state, kept if rule.keeps_weights else None)
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights is not None:
                self.model.set_weights(callback.best_weights)


def _rates(job: Job, first: int, until: int) -> np.ndarray | None:
    return None if job.follower is None else job.follower.rates(first, until)


def _is_of_stored_program(error: Exception) -> bool:
    """Return whether XLA may have refused a stored program, which must not lead to a program with other rounding."""
    unreadable = KeptPrograms.any_loaded and isinstance(error, tf.errors.InternalError)
    return unreadable or "Serialized" in str(error)
