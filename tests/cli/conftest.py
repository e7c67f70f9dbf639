"""A real store with runs in it, and the command line run in this process."""

from __future__ import annotations

import dataclasses
import os
import random
from typing import NamedTuple

import pytest

from nbtrack.cli.program import run as run_command
from nbtrack.digests import recognised_digest, split
from nbtrack.records import Capture, Metric, ModelBytes, Param, Point, Session, State, new_id
from nbtrack.store import Store


class Output(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project, which is the working directory; nothing above it has a store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBTRACK_STORE", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def nbtrack(project, capsys):
    """Run ``nbtrack`` with the given arguments in the project."""

    def call(*arguments: object) -> Output:
        code = run_command([str(one) for one in arguments])
        return Output(code, *capsys.readouterr())

    return call


@pytest.fixture
def store(project, make_run):
    """The project's store: SVC-1 and SVC-2 of experiment churn, then Ridge-1 of prices, which failed."""
    session = Session(
        id=new_id(), started_at=1_795_426_000.0, pid=os.getpid(), host="here", boot_id="b", python="3.11"
    )
    with Store.open(project / ".nbtrack", create=True) as opened:
        log = opened.begin_session(session)
        for sequence, changes in enumerate(
            (
                {"label_stem": "SVC", "params": c(0.1), "metrics": scored(0.9)},
                {"label_stem": "SVC", "params": c(10.0), "metrics": (*scored(0.95), curve())},
                {"label_stem": "Ridge", "experiment": "prices", "state": State.FAILED, "metrics": ()},
            ),
            start=1,
        ):
            example = make_run(id=new_id(), label="", model=None, depends_on=(), **changes)
            execution = dataclasses.replace(
                example.execution, id=new_id(), session_id=session.id, sequence=sequence
            )
            metrics = tuple(dataclasses.replace(one, execution_id=None) for one in example.metrics)
            params = tuple(dataclasses.replace(one, execution_id=None) for one in example.params)
            started_at = example.started_at + sequence
            made = dataclasses.replace(
                example, execution=execution, metrics=metrics, params=params, started_at=started_at
            )
            log.save(Capture(execution=execution, runs=(made,)))
        log.end()
    return project / ".nbtrack"


@pytest.fixture
def run_with_model(project, make_run):
    """The label of a run whose model takes 300 kB, the only one of the project's store."""
    stream, weights = b"stream" * 100, random.Random(0).randbytes(300_000)
    model = ModelBytes(
        digest="b3:model",
        stream=stream,
        buffers=(memoryview(weights),),
        blob_digests=tuple(map(recognised_digest, split([stream, weights]))),
        size_bytes=len(stream) + len(weights),
    )
    with Store.open(project / ".nbtrack", create=True) as opened:
        session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
        log = opened.begin_session(session)
        run = make_run(id=new_id(), label="", label_stem="SVC", depends_on=(), params=(), metrics=())
        run = dataclasses.replace(
            run, execution=dataclasses.replace(run.execution, id=new_id(), session_id=session.id)
        )
        (saved,) = log.save(Capture(execution=run.execution, runs=(run,), models={run.id: model}))
        log.end()
    return saved.label


def c(value):
    return (Param(name="C", value=value, origin="loop"),)


def scored(value):
    return (Metric(name="accuracy", value=value, origin="call"),)


def curve():
    points = tuple(Point(step, 1.0 / step, 1_795_426_200.0 + step) for step in range(1, 6))
    return Metric(name="loss", value=0.2, origin="loop", points=5, curve=points)
