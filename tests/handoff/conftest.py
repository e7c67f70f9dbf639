"""A run with a real model in a real store, made once; bundles of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.store import Store
from tests.shells import leave, watching_shell

QUICK = Options(lock=False)

CELLS = [
    """
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rng = np.random.default_rng(0)
X_train = pd.DataFrame({"age": rng.integers(18, 90, 60), "income": rng.normal(3e4, 9e3, 60)})
y_train = np.where(X_train["age"] > 50, "yes", "no")
X_test = pd.DataFrame({"age": rng.integers(18, 90, 20), "income": rng.normal(3e4, 9e3, 20)})
y_test = np.where(X_test["age"] > 50, "yes", "no")
""",
    """
clf = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(X_train, y_train)
accuracy = clf.score(X_test, y_test)
""",
    """
from xgboost import XGBClassifier
booster = XGBClassifier(n_estimators=5, max_depth=2).fit(X_train, (y_train == "yes").astype(int))
""",
    """
from lightgbm import LGBMClassifier
trees = LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1).fit(X_train, y_train)
""",
    """
import torch
HIDDEN = 4
class Net(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(width, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    def forward(self, x):
        return torch.sigmoid(self.layers(x))
torch.manual_seed(0)
net = Net(2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
inputs = torch.tensor(X_train.to_numpy() / 1e4, dtype=torch.float32)
targets = torch.tensor((y_train == "yes").astype("float32"))[:, None]
for epoch in range(3):
    optimizer.zero_grad()
    outputs = net(inputs)
    loss = torch.nn.functional.binary_cross_entropy(outputs, targets)
    loss.backward()
    optimizer.step()
""",
    """
from sklearn.preprocessing import FunctionTransformer
lam = make_pipeline(FunctionTransformer(lambda X: X * 2), LogisticRegression(max_iter=1000)).fit(X_train / 1e4, y_train)
""",
    """
from sklearn.base import BaseEstimator, TransformerMixin
class Clip(TransformerMixin, BaseEstimator):
    def __init__(self, top=3.0):
        self.top = top
    def fit(self, X, y=None):
        self.fitted_ = True
        return self
    def transform(self, X):
        return np.clip(np.asarray(X), None, self.top)
own = make_pipeline(StandardScaler(), Clip(), LogisticRegression()).fit(X_train, y_train)
""",
]
LABELS = (
    "LogisticRegressionPipeline-1",
    "XGBClassifier-1",
    "LGBMClassifier-1",
    "Net-1",
    "LogisticRegressionPipeline-2",
    "LogisticRegressionPipeline-3",
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a project in whose notebook the cells above ran."""
    project = tmp_path_factory.mktemp("project")
    before, variables = Path.cwd(), dict(os.environ)
    os.chdir(project)
    os.environ["IPYTHONDIR"] = str(project / "ipython")
    try:
        shell = watching_shell()
        for cell in CELLS:
            shell.run_cell(cell.strip(), store_history=True).raise_error()
        leave(shell)
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(variables)
    return project


@pytest.fixture
def project(trained, tmp_path):
    """A copy of that project of one's own."""
    copy = tmp_path / "project"
    shutil.copytree(trained, copy)
    return copy


@pytest.fixture
def store(project):
    with Store.open(project / ".nbtrack") as opened:
        yield opened


@pytest.fixture(scope="session")
def bundles(trained, tmp_path_factory):
    """Bundles by label, each written once, from a copy: an export is recorded."""
    place, made = tmp_path_factory.mktemp("bundles"), {}
    shutil.copytree(trained, place / "project")

    def bundle(label="LogisticRegressionPipeline-1"):
        if label not in made:
            with Store.open(place / "project" / ".nbtrack") as opened:
                made[label] = export(opened, opened.get_run(label), place / label, options=QUICK)
        return made[label]

    return bundle


@pytest.fixture
def bundle(bundles, tmp_path):
    """A copy of the first one, to be altered."""
    copy = tmp_path / "bundle"
    shutil.copytree(bundles().path, copy)
    return copy


@pytest.fixture
def gated(tmp_path, monkeypatch):
    """A notebook with split data in a project of its own: called with a cell it runs it.

    ``folder`` is the store, ``names`` the variables.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = watching_shell()

    def run(source):
        shell.run_cell(source, store_history=True).raise_error()

    run(
        "import pandas as pd\n"
        "from sklearn.datasets import load_breast_cancer\n"
        "from sklearn.dummy import DummyClassifier\n"
        "from sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.metrics import accuracy_score\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "X, y = load_breast_cancer(return_X_y=True, as_frame=True)\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)"
    )
    run.folder, run.names = tmp_path / ".nbtrack", shell.user_ns
    yield run
    leave(shell)
