"""What the user's own code gives is the same with nbtrack as without: in a real kernel, cell by cell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.kernel

CELLS = [
    "import warnings; warnings.simplefilter('ignore')\n"
    "from sklearn.datasets import load_iris\nfrom sklearn.svm import SVC\nfrom sklearn.metrics import accuracy_score\n"
    "X, y = load_iris(return_X_y=True)",
    "def train(C, data=None):\n"
    '    """Train a classifier.\n\n    >>> train(1.0).C\n    1.0\n    """\n'
    "    model = SVC(C=C)\n    model.fit(X if data is None else data, y)\n    return model",
    "model = train(2.0)\nmodel",
    "import inspect\nprint(inspect.getsource(train))\nprint(train.__code__.co_names, train.__code__.co_firstlineno)",
    "import doctest\nprint(doctest.run_docstring_examples(train, globals()))",
    "train(-1)",
    "for C in (1, 2):\n    accuracy_score(y, model.predict(X[:10 if C == 2 else None]))",
    "max(\n    train(1.0).score(X, y),\n    train('two').score(X, y),\n)",
    "class Mine(SVC):\n    def fit(self, X, y):\n        raise RuntimeError('mine')\nMine().fit(X, y)",
    "import traceback\ntry:\n    train(-3)\nexcept Exception:\n    text = traceback.format_exc()\nprint(chr(10).join(text.splitlines()[:6]))",
    "[name for name in dir() if 'nbtrack' in name]",
    "import sys\nsys.exc_info(), accuracy_score.__name__, type(train), train",
    "x = await __import__('asyncio').sleep(0, result=5)\nx",
    "%%capture out\nprint('hidden')\nmodel.score(X, y)",
    "out.stdout",
    "def numbers():\n    yield model.score(X, y)\nlist(numbers())",
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n"
    "    print([m.C for m in pool.map(train, [1.0, 3.0])])",
    "from joblib import Parallel, delayed\nprint([m.C for m in Parallel(n_jobs=2)(delayed(train)(c) for c in (1.0, 2.0))])",
    "import cloudpickle\nopen('train.pkl', 'wb').write(cloudpickle.dumps(train))\n"
    "open('mine.pkl', 'wb').write(cloudpickle.dumps(Mine))\nimport joblib\n_ = joblib.dump(model, 'model.joblib')",
    "1 +",
    "undefined_name.fit(X)",
    "model.fit(X, y, sample_weight=[1])",
    "print(f'{accuracy_score(y, model.predict(X)):.3f} {model.C!r}', '%d%%' % model.C, 'a' + str(model.C))",
]


def run(folder: Path, first: str):
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in [first, *CELLS]])
    client = NotebookClient(
        notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return [[comparable(each) for each in cell.outputs if not ours(each)] for cell in notebook.cells[1:]]


def ours(output):
    return "nbtrack" in output.get("metadata", {})


def comparable(output):
    output = dict(output)
    output.pop("execution_count", None)
    text = repr(output)
    text = re.sub(r"ipykernel_\d+/\d+", "ipykernel_N/N", text)
    return re.sub(r"0x[0-9a-f]+", "0x", text)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    return run(folder / "without", "pass"), run(folder / "with", "%load_ext nbtrack"), folder


@pytest.mark.parametrize("number", range(len(CELLS)))
def test_a_cell_gives_the_same_output(both, number):
    without, with_nbtrack, _ = both
    assert with_nbtrack[number] == without[number]


def test_what_was_pickled_loads_where_nbtrack_is_not_installed(both):
    folder = both[2] / "with"
    assert (folder / ".nbtrack").is_dir()
    code = (
        "import sys, pickle\nsys.modules['nbtrack'] = None\n"
        "train = pickle.load(open('train.pkl', 'rb')); mine = pickle.load(open('mine.pkl', 'rb'))\n"
        "print(train(1.5).C, mine.__name__)\nimport joblib; print(joblib.load('model.joblib').C)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1.5", "Mine", "2.0"]
    assert b"nbtrack" not in (folder / "train.pkl").read_bytes() + (folder / "mine.pkl").read_bytes()


DEBUGGED = """{first}
from sklearn.svm import SVC
def train(C):
    model = SVC(C=C)
    return model.fit([[0.0], [1.0]], [0, 1])

train(-1)
%debug
where
u
u
u
u
u
u
u
p model.C
q
print('over')
"""


def debugged(first, folder, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"],
        input=DEBUGGED.format(first=first),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        check=True,
    )
    text = re.sub(r"ipython-input-\d+-\w+", "cell", done.stdout)
    # The one line that nbtrack adds stands where an output would.
    return [line for line in text.splitlines() if "▸ SVC-1" not in line]


def test_the_debugger_sees_the_frames_of_the_user_s_code_alone(tmp_path, monkeypatch):
    without = debugged("pass", tmp_path, monkeypatch)
    assert debugged("%load_ext nbtrack", tmp_path, monkeypatch) == without
    assert any("InvalidParameterError" in line for line in without)


WARNS = (
    "import warnings\n"
    "from sklearn.base import BaseEstimator\n"
    "class Talks(BaseEstimator):\n"
    "    def __init__(self, C=1.0):\n"
    "        self.C = C\n"
    "    def get_params(self, deep=True):\n"
    "        warnings.warn('asked for its parameters', DeprecationWarning)\n"
    "        return {'C': 2.0}\n"
    "    def __reduce__(self):\n"
    "        warnings.warn('pickled', DeprecationWarning)\n"
    "        return super().__reduce__()\n"
    "    def fit(self, X, y):\n"
    "        return self\n"
)


@pytest.mark.parametrize("action", ["error", "default", "always"])
def test_what_a_library_warns_of_when_it_is_asked_is_neither_shown_nor_raised(notebook, action, recwarn):
    notebook.run(f"{WARNS}warnings.simplefilter({action!r})\nbefore = list(warnings.filters)")
    notebook.run("clf = Talks().fit([[1]], [1])")
    assert [param.value for param in notebook.last.params] == [2.0]
    assert notebook.last.model.stored
    assert notebook.last.capture_notes == ()
    assert not [one for one in recwarn if "asked" in str(one.message) or "pickled" in str(one.message)]
    notebook.run("assert warnings.filters == before")
