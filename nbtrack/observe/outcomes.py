"""Row by row, whether predictions were right: from the true values and the predicted ones that a score was given."""

from __future__ import annotations

import sys
import zlib
from typing import Any, Literal, NamedTuple

from nbtrack.digests import digest

__all__ = ["RowOutcomes", "row_outcomes"]

_OBJECTS = 10_000  # rows of Python objects, which are compared one by one
_FAST = 1  # of zlib


class RowOutcomes(NamedTuple):
    """See :class:`nbtrack.records.Outcomes`."""

    kind: Literal["correct", "error"]
    rows: int
    truth: str
    data: bytes


def row_outcomes(truth: object, predicted: object, limit: int) -> RowOutcomes | None:
    """The outcomes of each row, of at most ``limit`` rows; None where the two are no values of the same rows.

    Of labels (integers, truth values, texts) whether they are equal; of predicted floating-point numbers the absolute
    error. Nothing is told of NaN, of several columns, or of one row.
    """
    numpy = sys.modules.get("numpy")
    if getattr(predicted, "requires_grad", False) or getattr(truth, "requires_grad", False):
        return None  # of a net while it trains
    if numpy is None or not 1 < _length(truth) == _length(predicted) <= limit:
        return None
    true, made = numpy.asarray(truth), numpy.asarray(predicted)
    if (
        true.ndim != 1
        or made.ndim != 1
        or ("O" in {true.dtype.kind, made.dtype.kind} and len(true) > _OBJECTS)
    ):
        return None
    if made.dtype.kind == "f":
        data = _errors(numpy, true, made)
        kind: Literal["correct", "error"] = "error"
    else:
        data, kind = _correct(numpy, true, made), "correct"
    if data is None:
        return None
    return RowOutcomes(kind, len(true), digest(true), zlib.compress(data, _FAST))


def _length(value: Any) -> int:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) == 1 else 0
    return len(value) if isinstance(value, list | tuple) else 0


def _errors(numpy: Any, true: Any, made: Any) -> bytes | None:
    if true.dtype.kind not in "fiub":
        return None
    errors = numpy.abs(true.astype("f8") - made.astype("f8"))
    return bytes(errors.astype("<f4").tobytes()) if numpy.isfinite(errors).all() else None


def _correct(numpy: Any, true: Any, made: Any) -> bytes | None:
    if true.dtype.kind not in "iubUSOf" or made.dtype.kind not in "iubUSO":
        return None
    equal = numpy.asarray(true == made)
    if equal.shape != true.shape or equal.dtype != bool:
        return None
    return bytes(numpy.packbits(equal).tobytes())
