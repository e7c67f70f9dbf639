"""A bundle where there is nothing but what its requirements name: a new virtual environment, no nbtrack in it."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nbtrack.handoff.archive import write_zip

PROVE = Path(__file__).resolve().parents[2] / "benchmarks" / "handoff" / "prove.py"


@pytest.mark.timeout(900)
def test_a_bundle_predicts_the_same_in_an_environment_of_its_requirements_only(bundles, tmp_path):
    spec = importlib.util.spec_from_file_location("prove", PROVE)
    prove = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prove)
    bundle = Path(bundles().path)
    pinned = (bundle / "requirements.txt").read_text("utf-8")
    reached = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", tmp_path, "threadpoolctl"],
        capture_output=True,
        check=False,
    )
    if reached.returncode:
        pytest.skip("no package index can be reached from here")
    assert "nbtrack" not in pinned
    assert "scikit-learn==" in pinned
    write_zip(bundle, tmp_path / "moved.zip", 1e9)
    assert zipfile.is_zipfile(tmp_path / "moved.zip")
    ok, said = prove.prove(tmp_path / "moved.zip")
    assert ok, said
