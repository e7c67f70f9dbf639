"""Records in, text or HTML or JSON-ready dictionaries out: no store, no IPython, no decision of its own."""

from __future__ import annotations

__all__: list[str] = []
