"""The engines: a compiled model and arrays become a TrainingRecord. Needs no other package of this project."""

from experiments.keras_settings import require_tensorflow
from experiments.xla import allow_single_kernels

require_tensorflow()

from experiments.training.best_weights import BestWeights
from experiments.training.compiled import CompiledTrainer
from experiments.training.evaluation import evaluate
from experiments.training.keras_engine import KerasTrainer
from experiments.training.record import TrainingRecord
from experiments.training.trainer import Trainer

allow_single_kernels()

__all__ = ["BestWeights", "CompiledTrainer", "KerasTrainer", "Trainer", "TrainingRecord", "evaluate"]
