"""A kernel's view of a store: makes executions and runs as the capture would."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbtrack.records import (
    Capture,
    Column,
    Content,
    Dataset,
    Environment,
    Execution,
    Metric,
    Model,
    Param,
    Run,
    Session,
    State,
    new_id,
)
from nbtrack.store import SessionLog, Store
from nbtrack.store.blobs import blob_digest

ENVIRONMENT = Environment(
    digest="b3:env",
    python="3.11.7",
    platform="Linux-x86_64",
    packages={"scikit-learn": "1.9.1", "numpy": "2.4"},
    git={"commit": "abc", "dirty": True},
    hardware={"cpus": 2},
)
CONTENT = Content(
    digest="b3:train",
    kind="pandas.DataFrame",
    shape=(455, 2),
    columns=(
        Column(
            name="a", dtype="float64", digest="b3:a", chunks=("b3:a0",), profile={"min": 0.5, "missing": 0}
        ),
        Column(name="b", dtype="int64", digest="b3:b"),
    ),
    size_bytes=7280,
)


def new_session() -> Session:
    return Session(
        id=new_id(), started_at=time.time(), pid=os.getpid(), host="here", boot_id="boot", python="3.11.7"
    )


@dataclass
class Kernel:
    """One session on a store; ``train`` saves one run in an execution of its own."""

    store: Store
    session: Session = field(default_factory=new_session)
    count: int = 0
    log: SessionLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.store.begin_session(self.session)

    def execution(self, source: str = "model.fit(X, y)", **changes) -> Execution:
        self.count += 1
        given = {
            "id": new_id(),
            "session_id": self.session.id,
            "sequence": self.count,
            "execution_count": self.count,
            "cell_id": f"c{self.count}",
            "source": source,
            "source_digest": blob_digest(source.encode("utf-8", "surrogatepass")),
            "started_at": time.time(),
            "duration_seconds": 0.5,
            "state": State.COMPLETE,
        }
        return Execution(**{**given, **changes})

    def run(self, execution: Execution, params=None, metrics=None, **changes) -> Run:
        """A run of these params and metrics, given as dictionaries of values; ``changes`` are fields."""
        given = {
            "id": new_id(),
            "label_stem": "SVC",
            "state": State.COMPLETE,
            "experiment": "churn",
            "started_at": time.time(),
            "execution": execution,
            "params": tuple(
                Param(name=name, value=value, origin="constructor") for name, value in (params or {}).items()
            ),
            "metrics": tuple(
                Metric(name=name, value=value, origin="call") for name, value in (metrics or {}).items()
            ),
            "model": Model(
                class_name="SVC", module="sklearn.svm._classes", framework="sklearn", variable="clf"
            ),
            "datasets": (Dataset(name="X_train", role="train", content=CONTENT),),
            "environment": ENVIRONMENT,
        }
        return Run(**{**given, **changes})

    def save(self, *runs: Run, **capture) -> tuple[Run, ...]:
        return self.log.save(Capture(execution=runs[0].execution, runs=runs, **capture))

    def train(self, params=None, metrics=None, **changes) -> Run:
        (run,) = self.save(self.run(self.execution(), params, metrics, **changes))
        return run

    def open(self, params=None, **changes) -> Run:
        execution = self.execution(state=State.RUNNING, duration_seconds=None)
        return self.log.open_run(self.run(execution, params, state=State.RUNNING, **changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".nbtrack"


@pytest.fixture
def store(folder):
    with Store.open(folder, create=True) as opened:
        yield opened


@pytest.fixture
def kernel(store):
    working = Kernel(store)
    yield working
    working.log.end()


@pytest.fixture
def another_kernel(folder, store):
    """A second kernel with a connection of its own, as another process would have."""
    with Store.open(folder) as opened:
        working = Kernel(opened)
        yield working
        working.log.end()


@pytest.fixture(scope="session")
def new_kernel():
    """Begins a session on a store that the test opened itself."""
    return Kernel
