"""Keras and skorch."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
skorch = pytest.importorskip("skorch")

import torch  # noqa: E402 - after the skip

from nbtrack import frameworks  # noqa: E402

rng = np.random.default_rng(0)
X = rng.random((40, 2)).astype("float32")
y = (X[:, 0] > 0.5).astype("int64")
layers = keras.layers


@pytest.fixture
def net():
    keras.backend.clear_session()
    net = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(5, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return net


def test_fit_tells_data_choices_and_the_history(train, net):
    seen = train(net.fit, X, y, epochs=2, batch_size=8, verbose=0, validation_data=(X[:9], y[:9]))
    assert (seen.framework.name, seen.training.model) == ("keras", net)
    assert seen.data[2:] == [("validation", "validation_data[0]"), ("validation", "validation_data[1]")]
    assert seen.training.params == {"epochs": 2, "batch_size": 8, "verbose": 0}
    assert seen.outcome.curves["val_loss"] == tuple(seen.result.history["val_loss"])
    assert seen.outcome.scores["accuracy"] == seen.result.history["accuracy"][-1]
    assert seen.framework.fitted(net)


def test_what_was_compiled_and_the_layers_settings_are_parameters(net):
    assert frameworks.owner(net).parameters(net).explicit == {
        "optimizer": "Adam",
        "loss": "binary_crossentropy",
        "metrics": ["accuracy"],
        "dense.units": 5,
        "dense.activation": "relu",
        "dropout.rate": 0.2,
        "dense_1.units": 1,
        "dense_1.activation": "sigmoid",
    }


def test_layers_are_counted_within_the_net_and_optimizers_tell_what_differs(net):
    other = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Dense(2, name="out")]
    )
    optimizer = keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    other.compile(optimizer, keras.losses.MeanSquaredError(), metrics=[keras.metrics.MeanAbsoluteError()])
    assert frameworks.owner(other).parameters(other).explicit == {
        "optimizer": "SGD",
        "learning_rate": 0.05,
        "momentum": 0.9,
        "loss": "MeanSquaredError",
        "metrics": ["MeanAbsoluteError"],
        "conv2d.filters": 4,
        "conv2d.kernel_size": [3, 3],
        "out.units": 2,
    }


def test_wrapped_layers_are_told():
    net = keras.Sequential(
        [layers.Input((8,)), layers.Embedding(10, 3), layers.Bidirectional(layers.LSTM(4))]
    )
    assert frameworks.owner(net).parameters(net).explicit == {
        "embedding.input_dim": 10,
        "embedding.output_dim": 3,
        "bidirectional.lstm.units": 4,
    }


def test_evaluate_gives_its_numbers_by_name(call, net):
    values = net.evaluate(X, y, verbose=0)
    assert frameworks.scores(call(net.evaluate, X, y), values) == dict(
        zip(["loss", "accuracy"], values, strict=True)
    )
    assert frameworks.scores(call(net.evaluate, X, y, return_dict=True), {"loss": 0.5}) == {"loss": 0.5}


def test_predicting_and_calling_are_the_net_s(call, net):
    assert frameworks.predictor(call(net.predict, X)) is net
    assert frameworks.predictor(frameworks.Call("net", net, None, (X,), {})) is net


def test_batches_continue_and_normalization_is_preprocessing(train, net):
    assert train(net.train_on_batch, X, y).training.continues
    assert train(layers.Normalization().adapt, X).training.kind == "preprocessing"


def test_a_loop_of_gradients_trains_the_net_that_has_the_variables(train, net):
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(0.01)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(net(X) ** 2)
    gradients = tape.gradient(loss, net.trainable_variables)
    other = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    names = {"other": other, "net": net}
    seen = train(
        optimizer.apply_gradients,
        list(zip(gradients, net.trainable_variables, strict=True)),
        scope=lambda: names,
    )
    assert seen.training.continues
    assert seen.training.params == {"optimizer": "Adam", "learning_rate": 0.01}
    assert seen.outcome.model is net


class Module(torch.nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.hidden, self.out = torch.nn.Linear(2, width), torch.nn.Linear(width, 2)

    def forward(self, X):
        return torch.softmax(self.out(torch.relu(self.hidden(X))), -1)


def test_skorch_nets_tell_parameters_and_their_history(train, call):
    net = skorch.NeuralNetClassifier(Module, module__width=5, max_epochs=3, lr=0.1, verbose=0)
    assert not frameworks.owner(net).fitted(net)
    seen = train(net.fit, X, y)
    assert (seen.framework.name, seen.data) == ("skorch", [("train", 0), ("train", 1)])
    assert seen.before.explicit == {
        "module": "Module",
        "module__width": 5,
        "max_epochs": 3,
        "lr": 0.1,
        "verbose": 0,
    }
    assert set(seen.outcome.curves) == {"train_loss", "valid_loss", "valid_acc"}
    assert seen.outcome.curves["train_loss"] == tuple(net.history[:, "train_loss"])
    assert frameworks.scores(call(net.score, X, y), net.score(X, y)) == {"accuracy": net.score(X, y)}
