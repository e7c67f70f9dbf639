"""Runs of scripts: a ``with nbtrack.track(name):`` block where no kernel is watched."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from nbtrack.capture.assemble import assemble, begun
from nbtrack.capture.endings import finished
from nbtrack.capture.observation import Block, Observation
from nbtrack.capture.process import this_process
from nbtrack.capture.surroundings import Surroundings
from nbtrack.config import load_settings, store_for
from nbtrack.digests import digest_text
from nbtrack.observe.environment import Environments
from nbtrack.observe.met_secrets import meet_names, meet_source
from nbtrack.observe.redaction import redact
from nbtrack.records import Execution, State, new_id
from nbtrack.store import SessionLog, Store

__all__ = ["ScriptRun"]


class _Process:
    """The session of this process, made at the first block; a forked child gets one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log: SessionLog | None = None
        self._pid = 0
        self._sequence = 0
        self.session_id = ""

    def log(self) -> SessionLog:
        with self._lock:
            if self._log is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self.session_id = new_id()
                self._log = Store.open(store_for(), create=True).begin_session(
                    this_process(self.session_id, None, os.getcwd()),  # noqa: PTH109 - a text
                )
                atexit.register(self._log.end)
            return self._log

    def next_sequence(self) -> int:
        with self._lock:
            self._sequence += 1
            return self._sequence


_process = _Process()


class ScriptRun:
    """One block of a script, RUNNING in the store from its beginning.

    Args:
        block: what the user said about it.

    Raises:
        StoreError: the store cannot be opened or written.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self._log = _process.log()
        self._observation = Observation(blocks=[block])
        self._execution = _execution(_process.session_id, _process.next_sequence())
        settings = load_settings()
        self._around = Surroundings(
            namespace={},
            experiment=block.experiment or settings.experiment or _script_name() or "default",
            environment=None,
            max_value_bytes=settings.max_value_bytes,
        )
        self._log.open_run(begun(block, self._execution, self._around.experiment))
        block.opened = True

    def log(self, values: Mapping[str, float], step: int | None) -> None:
        """Put points into the journal."""
        for name, value in values.items():
            at = self.block.steps.get(name, 0) if step is None else step
            self.block.steps[name] = at + 1
            self._log.log(self.block.id, name, at, value, time.time())

    def finish(self, error: BaseException | None) -> None:
        """The block is over."""
        from dataclasses import replace

        self.block.end()
        execution = finished(self._execution, self._observation, error)
        around = replace(self._around, environment=Environments(Path.cwd()).current())
        self._log.save(assemble(self._observation, execution, around))


def _script_name() -> str:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(file).stem if file else ""


def _execution(session_id: str, sequence: int) -> Execution:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    try:
        text = Path(file).read_text(encoding="utf-8") if file else ""
    except (OSError, UnicodeDecodeError):
        text = ""
    source = redact(text)
    if source != text:
        meet_source(text)
    meet_names({})  # the environment
    return Execution(
        id=new_id(),
        session_id=session_id,
        sequence=sequence,
        source=source,
        source_digest=digest_text(source),
        started_at=time.time(),
        state=State.RUNNING,
        notebook_path=None if file is None else redact(file),
    )
