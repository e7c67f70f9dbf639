"""Processes whose disk is remembered or made to fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import compiler  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def disk(tmp_path_factory):
    """The library of `disk.c`, to be loaded into a child by `LD_PRELOAD`."""
    library = compiler.built(tmp_path_factory.mktemp("disk"))
    if isinstance(library, str):
        pytest.skip(library)
    return library


@pytest.fixture
def start():
    """Start a child that writes: `start(folder, what, number, rounds)`; it is killed at the end of the test."""
    started = []

    def begin(folder, *words, script="writer.py", **given):
        environment = {**os.environ, **given.pop("env", {})}
        words = [str(word) for word in (folder, *words)]
        child = subprocess.Popen(
            [sys.executable, HERE / script, *words], stdout=subprocess.PIPE, env=environment, **given
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.communicate()


@pytest.fixture
def watched(disk, start):
    """As `start`, on a disk that remembers below `root` into the file `remembered` beside it."""

    def begin(root, *words, env=None, **given):
        root.mkdir(exist_ok=True)
        watch = {
            "LD_PRELOAD": str(disk),
            "DISK_WATCH": str(root),
            "DISK_RECORD": str(root.with_name("remembered")),
        }
        return start(root / ".nbtrack", *words, env={**watch, **(env or {})}, **given)

    return begin


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The store of a project in which a model was trained."""
    place = tmp_path_factory.mktemp("project")
    script = HERE / "watched_cells.py"
    environment = {**os.environ, "IPYTHONDIR": str(place / "ipython")}
    subprocess.run([sys.executable, script], cwd=place, env=environment, check=True)
    return place / ".nbtrack"
