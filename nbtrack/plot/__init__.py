"""Charts of runs as matplotlib figures: returned, never shown by themselves, readable on light and on dark."""

from __future__ import annotations

from nbtrack.plot.curves import curves

__all__ = ["curves"]
