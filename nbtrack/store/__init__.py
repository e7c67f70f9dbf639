"""The store: SQLite and blobs in one local folder, used by any number of kernels and readers at once.

Imported for reading or writing only; it knows neither IPython nor pandas.
"""

from __future__ import annotations

from nbtrack.store.session import SessionLog
from nbtrack.store.store import Store

__all__ = ["SessionLog", "Store"]
