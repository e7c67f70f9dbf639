"""Whether a folder is on a network file system, where SQLite's write-ahead log must not be used.

The log needs memory shared between all processes that have the database open, which two machines do not have.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_on_network"]

_NETWORK = {
    "9p", "afs", "ceph", "cifs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf",
}  # fmt: skip


def is_on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the file system that holds ``folder`` is one of a network; False where that cannot be told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    where = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        _, point, mounted, *_ = line.split(" ")
        mount = Path(point.encode("utf-8", "surrogateescape").decode("unicode_escape", "replace"))
        # The longest mount point above the folder is the one it is on; of equal ones the last mounted.
        if len(mount.parts) >= best and where.is_relative_to(mount):
            best, kind = len(mount.parts), mounted
    return kind in _NETWORK
