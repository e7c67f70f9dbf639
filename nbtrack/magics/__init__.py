"""The extension's entry, and the ``%track`` and ``%%track`` magics. Doors only: parse, call, show."""

from __future__ import annotations

from nbtrack.magics.extension import load, unload

__all__ = ["load", "unload"]
