"""Training without a library: gradient loops and least squares written out in a cell."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from nbtrack.capture.closed_forms import closed_form
from nbtrack.capture.gradient_loops import hand_loop

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers

LINE = (
    "import numpy as np\nrng = np.random.default_rng(0)\nX = np.c_[np.ones(40), rng.normal(size=40)]\n"
    "y = X @ np.array([1.0, 2.0]) + 0.1 * rng.normal(size=40)"
)


def loop_of(source):
    return hand_loop(
        next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.For | ast.While))
    )


@pytest.mark.parametrize(
    ("source", "moved"),
    [
        ("for i in range(9):\n    g = X.T @ (X @ w - y)\n    w = w - eta * g", ("w",)),
        ("for i in range(9):\n    w -= lr * X.T @ (X @ w - y)", ("w",)),
        (
            "for i in range(9):\n    p = forward(X, w, b)\n    dw, db = slopes(X, y, p)\n    w, b = w - lr * dw, b - lr * db",
            ("w", "b"),
        ),
        (
            "for i in range(9):\n    A, cache = forward(X, params)\n    grads = back(A, y, cache)\n"
            "    params = update_parameters(params, grads, learning_rate)",
            ("params",),
        ),
        (
            "for t in range(9):\n    loss = ((a + b * x - y) ** 2).sum()\n    loss.backward()\n    with torch.no_grad():\n"
            "        a -= lr * a.grad\n        b -= lr * b.grad",
            ("a", "b"),
        ),
        (
            "while moved:\n    labels = closest(X, centroids)\n    centroids = np.array([X[labels == k].mean(0) for k in range(K)])",
            ("centroids",),
        ),
        (
            "for _ in range(n):\n    for xi, t in zip(X, y):\n        update = self.eta * (t - self.predict(xi))\n        self.w_ += update * xi",
            ("self.w_",),
        ),
    ],
)
def test_a_loop_that_follows_its_own_error_trains(source, moved):
    assert loop_of(source).moved == moved


STEP = "def step(w, x, y):\n    grad = x.T @ (x @ w - y)\n    w -= lr * grad\n    return ((x @ w - y) ** 2).mean()\n"
SGD = "def sgd(params, lr):\n    with torch.no_grad():\n        for p in params:\n            p -= lr * p.grad\n            p.grad.zero_()\n"


def loop_with(functions, source):
    known = {each.name: each for each in ast.parse(functions).body}
    return hand_loop(ast.parse(source).body[0], known.get)


@pytest.mark.parametrize(
    ("functions", "source", "moved"),
    [
        (STEP, "for i in range(9):\n    loss = step(theta, X, y)", ("theta",)),
        (
            SGD,
            "for X, y in batches:\n    l = loss(net(X, w, b), y)\n    l.sum().backward()\n    sgd([w, b], 0.03)",
            ("w", "b"),
        ),
        (
            "def step(X, y):\n    with tf.GradientTape() as tape:\n        loss = cost(X @ W + b, y)\n"
            "    dW, db = tape.gradient(loss, [W, b])\n    W.assign_sub(dW * lr)\n    b.assign_sub(db * lr)\n    return loss",
            "for i in range(9):\n    loss = step(X, y)",
            ("W", "b"),
        ),
        (
            "def step(X):\n    global w\n    w = w - lr * slope(X, w)\n",
            "for i in range(9):\n    step(X)",
            ("w",),
        ),
        (
            "def update(params, grads, lr):\n    for k in params:\n        params[k] = params[k] - lr * grads[k]\n"
            "def step(params, X, y):\n    grads = backward(X, y, params)\n    update(params, grads, 0.1)\n",
            "for i in range(9):\n    step(params, X, y)",
            ("params",),
        ),
    ],
)
def test_a_step_inside_a_called_function_moves_what_it_is_handed(functions, source, moved):
    assert loop_with(functions, source).moved == moved


@pytest.mark.parametrize(
    ("functions", "source"),
    [
        (
            "def step(w, x, y):\n    w = w - lr * slope(x, w, y)\n    return w",
            "for i in range(9):\n    step(w, X, y)",
        ),
        (
            "def step(w, x, y):\n    w = w.copy()\n    w -= lr * (x @ w - y)\n",
            "for i in range(9):\n    step(w, X, y)",
        ),
        (
            "def evaluate(x, y):\n    error = 0\n    error += lr * (x - y)\n    return error",
            "for x, y in data:\n    evaluate(x, y)",
        ),
    ],
)
def test_what_a_function_binds_for_itself_stays_inside(functions, source):
    assert loop_with(functions, source) is None


@pytest.mark.parametrize(
    "source",
    [
        "for x in xs:\n    total = total + x",
        "for x, y in loader:\n    running_loss += loss_fn(model(x), y).item()",
        "for t in range(9):\n    x = x + dt * (A @ x)",
        "while abs(f(x)) > tol:\n    x = x - f(x) / df(x)",
        "for i in range(9):\n    a, b = b, a + b",
        "for i in range(9):\n    v = A @ b\n    b = v / np.linalg.norm(v)",
        "for eta in etas:\n    w = np.zeros(2)\n    for i in range(9):\n        w -= eta * X.T @ (X @ w - y)",
        "for s in range(n):\n    price = price + mu * price * dt + sigma * price * noise()",
    ],
)
def test_sums_simulations_and_sweeps_do_not(source):
    assert loop_of(source) is None


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("np.linalg.inv(X.T @ X) @ X.T @ y", ("X", "y")),
        ("np.linalg.inv(X.T.dot(X)).dot(X.T).dot(y)", ("X", "y")),
        ("np.dot(np.dot(np.linalg.inv(np.dot(X.T, X)), X.T), y)", ("X", "y")),
        ("np.linalg.pinv(X) @ y", ("X", "y")),
        ("np.linalg.solve(X.T @ X + alpha * np.eye(3), X.T @ y)", ("X", "y")),
        ("inv(X.T @ W @ X) @ X.T @ W @ y", ("X", "y")),
        ("np.linalg.solve(A, b)", None),
        ("np.linalg.inv(A) @ b", None),
        ("(x - mu).T @ np.linalg.inv(cov) @ (x - mu)", None),
        ("X @ np.linalg.inv(X.T @ X) @ X.T", None),
    ],
)
def test_least_squares_are_told_from_other_linear_algebra(source, data):
    found = closed_form(ast.parse(source, mode="eval").body, {})
    assert (found and found[1]) == data


def test_a_solution_in_steps_is_recognised():
    steps = {"A": ast.parse("X.T @ X", mode="eval").body, "c": ast.parse("X.T @ y", mode="eval").body}
    assert closed_form(ast.parse("np.linalg.solve(A, c)", mode="eval").body, steps) == ("solve", ("X", "y"))


def test_a_gradient_loop_is_a_run_with_its_curve_data_and_choices(notebook):
    notebook.run(LINE)
    notebook.run(
        "eta = 0.1\nn_epochs = 30\ntheta = np.zeros(2)\nfor epoch in range(n_epochs):\n"
        "    loss = np.mean((X @ theta - y) ** 2)\n    theta = theta - eta * 2 / len(X) * X.T @ (X @ theta - y)"
    )
    (run,) = notebook.runs
    assert (run.model.variable, run.model.class_name, run.model.framework, run.model.stored) == (
        "theta",
        "ndarray",
        "numpy",
        True,
    )
    assert values(run) == {"eta": 0.1, "n_epochs": 30}
    assert {data.name for data in run.datasets} == {"X", "y"}
    (loss,) = [each for each in run.metrics if each.name == "loss"]
    assert (loss.points, loss.value) == (30, notebook.names["loss"])


def test_a_loop_in_a_function_that_returns_from_within_is_seen(notebook):
    notebook.run(
        LINE + "\ndef descend(X, y, lr=0.1):\n    w = np.zeros(X.shape[1])\n    for i in range(1000):\n"
        "        grad = X.T @ (X @ w - y) / len(y)\n        w = w - lr * grad\n        if abs(grad).max() < 1e-3:\n            return w"
    )
    notebook.run("w = descend(X, y, lr=0.2)")
    (run,) = notebook.runs
    assert run.model.variable == "w"
    assert values(run) == {"lr": 0.2}
    notebook.run("mse = np.mean((X @ w - y) ** 2)\nmse")
    assert numbers(notebook.last) == {"mse": notebook.names["mse"]}


def test_a_sweep_makes_a_run_for_each_of_its_loops(notebook):
    notebook.run(LINE)
    notebook.run(
        "for eta in (0.05, 0.1):\n    w = np.zeros(2)\n    for i in range(20):\n        w -= eta * X.T @ (X @ w - y) / 40"
    )
    assert [values(run) for run in notebook.runs] == [{"eta": 0.05}, {"eta": 0.1}]


def test_least_squares_in_closed_form_are_a_run(notebook):
    notebook.run(LINE)
    notebook.run("beta = np.linalg.inv(X.T @ X) @ X.T @ y\nbeta")
    (run,) = notebook.runs
    assert (run.label, run.model.variable) == ("least_squares-1", "beta")
    assert {data.name for data in run.datasets} == {"X", "y"}
    notebook.run("coef, *_ = np.linalg.lstsq(X, y, rcond=None)")
    assert (notebook.last.label, notebook.last.model.variable) == ("lstsq-1", "coef")


def test_two_parameters_moved_together_are_one_model(notebook):
    notebook.run(LINE)
    notebook.run(
        "w, b, lr = 0.0, 0.0, 0.1\nx = X[:, 1]\nfor i in range(50):\n    error = w * x + b - y\n"
        "    w -= lr * (error * x).mean()\n    b -= lr * error.mean()"
    )
    (run,) = notebook.runs
    assert (run.model.class_name, run.model.variable) == ("dict", "w")
    assert values(run) == {"lr": 0.1}


def test_a_class_of_the_notebook_with_its_own_loop_is_one_run(notebook):
    notebook.run(
        LINE
        + "\nclass Adaline:\n    def __init__(self, eta=0.01, n_iter=5):\n        self.eta, self.n_iter = eta, n_iter\n"
        "    def fit(self, X, y):\n        self.w_ = np.zeros(X.shape[1])\n        for _ in range(self.n_iter):\n"
        "            errors = y - X @ self.w_\n            self.w_ += self.eta * X.T @ errors\n        return self"
    )
    notebook.run("ada = Adaline(eta=0.005).fit(X, y)")
    (run,) = notebook.runs
    assert (run.model.class_name, run.model.variable) == ("Adaline", "ada")
    assert values(run) == {"eta": 0.005}


def test_steps_inside_a_called_function_are_a_run(cancer):
    cancer.run(
        LINE + "\nw = np.zeros(2)\nlr = 0.01\ndef training_step(w, x, t):\n    error = x @ w - t\n"
        "    w -= lr * x.T @ error\n    return (error ** 2).mean()"
    )
    cancer.run("for epoch in range(20):\n    loss = training_step(w, X, y)")
    (run,) = cancer.runs
    assert (run.model.variable, run.model.stored) == ("w", True)
    assert values(run)["lr"] == 0.01
    assert {each.name for each in run.datasets} == {"X", "y"}
    (curve,) = [metric for metric in run.metrics if metric.name == "loss"]
    assert curve.points == 20


def test_a_number_is_not_moved_by_the_function_it_is_handed(cancer):
    cancer.run(
        LINE
        + "\nw = 0.0\nlr = 0.01\ndef training_step(w, x, t):\n    w -= lr * x[:, 1] @ (x[:, 1] * w - t)\n    return w"
    )
    cancer.run("for epoch in range(20):\n    training_step(w, X, y)")
    assert cancer.runs == []


def test_a_textbook_s_own_sgd_is_a_run(cancer):
    torch = pytest.importorskip("torch")
    cancer.run(
        "import torch\ntorch.manual_seed(0)\nfeatures = torch.randn(32, 2)\nlabels = features @ torch.tensor([2.0, -3.0]) + 1\n"
        "w = torch.zeros(2, requires_grad=True)\nb = torch.zeros(1, requires_grad=True)"
    )
    cancer.run(
        "def sgd(params, lr, batch_size):\n    with torch.no_grad():\n        for param in params:\n"
        "            param -= lr * param.grad / batch_size\n            param.grad.zero_()"
    )
    cancer.run(
        "lr = 0.03\nfor epoch in range(3):\n    for i in range(0, 32, 8):\n        X, y = features[i:i+8], labels[i:i+8]\n"
        "        l = ((X @ w + b - y) ** 2 / 2)\n        l.sum().backward()\n        sgd([w, b], lr, 8)\n"
        "    with torch.no_grad():\n        train_loss = ((features @ w + b - labels) ** 2 / 2).mean()"
    )
    (run,) = cancer.runs
    assert torch.equal(cancer.names["w"], next(iter(run_model(cancer, run).values())))
    assert values(run)["lr"] == 0.03
    assert {each.name for each in run.datasets} == {"features", "labels"}
    assert "train_loss" in numbers(run)


def run_model(notebook, run):
    return notebook.run(f"import nbtrack\nnbtrack.get({run.id!r}).model()").result
