"""Components that are valid, in all the ways Keras knows them."""

import pytest

from tests.language.texts import OUTPUT, make_study, problems_of, study_text


@pytest.mark.parametrize(
    "layer",
    [
        "{Conv2D: {filters: 8, kernel_size: [3, 3], padding: same, kernel_constraint: RadialConstraint}}",
        "{Conv1D: {filters: 8, kernel_size: 3, padding: causal}}",
        "Flatten",
        "{Reshape: [8, 8, 1]}",
        "{Reshape: {target_shape: [-1, 4]}}",
        "{ZeroPadding2D: [[1, 1], [2, 2]]}",
        "{BatchNormalization: {axis: [1], momentum: 0.9}}",
        "{GroupNormalization: -1}",
        "{LeakyReLU: {negative_slope: 0.01}}",
        "{Activation: silu}",
        "{GaussianNoise: 0.1}",
        "{RandomRotation: [-0.1, 0.1]}",
        "{RandomTranslation: {height_factor: 0.1, width_factor: 0.1, fill_mode: nearest}}",
        "{Rescaling: {scale: 0.0625}}",
        "{Dense: {units: 3, kernel_regularizer: {L1L2: {l1: 1e-5, l2: 1e-4}}, bias_regularizer: {L2: 1e-4}}}",
        "{Dense: {units: 3, kernel_initializer: {RandomUniform: {minval: 0, maxval: 1}}, bias_initializer: zeros}}",
        "{Dense: {units: 3, activation: null, use_bias: false}}",
        "{ActivityRegularization: {l1: 1e-4}}",
        "{LSTM: {units: 4, return_sequences: true}}",
    ],
)
def test_layers(layer):
    assert problems_of(study_text(model=f"model:\n  first: {layer}\n  {OUTPUT}")) == []


@pytest.mark.parametrize(
    "optimizer",
    [
        "Adam",
        "adam",
        "{SGD: {learning_rate: 0.01, momentum: 0.9, nesterov: true}}",
        "{SGD: 0.01}",
        "{SGD: {learning_rate: 1e-7}}",
        "{AdamW: {weight_decay: 0.01}}",
        "{SGD: {CosineDecayRestarts: {initial_learning_rate: 0.1, first_decay_steps: 10}}}",
        "{SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [10, 20], values: [0.1, 0.01, 0.001]}}}}",
        "{Adam: {clipnorm: 1.0, use_ema: true}}",
    ],
)
def test_optimizers(optimizer):
    assert problems_of(study_text(training=f"training: {{optimizer: {optimizer}, loss: mse, epochs: 1}}")) == []


@pytest.mark.parametrize(
    ("loss", "metrics"),
    [
        ("mse", "[mae, RootMeanSquaredError]"),
        ("{Huber: 0.5}", "[]"),
        ("BinaryCrossentropy", "[accuracy, {Precision: {thresholds: 0.5, name: precise}}]"),
        ("{BinaryCrossentropy: {label_smoothing: 0.1}}", "[AUC]"),
        ("hinge", "[binary_accuracy]"),
    ],
)
def test_losses_and_metrics(loss, metrics):
    training = f"training: {{optimizer: Adam, loss: {loss}, metrics: {metrics}, epochs: 1}}"
    assert problems_of(study_text(training=training)) == []


@pytest.mark.parametrize(
    "callback",
    [
        "{EarlyStopping: {monitor: val_loss, patience: 0}}",
        "{EarlyStopping: {monitor: val_accuracy, mode: max, restore_best_weights: true, baseline: 0.5}}",
        "{ModelCheckpoint: {monitor: val_accuracy, save_best_only: true}}",
        "ModelCheckpoint",
        "{ReduceLROnPlateau: {factor: 0.1, min_delta: 1e-7, patience: 2}}",
        "TerminateOnNaN",
        "{StopOnNoChange: {monitor: accuracy, epochs: 3}}",
        "{StopOnAverageChange: {threshold: 1e-5}}",
        "{EarlyStopping: val_crossentropy}",
    ],
)
def test_callbacks(callback):
    training = (
        "  loss: binary_crossentropy\n  metrics: [accuracy]\n  optimizer: Adam\n  epochs: 1\n  validate_on: test\n"
    )
    assert problems_of(study_text(training=f"training:\n{training}  callbacks: {{slot: {callback}}}")) == []


@pytest.mark.parametrize(
    "data",
    [
        "{p: load_digits, split: {train: 0.7, validation: 0.1, test: 0.2, shuffle: true}}",
        "{p: mnist, split: {train: 60000, test: 10000, shuffle: true}}",
        "{p: {make_blobs: {n_samples: [3, 7], centers: [[0, 0], [1, 1]], cluster_std: 2}}, split: {train: 3, test: 7}}",
        "{p: make_circles, split: {train: 3, test: 7}, scale: {inputs: {MinMaxScaler: {feature_range: [-1, 1]}}}}",
        "{p: {table: {x: [[0, 1], [1, 0]], y: [[0, 1], [1, 0]]}}, split: {train: 1, test: 1, shuffle: true}}",
        "{a: make_moons, b: make_moons, split: {train: {a: 50, b: 10}, test: {b: 20}}}",
        "{p: make_moons, split: {train: 9, test: 9}, multiply: {inputs: [1, 100]}, label_noise: 0.1, one_hot: true}",
        "{p: {make_hastie_10_2: {n_samples: 20000}}, split: {train: 9, test: 19000}}",
    ],
)
def test_data(data):
    columns = 2 if "one_hot" in data else 1
    model = f"model:\n  output: {{Dense: {{units: {columns}, activation: sigmoid}}}}"
    assert problems_of(study_text(data=f"data: {data}", model=model)) == []


def test_gradient_steps_keep_their_order_and_form():
    steps = make_study(
        training=(
            "training: {optimizer: Adam, loss: mse, epochs: 1, gradients: "
            "{scale: {clipnorm: 1}, cut: {clipvalue: 0.5}, all: {global_clipnorm: 2}, jitter: {noise: 0.01}}}"
        )
    ).base.to_plain()["training"]["gradients"]
    assert list(steps.items()) == [
        ("scale", {"clipnorm": 1}),
        ("cut", {"clipvalue": 0.5}),
        ("all", {"global_clipnorm": 2}),
        ("jitter", {"noise": 0.01}),
    ]
