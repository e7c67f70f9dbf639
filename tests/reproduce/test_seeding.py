"""Seeding the generators of a process that is to repeat a run."""

import json
import random
import sys

from nbtrack.reproduce import inside


def test_a_library_whose_backend_is_not_installed_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "keras.py").write_text("import a_backend_that_nobody_has")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    before = random.getstate()
    try:
        assert inside.seed(json.dumps({"seed": 3, "libraries": ["keras"]})) == "[]"
        drawn = random.random()
        random.seed(3)
        assert drawn == random.random()
    finally:
        random.setstate(before)
