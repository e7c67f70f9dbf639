"""Losses that are named like a metric: looked at in the first passes of a loop, and told as if in all of them."""

import pytest

from nbtrack.store import Store
from nbtrack.store.scored import scored_data

SETUP = """
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
_ = torch.manual_seed(0)
X, y, labels = torch.randn(32, 3), torch.randn(32, 1), torch.randint(0, 2, (32,))
X_val, y_val, labels_val = torch.randn(16, 3), torch.randn(16, 1), torch.randint(0, 2, (16,))
net, other = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD([*net.parameters()], lr=0.01)
loss_of = torch.nn.MSELoss()
def my_loss(made, true):
    return ((made - true) ** 2).mean()
"""
LOOP = """
for i in range(20):
    optimizer.zero_grad()
    loss = {}
    loss.backward()
    optimizer.step()
last = loss.item()
"""


def told(run):
    return {(metric.name, metric.dataset): (metric.value, metric.points) for metric in run.metrics}


def scored(notebook):
    """The data that the last run was scored on: rows, and whether they are one dataset."""
    with Store.open(notebook.folder / ".nbtrack") as store:
        return {
            each.dataset: (each.rows, each.truth is not None) for each in scored_data(store, notebook.last.id)
        }


@pytest.mark.parametrize(
    ("loss", "site", "data"),
    [
        ("F.mse_loss(net(X), y)", "mse_loss", "y"),
        ("F.mse_loss(input=net(X), target=y)", "mse_loss", "y"),
        ("torch.nn.functional.l1_loss(net(X), y)", "l1_loss", "y"),
        ("loss_of(net(X), y)", "loss_of", "y"),
        ("my_loss(net(X), y)", "my_loss", "y"),
        ("F.mse_loss(net(X)[:, 0], y[:, 0])", "mse_loss", "net(X)[:, 0]"),
    ],
)
def test_a_loss_named_like_a_metric_is_looked_at_in_the_first_passes_and_its_last_value_is_told(
    notebook, looked, loss, site, data
):
    notebook.run(SETUP)
    notebook.run(LOOP.format(loss))
    last = notebook.names["last"]
    assert told(notebook.last) == {("loss", None): (last, 20), (site, data): (last, 1)}
    assert looked.count(site) <= 5
    assert looked.count("net") <= 5
    assert notebook.last.capture_notes == ()
    assert scored(notebook) == ({"y": (32, True)} if data == "y" else {})


def test_scores_computed_beside_a_loss_keep_all_their_points_and_their_data(notebook):
    notebook.run(SETUP)
    notebook.run(
        LOOP.format("F.mse_loss(net(X), y)").replace("last =", "    last =") + "    with torch.no_grad():\n"
        "        val_loss = F.mse_loss(net(X_val + i), y_val + i)\n"
        "last_val = val_loss.item()\n"
    )
    last, last_val = notebook.names["last"], notebook.names["last_val"]
    assert told(notebook.last) == {
        ("loss", None): (last, 20),
        ("val_loss", None): (last_val, 20),
        ("mse_loss", "y"): (last, 1),
        ("mse_loss", "y_val + i"): (last_val, 1),
    }
    assert scored(notebook) == {"y": (32, True), "y_val + i": (16 * 20, False)}


def test_a_validation_loss_that_still_needs_its_gradient_is_told_with_its_changing_data(notebook):
    notebook.run(SETUP)
    notebook.run(
        LOOP.format("F.mse_loss(net(X), y)").replace("last =", "    last =")
        + "    y_drawn = torch.randn(16, 1)\n"
        "    val_loss = F.mse_loss(net(X_val), y_drawn)\n"
    )
    assert told(notebook.last)["val_loss", None] == (notebook.names["val_loss"].item(), 20)
    assert told(notebook.last)["mse_loss", "y_drawn"] == (notebook.names["val_loss"].item(), 1)
    assert scored(notebook)["y_drawn"] == (16 * 20, False)


@pytest.mark.parametrize(
    ("drawn", "rows"),
    [
        ("y_batch = y[i % 2 * 16:][:16]", 32),
        ("y_batch = y + i", 32 * 19),
        ("y_batch = y.add_(1)", 32 * 19),
        ("y.numpy()[:] += 1; y_batch = y", 32 * 19),
    ],
)
def test_true_values_that_another_pass_draws_are_not_one_dataset(notebook, drawn, rows):
    notebook.run(SETUP)
    notebook.run(LOOP.format(f"None; {drawn}; out = net(X[:len(y_batch)]); loss = F.mse_loss(out, y_batch)"))
    assert scored(notebook) == {"y_batch": (rows, False)}  # in the first pass the net had no run yet


def test_batches_of_a_loader_that_shuffles_are_not_one_dataset(notebook, looked):
    notebook.run(SETUP)
    notebook.run(
        "loader = DataLoader(TensorDataset(X, y), batch_size=8, shuffle=True)\n"
        "for epoch in range(5):\n"
        "    for X_batch, y_batch in loader:\n"
        "        optimizer.zero_grad()\n"
        "        loss = F.mse_loss(net(X_batch), y_batch)\n"
        "        loss.backward()\n"
        "        optimizer.step()\n"
    )
    assert looked.count("mse_loss") <= 5
    assert told(notebook.last)["mse_loss", "y_batch"] == (notebook.names["loss"].item(), 1)
    assert scored(notebook) == {"y_batch": (8 * 19, False)}


def test_passes_that_do_not_train_are_told_too_where_they_share_the_loss_with_those_that_do(notebook):
    notebook.run(SETUP)
    notebook.run(
        "for epoch in range(12):\n"
        "    for phase in ('train', 'test'):\n"
        "        with torch.set_grad_enabled(phase == 'train'):\n"
        "            true = y if phase == 'train' else y_val\n"
        "            loss = F.mse_loss(net(X if phase == 'train' else X_val), true)\n"
        "        if phase == 'train':\n"
        "            optimizer.zero_grad()\n"
        "            loss.backward()\n"
        "            optimizer.step()\n"
    )
    assert told(notebook.last)["mse_loss", "true"] == (notebook.names["loss"].item(), 1)
    assert scored(notebook) == {"true": (48, False)}


def test_a_loss_of_two_nets_in_turn_is_each_net_s_own(notebook):
    notebook.run(SETUP)
    notebook.run(
        "second = torch.optim.SGD(other.parameters(), lr=0.1)\n"
        "for i in range(20):\n"
        "    a, b = net(X), other(X)\n"
        "    out = a if i < 10 else b\n"
        "    mse = F.mse_loss(out[:, 0], y[:, 0]).item()\n"
        "    loss = F.mse_loss(out, y)\n"
        "    if i == 9:\n"
        "        first = loss.item()\n"
        "    optimizer.zero_grad(), second.zero_grad()\n"
        "    loss.backward()\n"
        "    optimizer.step(), second.step()\n"
    )
    last = notebook.names["loss"].item()
    values = [
        sorted(metric.value for metric in run.metrics if metric.name == "mse_loss") for run in notebook.runs
    ]
    assert values == [[notebook.names["first"]] * 2, [last] * 2]


def test_a_loss_that_is_scaled_in_place_afterwards_is_told_as_it_was_computed(notebook):
    notebook.run(SETUP)
    notebook.run(
        LOOP.format("F.mse_loss(net(X), y); computed = loss.item()").replace(
            "last =", "    with torch.no_grad(): loss /= 4\nlast ="
        )
    )
    assert told(notebook.last)["mse_loss", "y"] == (notebook.names["computed"], 1)


def test_a_loss_of_an_earlier_pass_that_is_shown_is_no_metric_of_its_own(notebook):
    notebook.run(SETUP)
    notebook.run("kept = []\n" + LOOP.format("F.mse_loss(net(X), y); kept.append(loss)") + "kept[12]")
    assert {metric.name for metric in notebook.last.metrics} == {"loss", "mse_loss"}


def test_the_losses_of_earlier_passes_are_not_held(notebook):
    notebook.run(SETUP)
    notebook.run(
        "import gc, weakref\nmade = []\n"
        + LOOP.format("F.mse_loss(net(X), y); made.append(weakref.ref(loss))")
        + "_ = gc.collect()\nleft = [each() is not None for each in made]"
    )
    left = notebook.names["left"]
    assert len(left) == 20
    assert left[6:] == [False] * 13 + [True]
