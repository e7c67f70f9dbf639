"""The folder beside its target in which a bundle is written, and which goes away in any case."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbtrack.errors import ExportFailed, UsageError
from nbtrack.store.lock import try_lock

__all__ = ["staging_for"]

_PREFIX = ".nbtrack-export-"
_LOCK = "lock"
_TRIES = 100


@contextmanager
def staging_for(path: Path) -> Iterator[Path]:
    """A folder of ours beside ``path``, so that what is written there can be renamed into place.

    What could not be taken away, by an export that was killed or by a disk that failed, goes with the next export.

    Raises:
        UsageError: the place cannot be written.
        ExportFailed: the disk refused what the ``with`` block wrote.
    """
    place = path.absolute().parent
    try:
        folder, lock = _made(place)
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}.") from error
    try:
        _sweep(place)
        yield folder
    except OSError as error:
        where = error.filename if error.filename is not None else place
        raise ExportFailed(
            f"{path} was not written: {error.strerror} ({where}). Free some space, or give another path."
        ) from error
    finally:
        _clear(folder)
        os.close(lock)


def _made(place: Path) -> tuple[Path, int]:
    """A new folder, and its lock: held by the process that writes there, and by nobody once that has ended."""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # another export took the empty folder for one that was left
        except OSError:
            folder.rmdir()
            raise
        try:
            if try_lock(lock) and os.fstat(lock).st_nlink:
                return folder, lock
        except OSError:
            os.close(lock)
            raise
        os.close(lock)  # the same, a moment later
    raise OSError(errno.EAGAIN, "no folder can be kept locked there")


def _sweep(place: Path) -> None:
    """Take away the folders that nobody writes in."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            try:
                descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                folder.rmdir()  # where it is empty, all but this had been done
                continue
            try:
                if try_lock(descriptor):
                    _clear(folder)
            finally:
                os.close(descriptor)


def _clear(folder: Path) -> None:
    """Take the folder away, its lock last: what cannot be taken away now is known by it later.

    Twice, since a disk that failed once may not the second time.
    """
    for _ in range(2):
        with suppress(OSError):
            for each in folder.iterdir():
                if each.is_dir() and not each.is_symlink():
                    shutil.rmtree(each, ignore_errors=True)
                elif each.name != _LOCK:
                    each.unlink()
            if [one.name for one in folder.iterdir()] == [_LOCK]:
                (folder / _LOCK).unlink()
            folder.rmdir()
            return
