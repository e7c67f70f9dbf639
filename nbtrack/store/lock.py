"""The write lock: one ``flock`` on one file, held around every write and around opening and migrating.

SQLite's own locks would do for plain writes, but not fairly, not for the first opening, and they do not keep two
SQLite libraries apart that are loaded into different processes. The holder writes its process id into the file,
for the message of those who wait in vain, and beside it how often the store was written: a database that says less
has lost its log.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from nbtrack.errors import StoreBusy, StoreUnwritable
from nbtrack.interrupts import heed

__all__ = ["WriteLock", "try_lock"]

# Seconds between attempts: short, to be fair among many writers.
_FIRST_WAIT = 0.0002
_LONGEST_WAIT = 0.0005
_LISTENING = 0.05  # seconds for which an interrupt of who waits for another thread may itself wait
_LINE = 21  # bytes of each number in the file


def try_lock(descriptor: int) -> bool:
    """Take the exclusive ``flock`` of an open file, if nobody has it.

    The lock belongs to the open file: it ends with the process, whatever ends that, and no reused process id
    and no reboot can make it look alive.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


class WriteLock:
    """The lock of one store, for one process and between its threads; who has it can take it again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._path = str(file)
        self._descriptor = -1
        self._threads = threading.RLock()
        self._depth = 0

    @contextlib.contextmanager
    def held(self, deadline_seconds: float) -> Iterator[None]:
        """Hold the lock for the ``with`` block.

        Raises:
            StoreBusy: another process kept it for ``deadline_seconds``.
            StoreUnwritable: the lock file cannot be opened for writing.
        """
        end = time.monotonic() + deadline_seconds
        while not self._threads.acquire(timeout=min(deadline_seconds, _LISTENING)):
            heed()
            if time.monotonic() >= end:
                raise StoreBusy(
                    f"Another thread of this process kept {self.file} for {deadline_seconds:g} s."
                )
        try:
            self._depth += 1
            if self._depth == 1:
                self._take(end, deadline_seconds)
            yield
        finally:
            self._depth -= 1
            try:
                if self._depth == 0 and self._descriptor >= 0:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            finally:
                self._threads.release()

    def note(self, count: int) -> None:
        """Remember how often the store was written; the lock is held."""
        with contextlib.suppress(OSError):  # an older number only hides a loss
            os.pwrite(self._descriptor, b"%-20d\n" % count, _LINE)

    def noted(self) -> int:
        """How often the store was written, as far as was remembered; 0: not at all, or that cannot be read."""
        try:
            with self.file.open("rb") as file:
                return int(file.read(2 * _LINE)[_LINE:].strip() or 0)
        except (OSError, ValueError):
            return 0

    def close(self) -> None:
        """Close the file; a lock still held ends with it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def forget(self) -> None:
        """In a forked child: let go of the inherited file without unlocking it for the parent."""
        self.close()
        self._threads = threading.RLock()
        self._depth = 0

    def _take(self, end: float, deadline_seconds: float) -> None:
        self._wait(end, deadline_seconds)
        while not self._is_the_file():  # deleted or replaced meanwhile: others lock the one that is there now
            self.close()
            self._wait(end, deadline_seconds)
        with contextlib.suppress(OSError):  # a full disk: those who wait in vain are not told our name
            os.pwrite(self._descriptor, b"%-20d\n" % os.getpid(), 0)

    def _is_the_file(self) -> bool:
        mine = os.fstat(self._descriptor)
        try:
            there = os.stat(self._path)  # noqa: PTH116 - asked for every transaction
        except OSError:
            # Where its folder is gone there is no store either, which the database finds out.
            return not self.file.parent.is_dir()
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

    def _wait(self, end: float, deadline_seconds: float) -> None:
        if self._descriptor < 0:
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._descriptor = os.open(self.file, flags, 0o600)
            except OSError as error:
                raise StoreUnwritable(
                    f"{self.file} cannot be opened for writing: {error.strerror}."
                ) from error
        wait = _FIRST_WAIT
        while not try_lock(self._descriptor):
            if time.monotonic() >= end:
                raise StoreBusy(
                    f"{self.file.parent} is being written by {self._holder()}, which kept its lock for more than "
                    f"{deadline_seconds:g} s. Try again, or end that process if it hangs."
                )
            heed()
            time.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def _holder(self) -> str:
        text = b""
        with contextlib.suppress(OSError):
            text = os.pread(self._descriptor, _LINE, 0).strip()
        return f"process {text.decode('ascii', 'replace')}" if text else "another process"
