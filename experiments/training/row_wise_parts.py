"""Parts of Keras that treat each row of a batch by itself: functions, metrics, layers, activations, penalties.

``row_independence`` proves from these lists that a model may be evaluated in one large batch. A part that is missing
here is evaluated in the batches of ``fit``: right, but slower.
"""

from __future__ import annotations

import keras
from keras import layers, losses, metrics

#: Losses; left out are dice, tversky, circle and ctc, which couple rows.
ROW_WISE_FUNCTIONS = {
    losses.binary_crossentropy,
    losses.binary_focal_crossentropy,
    losses.categorical_crossentropy,
    losses.categorical_focal_crossentropy,
    losses.categorical_hinge,
    losses.cosine_similarity,
    losses.huber,
    losses.kl_divergence,
    losses.log_cosh,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_error,
    losses.mean_squared_logarithmic_error,
    losses.poisson,
    losses.sparse_categorical_crossentropy,
}
#: Losses that turn labels 0 and 1 into -1 and 1 if a whole batch has no others.
HINGES = {losses.hinge, losses.squared_hinge}
HINGE_LABELS = ({0, 1}, {-1, 1})
ROW_WISE_METRICS = {
    metrics.Accuracy,
    metrics.BinaryAccuracy,
    metrics.CategoricalAccuracy,
    metrics.SparseCategoricalAccuracy,
    metrics.TopKCategoricalAccuracy,
    metrics.SparseTopKCategoricalAccuracy,
    metrics.BinaryCrossentropy,
    metrics.CategoricalCrossentropy,
    metrics.SparseCategoricalCrossentropy,
    metrics.CosineSimilarity,
    metrics.CategoricalHinge,
    metrics.KLDivergence,
    metrics.LogCoshError,
    metrics.MeanAbsoluteError,
    metrics.MeanAbsolutePercentageError,
    metrics.MeanSquaredError,
    metrics.MeanSquaredLogarithmicError,
    metrics.Poisson,
    metrics.RootMeanSquaredError,
    # These count cases, or add up sums of squares.
    metrics.AUC,
    metrics.F1Score,
    metrics.FBetaScore,
    metrics.FalseNegatives,
    metrics.FalsePositives,
    metrics.Precision,
    metrics.PrecisionAtRecall,
    metrics.R2Score,
    metrics.Recall,
    metrics.RecallAtPrecision,
    metrics.SensitivityAtSpecificity,
    metrics.SpecificityAtSensitivity,
    metrics.TrueNegatives,
    metrics.TruePositives,
}
HINGE_METRICS = {metrics.Hinge, metrics.SquaredHinge}
ROW_WISE_LAYERS = {
    layers.InputLayer,
    layers.Activation,
    layers.ActivityRegularization,
    layers.Add,
    layers.AlphaDropout,
    layers.Average,
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.BatchNormalization,
    layers.Bidirectional,
    layers.Concatenate,
    layers.Conv1D,
    layers.Conv2D,
    layers.Dense,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.Dropout,
    layers.ELU,
    layers.Embedding,
    layers.Flatten,
    layers.GRU,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
    layers.GroupNormalization,
    layers.LSTM,
    layers.LayerNormalization,
    layers.LeakyReLU,
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.PReLU,
    layers.Permute,
    layers.RMSNormalization,
    # These return their inputs in inference mode.
    layers.RandomFlip,
    layers.RandomRotation,
    layers.RandomTranslation,
    layers.RandomZoom,
    layers.ReLU,
    layers.RepeatVector,
    layers.Rescaling,
    layers.Reshape,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
    layers.SimpleRNN,
    layers.Softmax,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.Subtract,
    layers.UnitNormalization,
    layers.UpSampling1D,
    layers.UpSampling2D,
    layers.ZeroPadding1D,
    layers.ZeroPadding2D,
}
RECURRENT = {
    layers.GRU,
    layers.GRUCell,
    layers.LSTM,
    layers.LSTMCell,
    layers.SimpleRNN,
    layers.SimpleRNNCell,
}
ELEMENTWISE = {layers.ELU, layers.LeakyReLU, layers.ReLU}
_NO_ACTIVATIONS = {"get", "serialize", "deserialize"}
#: All activation functions of Keras: they work element by element or along the last axis.
ROW_WISE_ACTIVATIONS = {
    value for name, value in vars(keras.activations).items() if callable(value) and name not in _NO_ACTIVATIONS
}
PENALTIES = {keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2}
WEIGHT_PENALTIES = PENALTIES | {keras.regularizers.OrthogonalRegularizer}
SPARSE_METRICS = {
    metrics.SparseCategoricalAccuracy,
    metrics.SparseCategoricalCrossentropy,
    metrics.SparseTopKCategoricalAccuracy,
}
