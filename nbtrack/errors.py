"""Every error nbtrack raises on purpose, in one tree.

::

    NbtrackError
    ├── UsageError              the request itself is wrong                     exit code 2
    │   ├── QueryError          a query that does not parse, with its position
    │   ├── UnknownRun          no run of that id, label or prefix; names the nearest
    │   └── AmbiguousRun        a prefix that several runs share; names them
    ├── StoreError              the store cannot do what was asked              exit code 3
    │   ├── StoreNotFound       there is no .nbtrack folder here or above
    │   ├── StoreTooNew         written by a newer nbtrack
    │   ├── StoreOutdated       written by an older nbtrack, and only looked at: not migrated
    │   ├── StoreSlow           reading took longer than whoever asked gave it
    │   ├── StoreUnwritable     permissions, a full or read-only disk
    │   ├── StoreBusy           another process kept the write lock past the deadline
    │   ├── StoreMoved          the folder was deleted or replaced under an open connection
    │   └── StoreCorrupt        the database or a row is not what was written
    │       └── BlobCorrupt     a blob is missing, or its bytes are not those of its digest
    ├── BundleRefused           a bundle that is not what it says, or not a bundle  exit code 1
    ├── PolicyFailed            a rule of the project's policy does not hold    exit code 1
    ├── ExportFailed            no format took the model, or it could not be loaded exit code 1
    ├── DigestError             a value that cannot be given a digest
    └── CaptureError            something of a run could not be captured; becomes a note on the run
        └── CaptureSkipped      the user interrupted it, because it took long

A message says what happened, with which value, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousRun",
    "BlobCorrupt",
    "BundleRefused",
    "CaptureError",
    "CaptureSkipped",
    "DigestError",
    "ExportFailed",
    "NbtrackError",
    "PolicyFailed",
    "QueryError",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreMoved",
    "StoreNotFound",
    "StoreOutdated",
    "StoreSlow",
    "StoreTooNew",
    "StoreUnwritable",
    "UnknownRun",
    "UsageError",
]


class NbtrackError(Exception):
    """Base of all errors that nbtrack raises on purpose; ``exit_code`` is what a command ends with."""

    exit_code = 1


class UsageError(NbtrackError):
    """The request is wrong: a bad flag, an unknown name, a query that does not parse."""

    exit_code = 2


class QueryError(UsageError):
    """A query that cannot be understood; ``position`` is the 0-based offset of the trouble in ``query``."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position


class UnknownRun(UsageError):  # noqa: N818 - the public name says what happened, as LookupError does
    """No run answers to the reference; ``nearest`` holds the labels that resemble it, best first."""

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class AmbiguousRun(UsageError):  # noqa: N818 - as above
    """A prefix that several runs share; ``candidates`` holds their full ids."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class BundleRefused(NbtrackError):  # noqa: N818 - as above
    """A bundle that is altered, hostile or none at all; ``subject`` is the file in it that gave it away."""

    def __init__(self, message: str, subject: str = "") -> None:
        super().__init__(message)
        self.subject = subject


class ExportFailed(NbtrackError):  # noqa: N818 - as above
    """No bundle was written: the model could not be loaded here, or no format took it."""


class PolicyFailed(NbtrackError):  # noqa: N818 - as above
    """A rule of the project's policy does not hold, or cannot be told; the message names each."""


class StoreError(NbtrackError):
    """The store cannot do what was asked."""

    exit_code = 3


class StoreNotFound(StoreError):  # noqa: N818 - as above
    """There is no ``.nbtrack`` folder here or in any folder above."""


class StoreTooNew(StoreError):  # noqa: N818 - as above
    """The store was written by a newer nbtrack than this one."""


class StoreOutdated(StoreError):  # noqa: N818 - as above
    """The store was written by an older nbtrack, and whoever asked only looks: nothing was migrated."""


class StoreSlow(StoreError):  # noqa: N818 - as above
    """Reading took longer than whoever asked gave it."""


class StoreUnwritable(StoreError):  # noqa: N818 - as above
    """The store's folder or disk refuses the write."""


class StoreBusy(StoreError):  # noqa: N818 - as above
    """Another process kept the write lock past the deadline."""


class StoreMoved(StoreError):  # noqa: N818 - as above
    """The store's folder was deleted, renamed or replaced while it was open."""


class StoreCorrupt(StoreError):  # noqa: N818 - as above
    """The database, or a row in it, is not what was written."""


class BlobCorrupt(StoreCorrupt):
    """A blob is missing or its bytes do not have its digest; ``digest`` names it."""

    def __init__(self, message: str, digest: str) -> None:
        super().__init__(message)
        self.digest = digest


class DigestError(NbtrackError):
    """A value that cannot be given a digest."""


class CaptureError(NbtrackError):
    """Something of a run could not be captured; the text becomes a note on the run."""


class CaptureSkipped(CaptureError):  # noqa: N818 - the public name says what happened
    """The user interrupted a part of the capture that took long: the run goes without it."""
