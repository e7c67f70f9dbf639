"""What goes from a kernel's session to the store, and when: its points, its runs, what could not be saved before."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from nbtrack.capture.idle import Idle
from nbtrack.capture.observation import Block, Fit
from nbtrack.capture.unsaved import Unsaved
from nbtrack.errors import StoreError
from nbtrack.records import Capture, Run, Session
from nbtrack.store import SessionLog, Store
from nbtrack.store.network import is_on_network
from nbtrack.store.packing import compress_files

__all__ = ["Recorder"]

_PATIENCE_SECONDS = 2.0  # what a cell waits for other writers; past that its runs go to the spool
_LAST_SECONDS = 0.5  # what the end of a kernel, or unloading, may wait for files to be compressed


class Recorder:
    """Records for one kernel; opens the store when there is first something to write.

    Args:
        folder: the ``.nbtrack`` folder; made then.
        process: the record of the session.
        warn: shows the user one line when something could not be saved.
    """

    def __init__(self, folder: Path, process: Callable[[], Session], warn: Callable[[str], None]) -> None:
        self.folder = folder
        self.idle = Idle(self._compress)
        self._process = process
        self._warn = warn
        self.store: Store | None = None
        """The store, once it was needed."""
        self._log: SessionLog | None = None
        self._opening = threading.RLock()
        self._unsaved = Unsaved(folder)

    @property
    def session_log(self) -> SessionLog:
        """The session in the store.

        Raises:
            StoreError: the store cannot be opened.
        """
        if self._log is None:
            with self._opening:
                if self._log is None:  # another thread may have been first
                    self._log = self._begin()
        return self._log

    def open_run(self, of: Block | Fit, begin: Callable[[], Run]) -> None:
        """Make a run stand in the store before it is over, once: there are points of it.

        Raises:
            StoreError: the store cannot be opened, or does not take it.
        """
        with self._opening:
            if not of.opened:  # as above
                self.session_log.open_run(begin())
                of.opened = True

    def save(self, capture: Capture) -> tuple[Run, ...] | None:
        """Save this capture and those that could not be saved before; the runs with their labels.

        None where it was not saved: then it is kept for the next time, and the user told why.
        """
        try:
            log = self.session_log
            self._unsaved.save(log)
            runs = log.save(capture)
        except (StoreError, KeyboardInterrupt) as error:
            self._unsaved.keep(self._process(), capture)
            why = error if isinstance(error, StoreError) else "interrupted"
            self._warn(f"nbtrack: this cell's runs are not saved yet: {why}")
            return None
        if capture.models or capture.attachments:
            self.idle.want()
        return runs

    def close(self) -> None:
        """The kernel goes, or the extension is unloaded."""
        self.idle.finish(_LAST_SECONDS)
        if self._log is not None:
            with contextlib.suppress(StoreError):  # what is in the spool waits for the next to open the store
                self._unsaved.save(self._log)
            try:
                self._log.end()
            except StoreError:  # locked, full or moved: the next reader finds the session dead, and ends it
                self._log.forget()
            self._log = self.store = None

    def _begin(self) -> SessionLog:
        self.store = Store.open(self.folder, create=True, deadline_seconds=_PATIENCE_SECONDS)
        log = self.store.begin_session(self._process())
        if is_on_network(self.folder):
            self._warn(
                f"nbtrack: {self.folder} is on a network file system, where a store is slower and less safe. "
                "Name a place on a local disk in [tool.nbtrack] of pyproject.toml."
            )
        return log

    def _compress(self, going_on: Callable[[], bool]) -> None:
        """Compress stored files that shrink, of whichever kernel."""
        if self.store is not None:
            compress_files(self.store, going_on=going_on)
