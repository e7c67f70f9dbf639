"""What belongs to an execution beside its records: the figures that it showed, data that was asked to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from nbtrack.capture.outputs import Printed
from nbtrack.digests import digest_bytes
from nbtrack.records import Attachment

__all__ = ["attachments"]


def attachments(printed: Printed, kept: Mapping[str, bytes]) -> tuple[tuple[Attachment, bytes], ...]:
    """The figures that were shown and the data (Parquet, by name) that was asked to be kept, each with its bytes."""
    found: list[tuple[Attachment, bytes]] = []
    for count, png in enumerate(printed.figures, start=1):
        figure = f"figure-{count}"
        found.append((_attachment("figure", figure, "image/png", png), png))
    for name, table in kept.items():
        found.append((_attachment("data", name, "application/vnd.apache.parquet", table), table))
    return tuple(found)


def _attachment(kind: Literal["figure", "data"], name: str, media_type: str, data: bytes) -> Attachment:
    return Attachment(
        kind=kind, name=name, media_type=media_type, digest=digest_bytes(data), size_bytes=len(data)
    )
