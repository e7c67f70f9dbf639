"""Runs again what a run depended on, in a fresh kernel and a copy of its folder, and judges what came out.

``plan`` (what is to be executed) -> ``scratch`` and ``kernel`` (where, and by what) -> ``carry_out`` -> ``matching``
and ``judging`` (what came out) -> ``causes`` (where it diverged). ``inside``, ``guard``, ``sameness`` and ``models``
run in the fresh kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbtrack.reproduce.carry_out import Options as Options
    from nbtrack.reproduce.reproducing import reproduce as reproduce
    from nbtrack.reproduce.stability import check_stability as check_stability

__all__ = ["Options", "check_stability", "reproduce"]

# Resolved at first use: the fresh kernel imports this package too, and needs none of these.
_HOMES = {
    "Options": "nbtrack.reproduce.carry_out",
    "check_stability": "nbtrack.reproduce.stability",
    "reproduce": "nbtrack.reproduce.reproducing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nbtrack.reproduce' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
