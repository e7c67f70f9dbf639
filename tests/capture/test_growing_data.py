"""Data that grew between two runs is told as such, also where the second was made by another kernel."""

import pytest

from nbtrack.differences.between import between
from nbtrack.store import Store

LOAD = (
    "import numpy as np, pandas as pd\nfrom sklearn.linear_model import LinearRegression\n"
    "X = np.arange(600.0).reshape(200, 3) ** 1.5\ny = X.sum(axis=1)\n"
)


def data_reasons(notebook, then, now):
    with Store.open(notebook.folder / ".nbtrack") as store:
        return {one.subject: one.detail for one in between(store, then, now).reasons if one.kind == "data"}


@pytest.mark.parametrize("other_kernel", [False, True])
def test_appended_rows_are_told(notebook, other_kernel):
    notebook.run(LOAD)
    notebook.run("model = LinearRegression().fit(X[:150], y[:150])")
    if other_kernel:
        notebook.run("%unload_ext nbtrack")
        notebook.run("%load_ext nbtrack")
        notebook.run(LOAD)
    notebook.run("model = LinearRegression().fit(X[:171], y[:171])")
    told = data_reasons(notebook, *notebook.runs)
    assert list(told.values()) == ["train; same schema; 21 rows appended"] * 2


def test_a_frame_that_grew_under_its_name_is_told(notebook):
    notebook.run(LOAD + "frame = pd.DataFrame(X, columns=list('abc'))\nmodel = LinearRegression()")
    notebook.run("data = frame[:100].copy()\nmodel.fit(data, y[:len(data)])")
    notebook.run("data = pd.concat([data, frame[100:107]])\nmodel.fit(data, y[:len(data)])")
    assert data_reasons(notebook, *notebook.runs)["data"] == "train; same schema; 7 rows appended"
