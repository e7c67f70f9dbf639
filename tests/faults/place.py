"""A store that goes through one fault after the other, and all that was acknowledged there."""

from __future__ import annotations

from pathlib import Path

from account import lost
from writer import Writer


class Place:
    """A folder with such a store and one session on it."""

    def __init__(self, folder: Path) -> None:
        self.writer = Writer(folder, 0)
        self.said: list[dict] = []

    def capture(self) -> str:
        run = self.writer.capture()
        self.said.append({"did": "run", "id": run.id, "stored": run.model.stored})
        return run.id

    def wrong(self) -> list[str]:
        """What was lost, what is unsound, and what does not work now that the disk does."""
        self.capture()
        problems = lost(self.writer.store, self.said) + [
            one.message for one in self.writer.store.doctor(full=True) if one.severity == "error"
        ]
        del self.said[:-3]
        return problems

    def close(self) -> None:
        self.writer.log.end()
        self.writer.store.close()
