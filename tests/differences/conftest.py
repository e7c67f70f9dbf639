"""Runs that differ in one thing, and a store to compare them in."""

from __future__ import annotations

import dataclasses
import os

import pytest

from nbtrack.differences import between
from nbtrack.digests import digest_text
from nbtrack.records import Capture, Session, State, new_id
from nbtrack.store import Store


class Project:
    """Saves runs, and says why two differ."""

    def __init__(self, folder, make_run) -> None:
        self._make_run = make_run
        self.store = Store.open(folder / ".nbtrack", create=True)

    def run(self, *sources: str, ids: tuple[str, ...] = (), **changes):
        """A run of a session in which these cells ran, numbered from 1; the last one is the run's own."""
        session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
        example = self._make_run(id=new_id(), label="", depends_on=(), **{"metrics": ()} | changes)
        executions = [
            dataclasses.replace(
                example.execution,
                id=new_id(),
                session_id=session.id,
                sequence=number,
                source=source,
                source_digest=digest_text(source),
                state=State.COMPLETE,
                execution_count=number,
                cell_id=ids[number - 1] if ids else None,
            )
            for number, source in enumerate(sources or ("fit()",), start=1)
        ]
        params = tuple(dataclasses.replace(each, execution_id=None) for each in example.params)
        run = dataclasses.replace(example, execution=executions[-1], params=params)
        log = self.store.begin_session(session)
        (saved,) = log.save(Capture(execution=executions[-1], runs=(run,), earlier=tuple(executions[:-1])))
        log.end()
        return self.store.get_run(saved.id)

    def diff(self, then, now):
        return between(self.store, then, now)

    def reasons(self, then, now):
        """``(kind, subject, then, now)`` of each reason."""
        return [(each.kind, each.subject, each.then, each.now) for each in self.diff(then, now).reasons]


@pytest.fixture
def project(tmp_path, monkeypatch, make_run):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBTRACK_STORE", raising=False)
    made = Project(tmp_path, make_run)
    yield made
    made.store.close()
