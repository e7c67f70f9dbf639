"""Secrets of many shapes go through every door of a notebook; afterwards no byte of the store has one.

Every secret is made up at run time: none stands in this file.
"""

from __future__ import annotations

import random
import string
import sys
import zlib
from pathlib import Path

import pytest
import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "capture"))
from conftest import Notebook

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
]


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
    made = Notebook(tmp_path)
    yield made
    made.close()


def test_no_secret_of_a_notebook_is_in_any_byte_of_its_store(watched, tmp_path):
    watched.run(SETUP)
    for cell in CELLS:
        watched.run(cell.format(**SECRETS), fails="raise" in cell)
    assert len(watched.runs) == len(CELLS)
    everything = bytes_on_disk(tmp_path / ".nbtrack")
    assert b"DecisionTreeClassifier" in everything  # the search itself finds what is there
    assert {name for name, secret in SECRETS.items() if secret.encode() in everything} == set()
