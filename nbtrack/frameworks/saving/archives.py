"""Zip files whose bytes depend on their contents only."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping

__all__ = ["entry", "stamped"]

_EARLIEST = 315_532_800.0  # 1980, before which a zip has no times


def stamped(members: Mapping[str, bytes], epoch: float) -> bytes:
    """A zip of the members, in their order, all with the time ``epoch`` (seconds since 1970, UTC)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(entry(name, epoch), data)
    return out.getvalue()


def entry(name: str, epoch: float) -> zipfile.ZipInfo:
    """A member's head: plain file, readable by all, compressed."""
    info = zipfile.ZipInfo(name, time.gmtime(max(epoch, _EARLIEST))[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, also when it is made elsewhere
    info.external_attr = 0o100644 << 16
    return info
