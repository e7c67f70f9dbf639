"""What a run keeps besides its cell: files of readers that tell nobody what they open, the user's own modules."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrack.observe.models import serialize

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers

FIT = "clf = DecisionTreeClassifier(max_depth=1).fit(frame[['mean radius']], frame['target'])"

MODEL = '''"""A model of the user's own."""
API_KEY = "sk-proj-abcdef0123456789abcdef0123456789"


class Mean:
    """Predicts the mean."""

    def __init__(self, X, y, scale=1.0):
        self.X, self.y, self.scale = X, y, scale

    def train(self, rounds):
        self.mean = self.scale * sum(self.y) / len(self.y)
        return self.mean

    def predict(self, X):
        return [self.mean] * len(X)
'''


@pytest.fixture
def frames(cancer):
    """The cancer notebook with its data in files."""
    cancer.run(
        "X.assign(target=y).to_parquet('cancer.parquet')\nX.assign(target=y).to_csv('cancer.csv', index=False)\n"
        "import os; os.mkdir('parts'); X.assign(target=y).to_parquet('parts/a.parquet')"
    )
    return cancer


@pytest.mark.parametrize(
    ("read", "file"),
    [
        ("import pandas as pd\nframe = pd.read_parquet('cancer.parquet')", "cancer.parquet"),
        ("import polars as pl\nframe = pl.read_csv('cancer.csv').to_pandas()", "cancer.csv"),
        ("import polars as pl\nframe = pl.scan_parquet('*.parquet').collect().to_pandas()", "cancer.parquet"),
        (
            "import pyarrow.parquet as pq\nframe = pq.read_table('cancer.parquet').to_pandas()",
            "cancer.parquet",
        ),
        (
            "import pyarrow.parquet as pq\nframe = pq.ParquetFile('cancer.parquet').read().to_pandas()",
            "cancer.parquet",
        ),
        ("from pyarrow import csv\nframe = csv.read_csv('cancer.csv').to_pandas()", "cancer.csv"),
        (
            "import pandas as pd\nfrom pathlib import Path\nframe = pd.read_parquet(Path('parts'))",
            "parts/a.parquet",
        ),
    ],
)
def test_files_of_readers_outside_python_are_known(frames, read, file):
    frames.run(read)
    frames.run(FIT)
    assert [each.path for each in frames.last.files] == [file]
    assert frames.last.files[0].digest


def test_the_user_s_own_modules_are_in_the_environment_without_their_secrets(cancer, monkeypatch):
    (cancer.folder / "own_model_a.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(cancer.folder))
    cancer.run("import own_model_a\nclf = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)")
    first = cancer.last.environment
    facts = first.modules["own_model_a"]
    assert facts["path"] == "own_model_a.py"
    assert "class Mean" in facts["source"]
    assert "abcdef0123456789" not in facts["source"]
    (cancer.folder / "own_model_a.py").write_text(MODEL + "\nCHANGED = True\n", encoding="utf-8")
    cancer.run("clf.fit(X_train, y_train)")
    assert cancer.last.environment.modules == first.modules  # what is loaded did not change
    cancer.run("import importlib; _ = importlib.reload(own_model_a)\nclf.fit(X_train, y_train)")
    assert cancer.last.environment.digest != first.digest
    assert "CHANGED" in cancer.last.environment.modules["own_model_a"]["source"]


def test_a_model_that_was_given_its_data_when_built_is_a_run(cancer, monkeypatch):
    (cancer.folder / "own_model_b.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(cancer.folder))
    cancer.run(
        "from own_model_b import Mean\nmodel = Mean(X_train, y_train, scale=2.0)\nmean = model.train(3)"
    )
    run = cancer.last
    assert (run.model.class_name, run.model.variable) == ("Mean", "model")
    assert {data.name for data in run.datasets} == {"X_train", "y_train"}
    assert values(run) == {"scale": 2.0, "rounds": 3}


def test_a_model_of_the_user_s_own_module_loads_where_that_is_not(tmp_path, monkeypatch):
    (tmp_path / "own_model_c.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_model_c

    model = own_model_c.Mean([[1], [2]], [1.0, 3.0])
    model.train(1)
    (tmp_path / "model.pkl").write_bytes(serialize(model).stream)
    code = "import pickle; print(pickle.load(open('model.pkl', 'rb')).predict([[5]]))"
    told = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[2.0]\n"


def test_a_skorch_net_of_the_notebook_loads_in_another_process(tmp_path):
    pytest.importorskip("skorch")
    program = (
        "import pickle, sys, torch\nfrom torch import nn\nfrom skorch import NeuralNetClassifier\n"
        "from nbtrack.observe.models import serialize\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__(); self.line = nn.Linear(2, 2)\n"
        "    def forward(self, X):\n        return torch.softmax(self.line(X), -1)\n"
        "net = NeuralNetClassifier(Net, max_epochs=1, verbose=0)\n"
        "net.fit(torch.rand(20, 2), torch.randint(0, 2, (20,)))\n"
        "made = serialize(net)\npickle.dump((made.stream, [bytes(b) for b in made.buffers]), open('net.pkl', 'wb'))\n"
    )
    (tmp_path / "make.py").write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    code = (
        "import pickle, torch; s, b = pickle.load(open('net.pkl', 'rb')); net = pickle.loads(s, buffers=b);"
        "print(net.predict_proba(torch.rand(3, 2)).shape)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout == "(3, 2)\n"


HELPERS = '''"""Training code in a file beside the notebook."""
from sklearn.tree import DecisionTreeClassifier


def train_tree(X, y, depth=2):
    return DecisionTreeClassifier(max_depth=depth).fit(X, y)


def refit(model, X, y):
    model.fit(X, y)
    return {"train_acc": [0.5, model.score(X, y)]}


def load_tree(X, y):
    return DecisionTreeClassifier(max_depth=1).fit(X, y)


def accuracy_of(model, X, y):
    return model.score(X, y)
'''


@pytest.fixture
def helped(cancer, monkeypatch):
    """The cancer notebook with a module of helpers beside it."""
    (cancer.folder / "own_helpers.py").write_text(HELPERS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(cancer.folder))
    monkeypatch.delitem(sys.modules, "own_helpers", raising=False)
    return cancer


def test_a_model_trained_in_an_imported_module_is_found_by_comparing(helped):
    helped.run("import own_helpers\ntree = own_helpers.train_tree(X_train, y_train, depth=3)")
    (run,) = helped.runs
    assert (run.model.class_name, run.model.variable, run.model.stored) == (
        "DecisionTreeClassifier",
        "tree",
        True,
    )
    assert {data.name for data in run.datasets} == {"X_train", "y_train"}
    assert values(run) == {"max_depth": 3, "depth": 3}
    assert "train_tree()" in run.capture_notes[0]


def test_a_model_fitted_again_in_an_imported_module_is_a_run_with_its_curves(helped):
    helped.run(
        "from own_helpers import accuracy_of, load_tree, refit\nmodel = DecisionTreeClassifier(max_depth=2)"
    )
    helped.run("results = refit(model, X_train, y_train)")
    helped.run("results = refit(model, X_test, y_test)")
    assert [run.model.variable for run in helped.runs] == ["model", "model"]
    (curve,) = helped.last.metrics
    assert (curve.name, curve.points) == ("train_acc", 2)


def test_loading_scoring_and_copying_models_are_no_training(helped):
    helped.run("from own_helpers import accuracy_of, load_tree, train_tree")
    helped.run("other = load_tree(X_train, y_train)")
    helped.run("same = other\nacc = accuracy_of(other, X_test, y_test)")
    assert helped.runs == []
