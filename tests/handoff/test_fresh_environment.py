"""A bundle where there is nothing but what its requirements name: a new virtual environment, no nbtrack in it.

One of scikit-learn always; each framework in the long form (``NBTRACK_FRESH=1``), which installs gigabytes.
"""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nbtrack.handoff.archive import write_zip
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.store import Store

from .conftest import LABELS

PROVE = Path(__file__).resolve().parents[2] / "benchmarks" / "handoff" / "prove.py"
LONG = pytest.mark.skipif("NBTRACK_FRESH" not in os.environ, reason="installs gigabytes: set NBTRACK_FRESH=1")
NOTEBOOKS = {
    "catboost": (
        "from catboost import CatBoostClassifier\n"
        "clf = CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False).fit(X_train, y_train)"
    ),
    "keras": (
        "import keras\n"
        "net = keras.Sequential([keras.layers.Dense(4, activation='relu'), keras.layers.Dense(1, activation='sigmoid')])\n"
        "net.compile(loss='binary_crossentropy')\n"
        "net.fit(X_train.to_numpy() / 1000, y_train.to_numpy(), epochs=1, verbose=0)"
    ),
    "onnx": "from xgboost import XGBClassifier\nclf = XGBClassifier(n_estimators=5).fit(X_train, y_train)",
}


@pytest.fixture(scope="module")
def prove(tmp_path_factory):
    """Whether a bundle predicts the same in a new environment, and what was said there."""
    place = tmp_path_factory.mktemp("reached")
    reached = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", place, "threadpoolctl"],
        capture_output=True,
        check=False,
    )
    if reached.returncode:
        pytest.skip("no package index can be reached from here")
    spec = importlib.util.spec_from_file_location("prove", PROVE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.prove


@pytest.mark.timeout(900)
def test_a_bundle_predicts_the_same_in_an_environment_of_its_requirements_only(bundles, prove, tmp_path):
    bundle = Path(bundles().path)
    pinned = (bundle / "requirements.txt").read_text("utf-8")
    assert "nbtrack" not in pinned
    assert "scikit-learn==" in pinned
    write_zip(bundle, tmp_path / "moved.zip", 1e9)
    assert zipfile.is_zipfile(tmp_path / "moved.zip")
    ok, said = prove(tmp_path / "moved.zip")
    assert ok, said


@LONG
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("label", LABELS[1:])
def test_so_does_one_of_every_library(bundles, prove, label):
    ok, said = prove(Path(bundles(label).path))
    assert ok, said


@LONG
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_so_do_those_that_take_long_to_train_or_leave_on_request(gated, prove, name, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # which is there whatever else is
    pytest.importorskip("xgboost" if name == "onnx" else name)
    gated(NOTEBOOKS[name])
    with Store.open(gated.folder) as store:
        options = Options(format="onnx" if name == "onnx" else None, lock=False)
        made = export(store, store.get_run("last"), tmp_path / "bundle", options=options)
    assert made.format == name
    ok, said = prove(tmp_path / "bundle")
    assert ok, said
