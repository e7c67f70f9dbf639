"""Notebooks of a few lines as the store has them: each cell an execution, the last one a run."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import pytest

from nbtrack.digests import digest_text
from nbtrack.records import Capture, Run, Session, State, new_id
from nbtrack.store import Store


class Project:
    """A store that cells can be entered into."""

    def __init__(self, folder, make_run) -> None:
        self.folder = folder
        self._make_run = make_run
        self.store = Store.open(folder / ".nbtrack", create=True)

    def ran(self, *sources: str, ids: tuple[str, ...] = (), later: float = 0.0, **changes) -> Run:
        """Enter a session in which the cells ran in this order, numbered from 1; the last one made the run."""
        session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
        example = self._make_run(
            id=new_id(), label="", depends_on=(), params=(), metrics=(), datasets=(), files=(), model=None
        )
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
                started_at=example.execution.started_at + later + number / 100,
                cell_id=ids[number - 1] if ids else f"c{number}",
            )
            for number, source in enumerate(sources, start=1)
        ]
        run = dataclasses.replace(example, execution=executions[-1], **changes)
        log = self.store.begin_session(session)
        (saved,) = log.save(Capture(execution=executions[-1], runs=(run,), earlier=tuple(executions[:-1])))
        log.end()
        return self.store.get_run(saved.id)


@pytest.fixture
def project(tmp_path, monkeypatch, make_run: Callable[..., Run]):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBTRACK_STORE", raising=False)
    made = Project(tmp_path, make_run)
    yield made
    made.store.close()
