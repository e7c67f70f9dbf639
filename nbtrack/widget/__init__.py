"""Runs beside each other, to be picked and looked at: ``nbtrack.compare()``."""

from __future__ import annotations

from nbtrack.widget.compared import Compared, compare

__all__ = ["Compared", "compare"]
