"""The engines: a compiled model and arrays become a TrainingRecord."""

import experiments.training.backend  # noqa: F401  it comes first, since the others need TensorFlow
from experiments.training.callbacks import BestWeights
from experiments.training.compiled import CompiledTrainer
from experiments.training.evaluation import evaluate
from experiments.training.keras_engine import KerasTrainer
from experiments.training.record import TrainingRecord
from experiments.training.trainer import Trainer
from experiments.training.triggers import (
    StopOnAbsoluteChange,
    StopOnAverageChange,
    StopOnDecrease,
    StopOnNoChange,
)
from experiments.xla import allow_single_kernels

allow_single_kernels()

__all__ = [
    "BestWeights",
    "CompiledTrainer",
    "KerasTrainer",
    "StopOnAbsoluteChange",
    "StopOnAverageChange",
    "StopOnDecrease",
    "StopOnNoChange",
    "Trainer",
    "TrainingRecord",
    "evaluate",
]
