"""Notebooks in an IPython shell, as the tests of capture have them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "capture" / "conftest.py"
_spec = importlib.util.spec_from_file_location("capture_notebooks", _FILE)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

notebook = _module.notebook
cancer = _module.cancer
