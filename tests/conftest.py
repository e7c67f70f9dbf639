"""A run to test with: the example of the documented JSON form, and a way to vary it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from nbtrack.records import (
    Column,
    Content,
    Dataset,
    Dependency,
    Environment,
    Execution,
    Metric,
    Model,
    Param,
    Run,
    SourceFile,
    State,
)

# How fast a machine is at the moment is no property of the code.
settings.register_profile(
    "nbtrack",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("NBTRACK_EXAMPLES", "100")),
)
settings.load_profile("nbtrack")

RUN_ID = "01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66"
STARTED = 1_795_426_200.123  # 2026-11-23T09:30:00.123Z


def _execution() -> Execution:
    return Execution(
        id="01936b2e-8f39-7000-8000-000000000007",
        session_id="01936b2e-0000-7000-8000-000000000001",
        sequence=7,
        source="clf = RandomForestClassifier(n_estimators=200)\nclf.fit(X_train, y_train)",
        source_digest="b3:5e0c" + "0" * 60,
        started_at=STARTED,
        state=State.COMPLETE,
        execution_count=7,
        cell_id="c12",
        notebook_path="churn.ipynb",
    )


def _run() -> Run:
    return Run(
        id=RUN_ID,
        label_stem="RandomForestClassifier",
        label="RandomForestClassifier-3",
        state=State.COMPLETE,
        experiment="churn",
        started_at=STARTED,
        execution=_execution(),
        duration_seconds=0.41,
        capture_seconds=0.006,
        model=Model(
            class_name="RandomForestClassifier",
            module="sklearn.ensemble._forest",
            framework="sklearn",
            variable="clf",
            digest="b3:77aa" + "0" * 60,
            size_bytes=1_204_331,
            stored=True,
            retained=True,
        ),
        params=(
            Param(name="n_estimators", value=200, origin="constructor"),
            Param(
                name="lr", value=0.001, origin="variable", execution_id="01936b2e-0000-7000-8000-000000000002"
            ),
            Param(name="max_depth", value=None, origin="default"),
        ),
        metrics=(
            Metric(
                name="accuracy",
                value=0.973,
                origin="call",
                dataset="X_test",
                execution_id="01936b2e-8f39-7000-8000-000000000007",
            ),
        ),
        datasets=(
            Dataset(
                name="X_train",
                role="train",
                content=Content(
                    digest="b3:9f3a" + "0" * 60,
                    kind="pandas.DataFrame",
                    shape=(455, 30),
                    columns=(Column(name="mean radius", dtype="float64", digest="b3:0101" + "0" * 60),),
                ),
            ),
        ),
        files=(SourceFile(path="data/churn.csv", digest="b3:c5c5" + "0" * 60, size_bytes=48_213),),
        depends_on=(
            Dependency(execution_id="01936b2e-0000-7000-8000-000000000002", execution_count=2, cell_id="c3"),
        ),
        environment=Environment(
            digest="b3:e0e0" + "0" * 60,
            python="3.11.7",
            platform="Linux-6.1-x86_64",
            packages={"scikit-learn": "1.9.1"},
            git={"commit": "0f3c2d1", "dirty": True},
        ),
    )


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Make the example run with the given fields replaced."""

    def make(**changes: Any) -> Run:
        return dataclasses.replace(_run(), **changes)

    return make


PASSED = pytest.StashKey[bool]()
# What makes a run of the tests the long form: each for the tests whose files name it, EXAMPLES for every law.
FORM = ("KILLS", "CUTS", "EVERY", "FLIPS", "CASES", "EXAMPLES")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def tally(request):
    """Counts of what a test tries; in the end a line of the file that NBTRACK_TALLY names: see docs/reliability.py."""
    counts: Counter[str] = Counter()
    yield counts
    file, node = os.environ.get("NBTRACK_TALLY"), request.node
    passed = node.stash.get(PASSED, False)
    if file and (counts or not passed):
        test = f"{node.path.relative_to(Path(__file__).parent).as_posix()}::{node.originalname}"
        text = node.path.read_text(encoding="utf-8")
        named = {name for name in FORM if f"NBTRACK_{name}" in text}
        named |= {"EXAMPLES"} if is_hypothesis_test(node.function) else set()
        form = {name: os.environ.get(f"NBTRACK_{name}") for name in sorted(named)}
        told = {"test": test, "passed": passed, "form": form, "counts": counts}
        with (request.config.rootpath / file).open("a", encoding="utf-8") as out:
            out.write(json.dumps(told) + "\n")
