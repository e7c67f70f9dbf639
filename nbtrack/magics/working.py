"""The line under a cell whose capture takes long: what is going on, how far it is, how to skip it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from nbtrack.progress import Progress
from nbtrack.render.numbers import duration, size

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["WorkLine", "work_text"]


class WorkLine:
    """Shows one work after the other in one shell; a line that was shown is brought up to date in its place.

    Args:
        shell: where they are shown. In a terminal nothing can be changed afterwards: there the first line and the
            last are all.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._in_place = hasattr(shell, "kernel")
        self._id: str | None = None

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        text = work_text(progress)
        update = self._id is not None
        if not self._in_place and (progress.ended or not update):
            print(text)  # noqa: T201 - the user's own terminal
        self._id = self._id or uuid.uuid4().hex
        if self._in_place:
            self._shell.display_pub.publish(
                data={"text/plain": text},
                metadata={"nbtrack": {"work": True}},
                transient={"display_id": self._id},
                update=update,
            )
        if progress.ended:
            self._id = None


def work_text(progress: Progress) -> str:
    """``nbtrack: storing the model, 1.2 of 4.0 GB after 3 s · Ctrl-C skips it, the run is kept``."""
    done = size(progress.done)
    if progress.size and not progress.ended:
        done = f"{size(min(progress.done, progress.size))} of {size(progress.size)}"
    took = duration(progress.seconds)
    if progress.skipped:
        return f"nbtrack: {progress.what} was skipped after {took}; the run is kept"
    if progress.ended:
        return f"nbtrack: {progress.what}, {done}, took {took}"
    return f"nbtrack: {progress.what}, {done} after {took} · Ctrl-C skips it, the run is kept"
