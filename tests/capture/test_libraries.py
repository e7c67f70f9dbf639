"""XGBoost, LightGBM and PyTorch cells as people write them."""

from __future__ import annotations

import pytest

from nbtrack.records import State


def values(run):
    return {param.name: param.value for param in run.params if param.origin != "default"}


def metric(run, name):
    return next(each for each in run.metrics if each.name == name)


def test_xgboost_by_its_own_interface(cancer):
    cancer.run(
        "import xgboost as xgb\ndtrain = xgb.DMatrix(X_train, y_train)\ndtest = xgb.DMatrix(X_test, y_test)\n"
        "params = {'max_depth': 3, 'eta': 0.3, 'objective': 'binary:logistic'}\n"
        "booster = xgb.train(params, dtrain, num_boost_round=5, evals=[(dtest, 'test')], evals_result={}, verbose_eval=False)",
    )
    (run,) = cancer.runs
    assert run.model.class_name == "Booster"
    assert run.model.variable == "booster"
    assert run.model.stored
    assert values(run)["max_depth"] == 3
    assert values(run)["num_boost_round"] == 5
    assert {data.name for data in run.datasets} >= {"dtrain", "dtest"}
    curve = next(each for each in run.metrics if each.points == 5)
    assert "logloss" in curve.name


def test_xgboost_by_scikit_learn_s_interface(cancer):
    cancer.run(
        "from xgboost import XGBClassifier\n"
        "clf = XGBClassifier(n_estimators=4, max_depth=2).fit(X_train, y_train)\nprint(clf.score(X_test, y_test))",
    )
    (run,) = cancer.runs
    assert values(run) == {"n_estimators": 4, "max_depth": 2}
    assert metric(run, "accuracy").value == cancer.names["clf"].score(
        cancer.names["X_test"], cancer.names["y_test"]
    )


def test_lightgbm_by_both_interfaces(cancer):
    cancer.run(
        "import lightgbm as lgb\ntrain = lgb.Dataset(X_train, y_train, free_raw_data=False)\n"
        "bst = lgb.train({'objective': 'binary', 'num_leaves': 7, 'verbose': -1}, train, num_boost_round=3)",
    )
    cancer.run("clf = lgb.LGBMClassifier(n_estimators=3, verbose=-1).fit(X_train, y_train)")
    first, second = cancer.runs
    assert values(first)["num_leaves"] == 7
    assert first.model.stored
    assert second.model.class_name == "LGBMClassifier"
    assert values(second)["n_estimators"] == 3


TORCH = """
import torch
from torch import nn
torch.manual_seed(0)
X = torch.linspace(0, 1, 40).unsqueeze(1)
y = 2 * X + 1
X_val, y_val = X[30:], y[30:]
X_tr, y_tr = X[:30], y[:30]
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
    def forward(self, x):
        return self.linear(x)
"""

LOOP = """
model = Line()
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(params=model.parameters(), lr=0.05)
epochs = 12
for epoch in range(epochs):
    model.train()
    y_pred = model(X_tr)
    loss = loss_fn(y_pred, y_tr)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.eval()
    with torch.inference_mode():
        val_loss = loss_fn(model(X_val), y_val)
"""


@pytest.fixture
def torch_notebook(notebook):
    notebook.run(TORCH)
    return notebook


def test_a_torch_loop_is_one_run_with_its_curves(torch_notebook):
    torch_notebook.run(LOOP)
    (run,) = torch_notebook.runs
    assert run.model.class_name == "Line"
    assert (run.model.variable, run.model.stored) == ("model", True)
    found = values(run)
    assert (found["optimizer"], found["lr"], found["epochs"]) == ("SGD", 0.05, 12)
    assert found["loss_fn"] == "MSELoss"
    loss = metric(run, "loss")
    assert (loss.points, loss.origin) == (12, "loop")
    assert loss.value == pytest.approx(torch_notebook.names["loss"].item())
    assert metric(run, "val_loss").value == pytest.approx(torch_notebook.names["val_loss"].item())
    assert {(data.name, data.role) for data in run.datasets} == {
        ("X_tr", "train"),
        ("y_tr", "train"),
        ("X_val", "test"),
        ("y_val", "test"),
    }
    assert found["manual_seed"] == 0


def test_a_torch_loop_in_a_function_is_seen(torch_notebook):
    torch_notebook.run(
        "def train_one(model, X, y, epochs, lr):\n"
        "    opt = torch.optim.Adam(model.parameters(), lr=lr)\n    loss_fn = nn.MSELoss()\n"
        "    for epoch in range(epochs):\n        loss = loss_fn(model(X), y)\n        opt.zero_grad()\n"
        "        loss.backward()\n        opt.step()\n    return model",
    )
    torch_notebook.run("net = train_one(Line(), X_tr, y_tr, epochs=5, lr=0.1)")
    (run,) = torch_notebook.runs
    found = values(run)
    assert (found["optimizer"], found["lr"], found["epochs"]) == ("Adam", 0.1, 5)
    assert run.model.variable == "net"
    assert metric(run, "loss").points == 5
    assert {data.name for data in run.datasets} >= {"X_tr"}


def test_a_loop_over_a_data_loader_digests_the_underlying_data(torch_notebook):
    torch_notebook.run(
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "loader = DataLoader(TensorDataset(X_tr, y_tr), batch_size=10, shuffle=True)\nmodel = Line()\n"
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for epoch in range(2):\n    for xb, yb in loader:\n        loss = ((model(xb) - yb) ** 2).mean()\n"
        "        opt.zero_grad(); loss.backward(); opt.step()",
    )
    (run,) = torch_notebook.runs
    assert "loader" in {data.name for data in run.datasets}
    assert metric(run, "loss").points == 6


def test_a_metric_function_of_the_notebook_measures_the_net(torch_notebook):
    torch_notebook.run(LOOP)
    torch_notebook.run(
        "def mae(y_true, y_pred):\n    return torch.mean(torch.abs(y_true - y_pred)).item()\n"
        "with torch.inference_mode():\n    preds = model(X_val)\nprint(mae(y_val, preds))",
    )
    (run,) = torch_notebook.runs
    names = torch_notebook.names
    assert metric(run, "mae").value == pytest.approx((names["y_val"] - names["preds"]).abs().mean().item())


def test_a_torch_loop_that_is_interrupted_keeps_its_curve_so_far(torch_notebook):
    torch_notebook.run(
        LOOP.replace("    model.eval()", "    if epoch == 4: raise KeyboardInterrupt\n    model.eval()"),
        fails=True,
    )
    (run,) = torch_notebook.runs
    assert run.state is State.CANCELED
    assert metric(run, "loss").points >= 4
