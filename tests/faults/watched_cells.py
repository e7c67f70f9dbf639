"""Cells in an IPython shell that watches; `python watched_cells.py` makes a project with one trained model where it stands."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

SETUP = """
from sklearn.tree import DecisionTreeClassifier
X, y = [[0.0, 1.0], [1.0, 0.5], [2.0, 0.25]], [0, 1, 1]
"""
TRAIN = "tree = DecisionTreeClassifier(max_depth={}).fit(X, y)\nfound = tree.predict(X).tolist()"


# A model of the notebook's own: a process that loads it, as an export does, imports no library.
OWN = """
class Net:
    def fit(self, X, y):
        self.found_ = y
        return self
    def predict(self, X):
        return self.found_
net = Net().fit(X, y)
"""


class Notebook:
    """A shell with the extension loaded; :meth:`train` runs a training cell and gives what the user sees of it."""

    def __init__(self) -> None:
        # The history in memory: IPython writes the last of it at the end of the process, when the folder is gone.
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
        self.run("%load_ext nbtrack")
        self.run(SETUP)

    def run(self, cell: str) -> None:
        self.shell.run_cell(cell, store_history=True).raise_error()

    def train(self, depth: int) -> list[int]:
        self.run(TRAIN.format(depth))
        return self.shell.user_ns["found"]

    def close(self) -> None:
        self.run("%unload_ext nbtrack")


if __name__ == "__main__":
    notebook = Notebook()
    notebook.run(OWN)
    notebook.close()
