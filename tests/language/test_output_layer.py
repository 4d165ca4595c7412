"""A loss that does not fit the output layer or the targets: what is refused, and what is left to Keras."""

import pytest

from tests.language.texts import SECTIONS, problems_of, study_text

BLOBS = "data:\n  points: {make_blobs: {n_samples: 100, centers: 3}}\n  split: {train: 30, test: 70}"
MOONS = SECTIONS["data"]
ONE_HOT = "\n  one_hot: true"


def messages(loss, output, data=MOONS):
    training = f"training: {{optimizer: Adam, loss: {loss}, epochs: 10}}"
    return [
        message for _, message in problems_of(study_text(model=f"model: {{{output}}}", training=training, data=data))
    ]


@pytest.mark.parametrize(
    ("loss", "output", "data", "message"),
    [
        ("binary_crossentropy", "o: {Dense: 1}", MOONS, "'o' is linear; expected activation: sigmoid"),
        ("BinaryCrossentropy", "o: {Dense: 1}", MOONS, "'binary_crossentropy' expects probabilities"),
        ("bce", "o: {Dense: {units: 1, activation: softmax}}", MOONS, "softmax of one unit is always 1"),
        ("bce", "o: {Dense: 1}, last: {Activation: softmax}", MOONS, "softmax of one unit is always 1, so 'o'"),
        ("categorical_crossentropy", "o: {Dense: {units: 2, activation: softmax}}", MOONS, "expects one-hot rows"),
        ("categorical_crossentropy", "o: {Dense: {units: 1, activation: sigmoid}}", MOONS + ONE_HOT, "is always 0"),
        (
            "sparse_categorical_crossentropy",
            "o: {Dense: {units: 3, activation: softmax}}",
            BLOBS + ONE_HOT,
            "expects integer classes",
        ),
        (
            "sparse_categorical_crossentropy",
            "o: {Dense: {units: 2, activation: softmax}}",
            BLOBS,
            "'o' has 2 units for 3 classes",
        ),
        ("sparse_categorical_crossentropy", "o: {Dense: 3}", BLOBS, "expected activation: softmax"),
        (
            "bce",
            "o: {Dense: {units: 2, activation: sigmoid}}",
            MOONS,
            "'o' has 2 units for one column of classes; expected 1 unit",
        ),
        (
            "bce",
            "o: {Dense: {units: 1, activation: sigmoid}}",
            MOONS + ONE_HOT,
            "'o' has 1 unit for one-hot rows of 2 classes; expected 2 units",
        ),
        (
            "categorical_crossentropy",
            "o: {Dense: {units: 4, activation: softmax}}",
            BLOBS + ONE_HOT,
            "'o' has 4 units for one-hot rows of 3 classes",
        ),
    ],
)
def test_what_cannot_learn_is_refused(loss, output, data, message):
    (found,) = messages(loss, output, data)
    assert found.startswith("training.loss")
    assert message in found


def test_label_noise_of_classes_is_a_probability():
    (found,) = messages("bce", "o: {Dense: {units: 1, activation: sigmoid}}", MOONS + "\n  label_noise: 1.5")
    assert found == "data.label_noise: expected a probability up to 1 for targets that are classes, found 1.5"


@pytest.mark.parametrize(
    ("loss", "output", "data"),
    [
        ("{BinaryCrossentropy: {from_logits: true}}", "o: {Dense: 1}", MOONS),
        ("bce", "o: {Dense: 1}, last: {Activation: sigmoid}", MOONS),
        ("bce", "o: {Dense: 1}, last: {Activation: {activation: {LeakyReLU: 0.1}}}", MOONS),
        ("bce", "o: {Dense: {units: 2, activation: softmax}}", MOONS + ONE_HOT),
        ("bce", "o: {Dense: {units: 1, activation: relu}}", MOONS),
        ("bce", "o: {Dense: 1}, norm: BatchNormalization", MOONS),
        ("hinge", "o: {Dense: {units: 1, activation: tanh}}", MOONS),
        ("hinge", "o: {Dense: 1}", MOONS),
        ("mse", "o: {Dense: 1}", MOONS),
        ("sparse_categorical_crossentropy", "o: {Dense: {units: 10, activation: softmax}}", BLOBS),
        ("sparse_categorical_crossentropy", "o: {Dense: 3}, last: Softmax", BLOBS),
        ("{SparseCategoricalCrossentropy: {from_logits: true}}", "o: {Dense: 3}", BLOBS),
        ("categorical_crossentropy", "o: {Dense: {units: 3, activation: softmax}}", BLOBS + ONE_HOT),
    ],
)
def test_what_keras_can_train_is_left_to_keras(loss, output, data):
    assert messages(loss, output, data) == []
