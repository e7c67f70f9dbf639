"""Count, range, mean and standard deviation of columns, taken in part by part.

Deviations are of a number near the mean, that of the first part (Chan, Golub and LeVeque, 1983, on shifted data): so
one pass gives mean and squares, and numbers far from zero lose no digits.
"""

from __future__ import annotations

import math
import sys
from typing import Any

__all__ = ["Moments"]

_DOT_LENGTH = 8192
"""Of longer rows BLAS would wake threads, which costs far more where processors are busy."""


class Moments:
    """Those of ``width`` columns at once; ``like``: deviations are of the same numbers, so that both can be added."""

    def __init__(self, width: int, like: Moments | None = None) -> None:
        np = sys.modules["numpy"]
        self._rows = 0
        self._counts = np.zeros(width, np.int64)
        self._least: Any = None
        self._greatest: Any = None
        self._shift: Any = None if like is None else like._shift  # noqa: SLF001 - its own class
        self._gaps = False
        self._room: Any = None
        self._floor: Any = None
        self._sums = np.zeros(width)
        self._squares = np.zeros(width)

    def take(self, part: Any) -> None:
        """Take in rows of all columns: an array of ``width`` times so many numbers."""
        np = sys.modules["numpy"]
        part = np.ascontiguousarray(part)
        width = part.shape[1]
        if not width:
            return
        self._rows += width
        with np.errstate(all="ignore"):
            # Where some were missing before, some are.
            least, absent = (np.fmin if self._gaps else np.minimum).reduce(part, axis=1), None
            if part.dtype.kind == "f" and (self._gaps or np.isnan(least).any()):
                absent, self._gaps = np.isnan(part), True
                least = np.fmin.reduce(part, axis=1) if np.isnan(least).any() else least
                greatest = np.fmax.reduce(part, axis=1)
            else:
                greatest = np.maximum.reduce(part, axis=1)
            self._widen(least, greatest)
            self._add(part, absent)

    def add(self, other: Moments) -> None:
        """Add those of other rows, whose deviations are of the same numbers."""
        if other._rows:
            self._rows += other._rows
            self._widen(other._least, other._greatest)
            self._counts += other._counts
            self._sums += other._sums
            self._squares += other._squares

    def done(self) -> Moments:
        """Itself, without the memory it worked in: of data of gigabytes there are thousands."""
        self._room = self._floor = None
        return self

    def _widen(self, least: Any, greatest: Any) -> None:
        np = sys.modules["numpy"]
        if self._least is None:
            self._least, self._greatest = least, greatest
        else:  # what is all NaN has neither
            self._least = np.fmin(self._least, least)
            self._greatest = np.fmax(self._greatest, greatest)

    def _add(self, part: Any, absent: Any) -> None:
        np = sys.modules["numpy"]
        if self._shift is None:
            shift = part.mean(axis=1, dtype=np.float64) if absent is None else _means(part, absent)
            self._shift = np.where(np.isfinite(shift), shift, 0)[:, None]
        if self._room is None or self._room.shape[1] < part.shape[1]:
            self._room = np.empty(part.shape)
        # Into the same memory each time: it is in the processor's cache.
        spread = np.subtract(part, self._shift, out=self._room[:, : part.shape[1]])
        self._counts += part.shape[1]
        if absent is not None:
            missing = _true(absent)
            self._counts -= missing
            few = (missing * 2 <= part.shape[1]).all()
            filled = self._filled(spread, absent) if few else _zeroed(spread, absent)
            self._sums -= missing * filled
            self._squares -= missing * filled * filled
        self._sums += np.add.reduce(spread, axis=1)
        self._squares += _squares(spread)

    def _filled(self, spread: Any, absent: Any) -> Any:
        """Put a number in the place of NaN, in each row the same; returns these numbers.

        The least number so far can be put there without asking of each value whether it is NaN, which takes long
        where they are strewn about; where they are many it would cost digits.
        """
        np = sys.modules["numpy"]
        least = np.subtract(self._least, self._shift[:, 0])
        if not np.isfinite(least).all():
            return _zeroed(spread, absent)
        length = spread.shape[1]
        # A whole array of it: with one number for all, the comparison takes twice as long.
        if self._floor is None or self._floor.shape[1] < length:
            self._floor = np.full(spread.shape, least[:, None])
        elif not (self._floor[:, 0] == least).all():
            self._floor[:] = least[:, None]
        np.fmax(spread, self._floor[:, :length], out=spread)
        return least

    def of(self, place: int) -> tuple[int, int, tuple[Any, Any], tuple[float, float]]:
        """Count, missing, least and greatest, mean and standard deviation (of n - 1) of one column."""
        count = int(self._counts[place])
        if not count:
            return 0, self._rows, (math.nan, math.nan), (math.nan, math.nan)
        ends = self._least[place].item(), self._greatest[place].item()
        mean = float(self._sums[place]) / count
        squares = float(self._squares[place]) - count * mean * mean
        deviation = math.sqrt(max(squares, 0.0) / (count - 1)) if count > 1 else math.nan
        return count, self._rows - count, ends, (float(self._shift[place, 0]) + mean, deviation)


def _means(part: Any, absent: Any) -> Any:
    np = sys.modules["numpy"]
    present = np.where(absent, 0, part)
    return present.sum(axis=1, dtype=np.float64) / (part.shape[1] - _true(absent))


def _zeroed(spread: Any, absent: Any) -> Any:
    spread[absent] = 0
    return sys.modules["numpy"].zeros(len(spread))


def _true(flags: Any) -> Any:
    """How many are true in each row."""
    np = sys.modules["numpy"]
    # Along an axis it is ten times slower than over all.
    return np.array([np.count_nonzero(row) for row in flags])


def _squares(spread: Any) -> Any:
    """The sum of squares of each row."""
    np = sys.modules["numpy"]
    width, length = spread.shape
    if not hasattr(np, "vecdot") or (width > 1 and length > _DOT_LENGTH):  # NumPy 1
        return np.einsum("ij,ij->i", spread, spread)
    if length <= _DOT_LENGTH:
        return np.vecdot(spread, spread)
    whole = length - length % _DOT_LENGTH
    pieces, rest = spread[0, :whole].reshape(-1, _DOT_LENGTH), spread[:, whole:]
    return np.vecdot(pieces, pieces).sum() + np.vecdot(rest, rest)
