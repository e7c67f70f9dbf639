"""Captures that the store could not take: kept on the disk where that is possible, else in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbtrack.errors import StoreError
from nbtrack.records import Capture, Run, Session
from nbtrack.store import SessionLog, spool

__all__ = ["Unsaved"]


class Unsaved:
    """What one kernel could not save yet, oldest first.

    In the spool it outlives the kernel: whoever opens the store next takes it in.

    Args:
        folder: the ``.nbtrack`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[Path | Capture] = []

    def keep(self, session: Session, capture: Capture) -> None:
        """Keep a capture past the end of its cell."""
        try:
            self._waiting.append(spool.keep(self._folder, session, capture))
        except StoreError:
            self._waiting.append(_without_models(capture))

    def save(self, log: SessionLog) -> None:
        """Save what waits.

        Raises:
            StoreError: the store still refuses; what was not saved goes on waiting.
        """
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, Path):
                log.take_in(first)
            else:
                log.save(first)
            self._waiting.pop(0)


def _without_models(capture: Capture) -> Capture:
    """The capture without its models' bytes, which are views on what may change."""
    return replace(capture, runs=tuple(_without_model(run, capture) for run in capture.runs), models={})


def _without_model(run: Run, capture: Capture) -> Run:
    if run.model is None or run.id not in capture.models:
        return run
    note = "the model was not stored: the store could not be written"
    return replace(
        run,
        model=replace(run.model, stored=False, blobs=()),
        capture_notes=(*run.capture_notes, note),
    )
