"""Why two runs differ: typed reasons, most telling first. Reads the store; text is made elsewhere."""

from __future__ import annotations

from nbtrack.differences.between import between

__all__ = ["between"]
