"""What `pip install` brings: the panel and the server's configuration are in the wheel, where Jupyter looks for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def sources(tmp_path):
    """What a wheel is built from."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in ("nbtrack", "jupyter-config", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".nbtrack"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_the_wheel_holds_the_panel_and_enables_the_server_extension(sources, tmp_path):
    built = build(sources, tmp_path / "wheel")
    assert built.returncode == 0, built.stderr
    [wheel] = (tmp_path / "wheel").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = [name.partition(".data/data/")[2] for name in names if ".data/data/" in name]
    assert "etc/jupyter/jupyter_server_config.d/nbtrack.json" in data
    assert "share/jupyter/labextensions/nbtrack/package.json" in data
    assert "share/jupyter/labextensions/nbtrack/install.json" in data
    assert [
        name for name in data if name.startswith("share/jupyter/labextensions/nbtrack/static/remoteEntry.")
    ]
    assert not [name for name in names if name.startswith("nbtrack/labextension")]


def test_a_wheel_without_the_panel_is_not_built(sources, tmp_path):
    shutil.rmtree(sources / "nbtrack" / "labextension")
    built = build(sources, tmp_path / "wheel")
    assert built.returncode != 0
    assert "has no built panel" in built.stdout + built.stderr
