"""Rows of any data that has rows: how many there are, and some of them."""

from __future__ import annotations

from typing import Any

__all__ = ["len_of", "rows_of", "spacing"]


def len_of(value: Any) -> int:
    """How many rows the value has; 0 of a value without rows."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape else 0
    count = getattr(value, "num_rows", None)
    if isinstance(count, int):
        return count
    return len(value) if isinstance(value, list | tuple) or hasattr(type(value), "to_pylist") else 0


def rows_of(value: Any, rows: slice) -> Any:
    """The rows of that slice, as a value of the same type.

    Raises:
        TypeError: the value has rows but they cannot be taken, as those of a sparse matrix by its entries.
    """
    if hasattr(type(value), "iloc"):
        return value.iloc[rows]
    if hasattr(value, "gather_every"):
        taken = value if rows.stop is None else value.head(rows.stop)
        return taken.gather_every(rows.step or 1)
    if hasattr(type(value), "num_rows") or hasattr(type(value), "to_pylist"):
        places = range(*rows.indices(len_of(value)))
        return value.slice(0, len(places)) if places.step == 1 else value.take(list(places))
    return value.tocsr()[rows] if hasattr(type(value), "tocsr") else value[rows]


def spacing(value: Any, most: int) -> int:
    """The step at which at most ``most`` rows of the value are read; 1: all of them."""
    if most < 1:
        raise ValueError(f"A sample is of at least one row, not {most}.")
    return max(1, -(-len_of(value) // most))
