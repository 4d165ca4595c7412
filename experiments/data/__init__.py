"""The rows of one run: sources, splits, label noise, scaling. Needs scikit-learn, not TensorFlow."""

from experiments.data.load import Data, load_data
from experiments.data.scaling import mse_original

__all__ = ["Data", "load_data", "mse_original"]
