"""The documentation builds strictly, and the pages that are made from the code are current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("maker", ["generate.py", "reliability.py"])
def test_the_pages_that_are_made_are_current(maker):
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / maker, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.stdout + made.stderr == ""
    assert made.returncode == 0


def test_the_site_builds_without_a_warning_and_without_a_network(tmp_path):
    pytest.importorskip("sphinx")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", tmp_path / "trees",
         ROOT / "docs", tmp_path / "site"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.stderr == ""
    assert built.returncode == 0
    assert (tmp_path / "site" / "tutorial.html").is_file()
