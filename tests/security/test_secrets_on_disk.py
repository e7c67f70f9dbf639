"""Secrets of many shapes go through every door of a notebook; afterwards no byte of the store has one.

Every secret is made up at run time: none stands in this file.
"""

from __future__ import annotations

import os
import random
import string
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "capture"))
from conftest import Notebook

from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.store import Store
from nbtrack.store.lock import WriteLock

lot = random.Random(11)
ALNUM = string.ascii_letters + string.digits


def drawn(length: int, letters: str = ALNUM) -> str:
    return "".join(lot.choices(letters, k=length - 2)) + "a7"


SECRETS = {
    "password": drawn(14),
    "cloud": "AKIA" + drawn(16, string.ascii_uppercase + string.digits).upper(),
    "hub": "ghp_" + drawn(36),
    "model": "sk-" + drawn(48),
    "chat": "xoxb-" + drawn(24, string.digits) + "-" + drawn(24),
    "hug": "hf_" + drawn(34),
    "pay": "sk_live_" + drawn(24),
    "jwt": "eyJ" + drawn(30) + ".eyJ" + drawn(40) + "." + drawn(43),
    "in_url": drawn(12),
    "environment": drawn(16),
    "path": "ghp_" + drawn(36),
    "asked": drawn(15),
}

SETUP = """
from sklearn.tree import DecisionTreeClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
X, y = [[0], [1]], [0, 1]
class Remote(ClassifierMixin, BaseEstimator):
    def __init__(self, api_key=None, url=None, depth=1):
        self.api_key, self.url, self.depth = api_key, url, depth
    def fit(self, X, y):
        self.classes_ = [0, 1]
        return self
    def predict(self, X):
        return [0 for _ in X]
"""
CELLS = [
    'password = "{password}"\nclf = DecisionTreeClassifier(max_depth=1).fit(X, y)',
    'clf = Remote(api_key="{model}", url="https://bob:{in_url}@db.example.com/x").fit(X, y)',
    'token = "{hub}"\nconfig = {{"aws_access_key_id": "{cloud}", "hf_token": "{hug}"}}\n'
    'print("using", token, config)\nclf = DecisionTreeClassifier(max_depth=2).fit(X, y)',
    '%%track -n story -t owner=me --note "call with {chat}" -p api_token\napi_token = "{pay}"\n'
    'clf = DecisionTreeClassifier(max_depth=3).fit(X, y)\nimport nbtrack\nnbtrack.param(session_token="{jwt}")',
    'clf = DecisionTreeClassifier(max_depth=1).fit(X, y)\nraise ValueError("401 for Authorization: Bearer {jwt}")',
    'import sys\nprint("psql postgresql://bob:{in_url}@localhost/db", file=sys.stderr)\n'
    "clf = DecisionTreeClassifier(max_depth=4).fit(X, y)",
    # What was met before, where no name tells of it.
    'print("again", password, token)\nother = password\nclf = DecisionTreeClassifier(max_depth=5).fit(X, y)',
    "import os\nprint('as', os.environ['DB_PASSWORD'], os.environ['OPENAI_API_KEY'])\n"
    "clf = DecisionTreeClassifier(max_depth=6).fit(X, y)",
    'where = "{password}"\nhow = {{"x": [where]}}\nclf = DecisionTreeClassifier(max_depth=7).fit(X, y)\n'
    "import nbtrack\nnbtrack.param(how=how, where=where)",
    "clf = DecisionTreeClassifier(max_depth=8).fit(X, y)\nraise RuntimeError(f'no answer with {{password}}')",
    "%%track -n {hub} -e {cloud} -t x={password} --note {password}\n"
    "clf = DecisionTreeClassifier(max_depth=9).fit(X, y)",
    "my_password = getpass()\nprint('typed', my_password)\nclf = DecisionTreeClassifier(max_depth=10).fit(X, y)",
]
BUNDLED = """
import os
def prepare(rows):
    # signs with {chat}
    secret = "{password}"
    return [row for row in rows]
clf = DecisionTreeClassifier(max_depth=2).fit(prepare(X), y)
print(os.environ["DB_PASSWORD"])
"""


def bytes_on_disk(folder: Path) -> bytes:
    """All bytes of the store, with what is compressed in it opened."""
    found = b""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            found += file.name.encode() + data
            for magic, opened in ((b"\x78\x9c", _inflated), (b"\x28\xb5\x2f\xfd", _unpacked)):
                at = data.find(magic)
                while at >= 0:
                    found += opened(data[at:])
                    at = data.find(magic, at + 1)
    return found


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _unpacked(data: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError:
        return b""


@pytest.fixture
def watched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OPENAI_API_KEY", SECRETS["model"])
    monkeypatch.setenv("DB_PASSWORD", SECRETS["environment"])
    monkeypatch.setenv("JPY_SESSION_NAME", f"with {SECRETS['path']}.ipynb")
    made = Notebook(tmp_path)
    made.names["getpass"] = lambda: SECRETS["asked"]
    yield made
    made.close()


def found_in(*folders):
    everything = b"".join(map(bytes_on_disk, folders))
    assert b"DecisionTreeClassifier" in everything  # the search itself finds what is there
    return {name for name, secret in SECRETS.items() if secret.encode() in everything}


def test_no_secret_of_a_notebook_is_in_any_byte_of_its_store_or_of_a_bundle(watched, tmp_path, tally):
    watched.run(SETUP)
    for cell in CELLS:
        watched.run(cell.format(**SECRETS), fails="raise" in cell)
    assert len(watched.runs) == len(CELLS)
    watched.run(BUNDLED.format(**SECRETS))
    bundle = tmp_path / "bundle"
    with Store.open(tmp_path / ".nbtrack") as store:
        export(store, store.get_run("last"), bundle, options=Options(lock=False))
    assert found_in(tmp_path / ".nbtrack", bundle) == set()
    tally["secrets"] += len(SECRETS)
    tally["cells"] += len(CELLS) + 1


HELD = [
    "model = Own().fit(X)",
    "model = Literal().fit(X)",
    "model = Held(make(token)).fit(X)",
    'model = Held(make("{chat}")).fit(X)',
    'model = Deep("{pay}").fit(X)',
    "model = Deep(password).fit(X)",
    "model = Held(lambda: password).fit(X)",
    "model = Deep(os.environ['DB_PASSWORD']).fit(X)",
    # As from a prompt: it stands in no source, and one of its names tells.
    "given = my_password = getpass()\nmodel = Held(lambda: given).fit(X)",
]
HOLDERS = """
import os
password = "{password}"
token = "{hug}"
def make(key):
    return lambda x: [key for _ in x]
class Own:
    def fit(self, X, y=None):
        self.w_ = [1.0]
        return self
    def predict(self, X):
        return [password for _ in X]
class Literal(Own):
    def predict(self, X):
        return "Bearer {jwt}"
class Held(Own):
    def __init__(self, f):
        self.f = f
    predict = None
class Deep(Own):
    def __init__(self, x):
        self.x = {{"deep": [x]}}
    predict = None
"""


@pytest.mark.parametrize("cell", HELD)
def test_a_model_with_a_secret_in_a_closure_a_global_or_a_constant_is_not_stored(
    watched, tmp_path, tally, cell
):
    watched.run(SETUP + HOLDERS.format(**SECRETS))
    watched.run("plain = DecisionTreeClassifier(max_depth=1).fit(X, y)")
    watched.run(cell.format(**SECRETS))
    plain, run = watched.runs
    assert plain.model.stored
    assert not run.model.stored
    assert any("password, key or token" in note or "is a secret" in note for note in run.capture_notes)
    assert found_in(tmp_path / ".nbtrack") == set()
    tally["models"] += 1


def test_a_password_that_is_a_word_of_a_library_keeps_no_model_from_being_stored(watched):
    watched.run(SETUP + 'password = "logistic"\nfrom sklearn.linear_model import LogisticRegression')
    watched.run("model = LogisticRegression().fit(X, y)")  # of sklearn.linear_model._logistic
    watched.run("class Mine(LogisticRegression):\n    pass\nmodel = Mine().fit(X, y)")
    watched.run("model = Mine()\nmodel.where = ['logistic']\nmodel.fit(X, y)")
    assert [run.model.stored for run in watched.runs] == [True, True, False]


def test_no_secret_is_in_what_waits_in_the_spool(watched, tmp_path, monkeypatch, tally):
    monkeypatch.setattr("nbtrack.capture.recorder._PATIENCE_SECONDS", 0.05)
    watched.run(SETUP)
    watched.run("plain = DecisionTreeClassifier(max_depth=1).fit(X, y)")
    holder = WriteLock(tmp_path / ".nbtrack" / "write.lock")
    with holder.held(5):
        for cell in CELLS:
            watched.run(cell.format(**SECRETS), fails="raise" in cell)
        assert len(list((tmp_path / ".nbtrack" / "spool").glob("*.json"))) == len(CELLS)
        assert found_in(tmp_path / ".nbtrack") == set()
    holder.close()
    tally["cells"] += len(CELLS)


SCRIPT = """
import os, nbtrack
password = "{password}"
with nbtrack.track("story") as run:
    nbtrack.param(where=password)
    run.log(DecisionTreeClassifier=1.0)
    raise ValueError("no answer with " + password + os.environ["DB_PASSWORD"])
"""


def test_no_secret_of_a_script_is_in_any_byte_of_its_store(tmp_path):
    script = tmp_path / f"with {SECRETS['path']}.py"
    script.write_text(SCRIPT.format(**SECRETS))
    environment = {**os.environ, "DB_PASSWORD": SECRETS["environment"]}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "no answer with" in done.stderr
    with Store.open(tmp_path / ".nbtrack") as store:
        (run,) = store.find_runs()
        assert store.get_run(run.id).execution.error.message.startswith("no answer with")
    assert found_in(tmp_path / ".nbtrack") == set()
