"""The runs that the store's benchmarks save, and how their times are told."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator

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

__all__ = ["MODELS", "Writer", "spread", "timed"]

MODELS = ["LogisticRegression", "RandomForestClassifier", "SVC", "GradientBoostingClassifier"]
SOURCE = "clf = make(C=C)\nclf.fit(X_train, y_train)\nprint(accuracy_score(y_test, clf.predict(X_test)))\n"
CONTENT = Content(
    digest="b3:" + "0" * 64,
    kind="pandas.DataFrame",
    shape=(455, 30),
    columns=tuple(Column(name=f"c{i}", dtype="float64", digest="b3:" + f"{i:064x}") for i in range(30)),
)
ENVIRONMENT = Environment(
    digest="b3:" + "1" * 64,
    python="3.11.7",
    platform="Linux",
    packages={f"package-{i}": "1.0" for i in range(100)},
)


class Writer:
    """Makes and saves runs of 20 params, of which 5 are chosen, and 10 metrics."""

    def __init__(self, store: Store, seed: int = 0) -> None:
        self.session = Session(
            id=new_id(), started_at=time.time(), pid=os.getpid(), host="h", boot_id="b", python="3.11.7"
        )
        self.log: SessionLog = store.begin_session(self.session)
        self.random = random.Random(seed)
        self.count = 0

    def run(self) -> Run:
        self.count += 1
        numbers = self.random
        model = numbers.choice(MODELS)
        execution = Execution(
            id=new_id(),
            session_id=self.session.id,
            sequence=self.count,
            execution_count=self.count,
            cell_id="7f1b2c3d",
            source=SOURCE,
            source_digest="b3:" + "2" * 64,
            started_at=time.time(),
            duration_seconds=0.1,
            state=State.COMPLETE,
            reads=("X_train", "y_train", "C"),
            writes=("clf",),
        )
        chosen = {
            "C": 10 ** numbers.uniform(-3, 3),
            "kernel": numbers.choice(["rbf", "linear", "poly"]),
            "degree": numbers.randrange(2, 6),
            "random_state": numbers.randrange(100),
            "shrinking": numbers.random() < 0.5,
        }
        params = [Param(name=name, value=value, origin="constructor") for name, value in chosen.items()]
        params += [Param(name=f"default_{i}", value=i / 4, origin="default") for i in range(15)]
        now = time.time()
        return Run(
            id=new_id(),
            label_stem=model,
            state=State.COMPLETE,
            experiment="churn",
            started_at=now,
            duration_seconds=0.05,
            capture_seconds=0.002,
            execution=execution,
            params=tuple(params),
            metrics=tuple(
                Metric(name=f"metric_{i}", value=numbers.random(), origin="call", dataset="X_test", at=now)
                for i in range(10)
            ),
            model=Model(class_name=model, module="sklearn", framework="sklearn", variable="clf"),
            datasets=(Dataset(name="X_train", role="train", content=CONTENT),),
            environment=ENVIRONMENT,
        )

    def save(self) -> None:
        run = self.run()
        self.log.save(Capture(execution=run.execution, runs=(run,)))

    def fill(self, count: int) -> None:
        """Many runs in few transactions: what they cost one by one is measured elsewhere."""
        while self.count < count:
            runs = [self.run() for _ in range(min(500, count - self.count))]
            executions = tuple(run.execution for run in runs)
            self.log.save(Capture(execution=executions[-1], earlier=executions[:-1], runs=tuple(runs)))


def spread(seconds: list[float], unit: float = 1e3, name: str = "ms") -> str:
    ordered = sorted(seconds)
    low, middle, high = (ordered[int(len(ordered) * part)] * unit for part in (0.1, 0.5, 0.9))
    return f"{middle:8.3f} {name}  ({low:.3f} to {high:.3f})"


def timed(action: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        begin = time.perf_counter()
        action()
        yield time.perf_counter() - begin
