"""How a model's predictions came out, row by row: what a paired test needs, and no more."""

from __future__ import annotations

from typing import Literal

from nbtrack.records.record import record

__all__ = ["Outcomes"]


@record
class Outcomes:
    """For each row of scored data, in its order, whether the prediction was right or how far off it was.

    Neither the predictions nor the true values are in it. ``truth`` is the digest of the true values: only outcomes
    with the same truth belong to the same rows. ``data`` is compressed by zlib: of kind ``correct`` one bit a row,
    first row first (``numpy.packbits``), of kind ``error`` the absolute error as a little-endian 32-bit float a row.
    ``dataset`` is the name of the data that was scored.
    """

    run_id: str
    dataset: str
    truth: str
    kind: Literal["correct", "error"]
    rows: int
    data: bytes
