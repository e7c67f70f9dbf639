"""Runs that are being trained: their curves and metrics out of the journals of living sessions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbtrack.errors import StoreCorrupt
from nbtrack.records import Metric, Run, State
from nbtrack.store.entries import Curves, Follower
from nbtrack.store.journal import journal_path
from nbtrack.store.points import Columns

__all__ = ["Live"]


class Live:
    """Follows the journals of all living sessions of a store that are asked about."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._followers: dict[str, Follower] = {}
        self._mutex = threading.Lock()

    def with_metrics(self, connection: sqlite3.Connection, runs: Sequence[Run]) -> list[Run]:
        """The runs; those in state RUNNING with what was logged since the database was written."""
        if all(run.state != State.RUNNING for run in runs):
            return list(runs)
        rows = connection.execute("SELECT id, folds FROM sessions WHERE ended_at IS NULL")
        curves = {session_id: self.curves(session_id, folds) or {} for session_id, folds in rows.fetchall()}
        return [
            _with_logged(run, curves.get(run.execution.session_id, {})) if run.state == State.RUNNING else run
            for run in runs
        ]

    def curves(self, session_id: str, folds: int, *, ahead: bool = False) -> Curves | None:
        """What a session logged after so many folds; None: it has folded again, so look at the database again.

        With ``ahead`` what it logged since it folded again is returned instead.
        """
        with self._mutex:
            follower = self._followers.get(session_id)
            if follower is None:
                follower = self._followers[session_id] = Follower(journal_path(self._folder, session_id))
            try:
                curves = follower.curves()
            except (FileNotFoundError, StoreCorrupt):
                # Ended a moment ago; or damaged, which recovery and the doctor deal with.
                del self._followers[session_id]
                return {}
            if follower.folds > folds and not ahead:
                return None
            return curves if follower.folds >= folds else {}


def _with_logged(run: Run, curves: Curves) -> Run:
    logged = {name: points for (run_id, name), points in curves.items() if run_id == run.id and points}
    if not logged:
        return run
    known = [
        _updated(metric, logged.pop(metric.name, None)) if not metric.dataset else metric
        for metric in run.metrics
    ]
    new = [
        _updated(Metric(name=name, value=0.0, origin="explicit", points=0), points)
        for name, points in logged.items()
    ]
    return replace(run, metrics=(*known, *new))


def _updated(metric: Metric, new: Columns | None) -> Metric:
    if not new:
        return metric
    # What was logged before stands in the metric already; a number that only was handed over is not of the curve.
    before = metric.points if metric.points > 1 or metric.origin == "explicit" else 0
    (last,) = new.points(len(new) - 1)
    return replace(metric, value=last.value, points=before + len(new), at=last.time)
