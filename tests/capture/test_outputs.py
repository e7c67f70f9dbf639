"""What a training cell printed and drew is kept with its run, in a real kernel."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from nbtrack.store import Store

pytestmark = pytest.mark.kernel

CELLS = [
    "%load_ext nbtrack\n%matplotlib inline",
    "from sklearn.datasets import load_iris\nfrom sklearn.tree import DecisionTreeClassifier\n"
    "import matplotlib.pyplot as plt\nX, y = load_iris(return_X_y=True)\nprint('not of a run')",
    "import sys\nfor i in range(3):\n    print('epoch', i)\nprint('careful', file=sys.stderr)\n"
    "print('token = ghp_' + 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8')\n"
    "clf = DecisionTreeClassifier().fit(X, y)\nplt.plot([1, 2])\nplt.show()\n_ = plt.hist([1, 2, 3])",
    "print('x' * 500_000)\nclf = DecisionTreeClassifier(max_depth=1).fit(X, y)\nprint('end')",
]


def test_output_and_figures_of_a_training_cell_are_kept(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    with Store.open(tmp_path / ".nbtrack") as store:
        long, first = (store.get_run(run.id) for run in store.find_runs())
        figures = [(each.kind, store.read_attachment(each)[:4]) for each in store.attachments(first.id)]
        problems = [each for each in store.doctor(full=True) if each.severity == "error"]
    assert first.execution.stdout.startswith("epoch 0\nepoch 1\nepoch 2\n")
    assert "careful" in first.execution.stderr
    assert "ghp_" not in first.execution.stdout
    assert figures == [("figure", b"\x89PNG"), ("figure", b"\x89PNG")]
    assert len(long.execution.stdout) < 100_000
    assert long.execution.stdout.endswith("end\n")
    assert problems == []
    # The notebook shows what it always did: two figures, and the text, whole.
    shown = [output for output in notebook.cells[2].outputs if "image/png" in output.get("data", {})]
    assert len(shown) == 2
    assert "x" * 500_000 in notebook.cells[3].outputs[0]["text"]
