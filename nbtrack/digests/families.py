"""Which family a type belongs to: one file per library, asked only once that library was imported by someone."""

from __future__ import annotations

import importlib
import sys
from weakref import WeakKeyDictionary

from nbtrack.digests.encode import Teller

__all__ = ["teller_of"]

# The library that must be in memory, and the module that tells its values. Subclasses come before what they extend.
_FAMILIES = (
    ("pandas", "nbtrack.digests.frames"),
    ("scipy.sparse", "nbtrack.digests.sparse"),
    ("torch", "nbtrack.digests.tensors"),
    ("pyarrow", "nbtrack.digests.arrow"),
    ("polars", "nbtrack.digests.polars"),
    ("xgboost", "nbtrack.digests.boosters"),
    ("lightgbm", "nbtrack.digests.boosters"),
    ("numpy", "nbtrack.digests.arrays"),
)

# Types of a notebook come and go: they are not kept alive by having been asked about.
_tellers: WeakKeyDictionary[type, Teller | None] = WeakKeyDictionary()


def teller_of(cls: type) -> Teller | None:
    """How values of ``cls`` are told; None for plain Python values and those of unknown libraries."""
    try:
        return _tellers[cls]
    except KeyError:
        pass
    found = None
    # Builtin types are asked about most and belong to no library.
    if cls.__module__ != "builtins":
        for library, home in _FAMILIES:
            if library in sys.modules:
                found = importlib.import_module(home).teller(cls)
                if found is not None:
                    break
    _tellers[cls] = found
    return found
