import os
import types

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbtrack import frameworks

X = np.arange(8.0).reshape(4, 2)
y = np.array([0.0, 1.0, 0.0, 1.0])


class Descent:
    """A model written in a notebook, without any library."""

    def __init__(self, lr=0.01, epochs=10, layers=(2, 1)):
        self.lr = lr
        self.epochs = epochs
        self.layers = layers

    def fit(self, X, y, *, verbose=False):
        self.weights = np.linalg.pinv(X) @ y
        return [0.5] if verbose else None

    def train(self, *, mode=True):
        self.mode = mode

    def predict(self, X):
        return X @ self.weights


class Results:
    def __init__(self, mean):
        self.mean = mean

    def predict(self, X):
        return np.full(len(X), self.mean)


class Specification:
    def __init__(self, kind="mean"):
        self.kind = kind

    def fit(self, data):
        return Results(np.mean(data))


def test_a_class_of_the_notebook_with_fit_is_trained(train):
    seen = train(Descent(lr=0.5).fit, X, y, verbose=True)
    assert (seen.framework.name, seen.training.kind) == ("generic", "model")
    assert seen.data == [("train", 0), ("train", 1)]
    assert seen.training.params == {"verbose": True}
    assert isinstance(seen.outcome.model, Descent)
    assert seen.parameters.explicit == {"lr": 0.5}
    assert seen.parameters.default == {"epochs": 10, "layers": [2, 1]}


def test_an_object_that_fit_returns_is_the_model_where_it_predicts(train):
    seen = train(Specification().fit, [1.0, 2.0])
    assert isinstance(seen.outcome.model, Results)


@pytest.mark.parametrize(
    "data", [X, pd.DataFrame(X), pd.Series(y), [1, 2, 3], [[1.0], [2.0]], [["a", "word"]]]
)
def test_arrays_frames_and_rows_are_data(call, data):
    assert frameworks.training(call(Descent().fit, data, y)) is not None


@pytest.mark.parametrize("data", ["train.csv", 3, None, [], {"a": 1}, len])
def test_without_data_nothing_is_trained(call, data):
    assert frameworks.training(call(Specification().fit, data)) is None
    assert frameworks.training(call(Descent().train)) is None
    assert frameworks.training(call(Descent().train, mode=True)) is None


def test_fit_of_other_trades_trains_nothing(call):
    figure = Figure()
    figure.fit = Descent().fit
    module = types.ModuleType("os_like")
    module.train = Descent().fit
    series = pd.Series(y)
    assert frameworks.training(call(types.MethodType(Descent.fit, figure), X, y)) is None
    assert frameworks.training(call(types.MethodType(Descent.fit, series), X, y)) is None
    assert frameworks.training(call(types.MethodType(Descent.fit, module), X, y)) is None
    assert frameworks.training(call(os.path.join, "a", "b")) is None


def test_predictions_and_scores_of_unknown_models_are_seen(call):
    model = Descent()
    model.fit(X, y)
    assert frameworks.predictor(call(model.predict, X)) is model
    assert frameworks.owner(model).name == "generic"
    assert frameworks.owner(Specification()) is None  # it only specifies
    model.score = types.MethodType(lambda *_: np.float64(0.5), model)
    assert frameworks.scores(frameworks.Call("score", model.score, model, (X, y), {}), np.float64(0.5)) == {
        "score": 0.5
    }
    assert frameworks.scores(frameworks.Call("score", model.score, model, (X, y), {}), "high") is None


def test_a_library_s_own_data_set_is_data(call):
    class Trainset:
        ratings = ((1, 2, 5.0),)

    assert frameworks.training(call(Descent().fit, Trainset(), verbose=True))[1].params == {"verbose": True}


def test_polynomials_curves_and_lines_are_models_of_numpy_and_scipy(train):
    import scipy.optimize
    import scipy.stats

    polynomial = train(np.polynomial.Polynomial.fit, X[:, 0], X[:, 1], deg=1)
    assert (polynomial.framework.name, polynomial.training.params) == ("numpy", {"deg": 1})
    assert polynomial.outcome.model(3.0) == pytest.approx(4.0)
    line = train(np.polyfit, X[:, 0], X[:, 1], 1)
    assert (line.framework.name, line.data, line.training.params) == (
        "numpy",
        [("train", 0), ("train", 1)],
        {"deg": 1},
    )
    assert line.outcome.model is line.result
    curve = train(scipy.optimize.curve_fit, lambda x, k: k * x, X[:, 0], 2 * X[:, 0])
    assert (curve.framework.name, curve.data) == ("scipy", [("train", 1), ("train", 2)])
    regression = train(scipy.stats.linregress, X[:, 0], y)
    assert regression.outcome.scores["rvalue"] == regression.result.rvalue
    normal = train(scipy.stats.norm.fit, y)
    assert normal.training.params == {"distribution": "norm"}
