"""What the store keeps of runs that were removed, and what it can free."""

from __future__ import annotations

from nbtrack.records.record import record

__all__ = ["Collection", "Garbage", "Tombstone"]


@record
class Tombstone:
    """What remains of a removed run: which it was, who removed it and when, and the digests of what it had.

    ``removed_by`` is ``user@machine``. ``model`` is the model's digest, ``blobs`` are those of the bytes that were
    stored for the run, ``freed_bytes`` what of them no other run has.
    """

    run_id: str
    label: str
    experiment: str
    started_at: float
    removed_at: float
    removed_by: str
    model: str | None = None
    datasets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
    freed_bytes: int = 0


@record
class Garbage:
    """Stored bytes that belong to nothing.

    ``name`` is a digest, or the path within the store's folder of a file that was left half written; ``size_bytes``
    what it takes on the disk, ``runs`` the labels of the removed runs that had it (none: its kernel ended before
    there was a run), ``free_at`` when its grace period ends.
    """

    name: str
    size_bytes: int
    runs: tuple[str, ...] = ()
    free_at: float = 0.0


@record
class Collection:
    """What a garbage collection freed, or would have freed; ``waiting`` has its grace period still to go.

    ``compressed`` is how many files it compressed, ``saved_bytes`` what that saved; of a dry run, how many shrink by a
    quarter or more, and their bytes.
    """

    dry_run: bool
    grace_seconds: float
    freed: tuple[Garbage, ...] = ()
    waiting: tuple[Garbage, ...] = ()
    compressed: int = 0
    saved_bytes: int = 0
