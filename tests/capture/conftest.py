"""A notebook as the tests see it: cells run in an IPython shell that watches, and the runs the store has afterwards."""

from __future__ import annotations

import pytest

from nbtrack.capture.watch import Watcher
from nbtrack.store import Store
from tests.shells import leave, watching_shell


class Notebook:
    """Runs cells one by one; what they print and show is kept."""

    def __init__(self, folder):
        self.folder = folder
        self.shell = watching_shell()

    def run(self, source, *, fails=False):
        result = self.shell.run_cell(source, store_history=True)
        if not fails:
            result.raise_error()
        return result

    @property
    def names(self):
        return self.shell.user_ns

    @property
    def shown(self):
        return [output["data"]["text/plain"] for output in self.shell.display_pub.outputs]

    @property
    def runs(self):
        """All runs, oldest first, whole."""
        if not (self.folder / ".nbtrack").is_dir():
            return []
        with Store.open(self.folder / ".nbtrack") as store:
            return [store.get_run(run.id) for run in reversed(store.find_runs())]

    @property
    def last(self):
        return self.runs[-1]

    def close(self):
        leave(self.shell)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    made = Notebook(tmp_path)
    yield made
    made.close()


@pytest.fixture
def looked(monkeypatch):
    """The names of the calls that were looked at whole, in order."""
    names = []
    leave = Watcher._leave

    def counted(self, flight, *given):
        names.append(flight.site.name)
        return leave(self, flight, *given)

    monkeypatch.setattr(Watcher, "_leave", counted)
    return names


@pytest.fixture
def cancer(notebook):
    """A notebook that has loaded and split the breast cancer data."""
    notebook.run(
        "from sklearn.datasets import load_breast_cancer\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "from sklearn.metrics import accuracy_score, f1_score\n"
        "X, y = load_breast_cancer(return_X_y=True, as_frame=True)\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
    )
    return notebook


def values(run):
    """The parameters that someone chose, by name."""
    return {param.name: param.value for param in run.params if param.origin != "default"}


def numbers(run):
    """The metrics, by name."""
    return {metric.name: metric.value for metric in run.metrics}
