"""The store: SQLite and blobs in one local folder, used by any number of kernels and readers at once.

Imported for reading or writing only; it knows neither IPython nor pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrack.store.store import Store

if TYPE_CHECKING:
    from nbtrack.store.session import SessionLog

__all__ = ["SessionLog", "Store"]


def __getattr__(name: str) -> Any:
    # Who only reads loads nothing of what writes.
    if name != "SessionLog":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nbtrack.store.session import SessionLog

    return SessionLog
