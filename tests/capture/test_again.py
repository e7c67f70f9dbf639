"""Loops whose passes do the same again and again: what is watched at little cost is still seen."""

import pytest

SETUP = """
import numpy as np, torch
from sklearn.linear_model import SGDClassifier
rng = np.random.default_rng(0)
X, y = rng.normal(size=(64, 3)), np.tile([0, 1], 32)
Xt, yt = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
"""


def of(runs, kind):
    return [run for run in runs if run.model is not None and run.model.class_name == kind]


def test_every_step_of_a_long_loop_is_counted(notebook):
    notebook.run(SETUP)
    notebook.run("clf = SGDClassifier()\nfor i in range(50):\n    clf.partial_fit(X, y, classes=[0, 1])")
    assert notebook.last.fits == 50


def test_a_model_that_takes_the_place_of_another_in_the_middle_of_a_loop_has_a_run_of_its_own(notebook):
    notebook.run(SETUP)
    notebook.run(
        "first = model = SGDClassifier(alpha=1e-3)\n"
        "second = SGDClassifier(alpha=1e-2)\n"
        "for i in range(20):\n"
        "    if i == 12:\n"
        "        model = second\n"
        "    model.partial_fit(X, y, classes=[0, 1])\n"
    )
    assert sorted(run.fits for run in notebook.runs) == [8, 12]


def test_a_step_that_raises_is_not_counted(notebook):
    notebook.run(SETUP)
    notebook.run(
        "clf = SGDClassifier()\n"
        "for i in range(20):\n"
        "    try:\n"
        "        clf.partial_fit(X if i < 15 else X[:, :2], y, classes=[0, 1])\n"
        "    except ValueError:\n"
        "        pass\n"
    )
    assert notebook.last.fits == 15


def test_the_losses_of_two_nets_that_train_in_one_loop_are_each_net_s_own(notebook):
    notebook.run(SETUP)
    notebook.run(
        "class Net(torch.nn.Module):\n"
        "    def __init__(self, width):\n"
        "        super().__init__()\n"
        "        self.inner = torch.nn.Linear(3, 1)\n"
        "    def forward(self, x):\n"
        "        return self.inner(x)[:, 0]\n"
        "wide, narrow = Net(8), Net(2)\n"
        "criterion = torch.nn.MSELoss()\n"
        "for net in (wide, narrow):\n"
        "    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "    for epoch in range(30):\n"
        "        optimizer.zero_grad()\n"
        "        loss = criterion(net(Xt), yt)\n"
        "        loss.backward()\n"
        "        optimizer.step()\n"
    )
    runs = of(notebook.runs, "Net")
    assert [run.fits for run in runs] == [30, 30]
    assert [metric.points for run in runs for metric in run.metrics if metric.name == "loss"] == [30, 30]


def test_a_score_after_a_loop_of_predictions_measures_the_net_that_made_them(notebook):
    notebook.run(SETUP)
    notebook.run(
        "net = torch.nn.Linear(3, 1)\n"
        "optimizer = torch.optim.Adam(net.parameters(), lr=0.01)\n"
        "for epoch in range(10):\n"
        "    optimizer.zero_grad()\n"
        "    out = net(Xt)[:, 0]\n"
        "    loss = ((out - yt) ** 2).mean()\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "accuracy = float(((out > 0.5) == (yt > 0.5)).float().mean())\n"
    )
    assert "accuracy" in {metric.name for metric in notebook.last.metrics}


@pytest.mark.parametrize(
    ("predicted", "looks", "data"), [("net(Xt)", 1, {"Xt", "yt"}), ("net(Xt)[:, 0]", 3, {"Xt"})]
)
def test_a_loss_is_looked_at_in_the_first_passes_and_its_data_and_curve_are_there(
    notebook, looked, predicted, looks, data
):
    notebook.run(SETUP)
    notebook.run(
        f"yt = {'yt' if '[' in predicted else 'yt[:, None]'}\n"
        "net = torch.nn.Linear(3, 1)\n"
        "criterion = torch.nn.MSELoss()\n"
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "for i in range(20):\n"
        "    optimizer.zero_grad()\n"
        f"    loss = criterion({predicted}, yt)\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
    )
    assert looked.count("criterion") == looks
    assert {each.name for each in notebook.last.datasets} == data
    (curve,) = notebook.last.metrics
    assert (curve.name, curve.points) == ("loss", 20)
    assert notebook.last.fits == 20
