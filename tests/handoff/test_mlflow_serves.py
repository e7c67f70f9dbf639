"""A bundle is an MLflow model as it stands: a real MLflow loads it, predicts with it and serves it (the long form)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVES = Path(__file__).resolve().parents[2] / "benchmarks" / "handoff" / "mlflow_serves.py"
NEEDED = (
    "mlflow==3.17.2",
    "pandas<3",
    "scikit-learn",
    "skops",
    "xgboost-cpu",
    "torch==2.13.0",
    "safetensors",
)


@pytest.fixture(scope="module")
def python_of_mlflow(tmp_path_factory):
    """The interpreter of an environment that has MLflow and what the models need; or the one that is named."""
    named = os.environ.get("NBTRACK_MLFLOW_PYTHON")
    if named:
        return Path(named)
    folder = tmp_path_factory.mktemp("mlflow") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDED], check=True)
    return python


@pytest.mark.skipif("NBTRACK_FRESH" not in os.environ, reason="installs gigabytes: set NBTRACK_FRESH=1")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("label", ["LogisticRegressionPipeline-1", "XGBClassifier-1", "Net-1"])
def test_a_real_mlflow_loads_a_bundle_predicts_with_it_and_serves_it(bundles, python_of_mlflow, label):
    done = subprocess.run(
        [python_of_mlflow, SERVES, bundles(label).path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") == 3
