"""A watched notebook, as tests/capture has it."""

import importlib.util
import os
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "capture_conftest", Path(__file__).parents[1] / "capture/conftest.py"
)
_capture = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_capture)


def _made(folder):
    before = Path.cwd()
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.chdir(folder)
    made = _capture.Notebook(folder)
    yield made
    made.close()
    os.chdir(before)
    del os.environ["IPYTHONDIR"]


@pytest.fixture
def notebook(tmp_path):
    """A notebook of its own."""
    yield from _made(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One notebook for all tests of a module, whose laws run hundreds of cells."""
    yield from _made(tmp_path_factory.mktemp("laws"))
