"""A quick mark of a whole value, to see that an object was not changed since it was last looked at."""

from __future__ import annotations

import os
import sys
import weakref
from typing import Any

from xxhash import xxh3_128_digest

__all__ = ["Glance", "Held", "glance", "mark_of"]

_SEED = int.from_bytes(os.urandom(8), "little")


class Glance:
    """See :func:`glance`: what was read, how it lies and is called, and its labels."""

    __slots__ = ("form", "labels", "seen")

    def __init__(self, seen: bytes, form: tuple[Any, ...], labels: tuple[Any, ...]) -> None:
        self.seen, self.form, self.labels = seen, form, labels

    def unchanged(self, now: Glance | None) -> bool:
        """Whether a later glance at the same object shows the same."""
        return (
            now is not None
            and self.seen == now.seen
            and self.form == now.form
            and all(one is other for one, other in zip(self.labels, now.labels, strict=True))
        )


def glance(value: Any) -> Glance | None:
    """A mark of a NumPy array of numbers or moments, or of a pandas series or frame of one such block.

    None of all others, and of what would have to be copied to be read. Labels are compared by identity: pandas does
    not change them in place.
    """
    np, pd = sys.modules.get("numpy"), sys.modules.get("pandas")
    if np is None:
        return None
    cls = type(value)
    labels: tuple[Any, ...] = ()
    names: tuple[Any, ...] = ()
    if pd is not None and (cls is pd.DataFrame or cls is pd.Series):
        if cls is pd.DataFrame and not getattr(getattr(value, "_mgr", None), "is_single_block", False):
            return None
        labels = tuple(value.axes)
        names = (*(tuple(axis.names) for axis in labels), value.name if cls is pd.Series else None)
        value = value.to_numpy()
    elif cls is not np.ndarray:
        return None
    if value.dtype.kind not in "biufcmM" or value.ndim == 0 or value.nbytes == 0:
        return None
    flat = value if value.flags.c_contiguous else value.T
    if not flat.flags.c_contiguous:
        return None
    seen = xxh3_128_digest(flat.reshape(-1).view("u1"), _SEED)
    return Glance(seen, (value.shape, value.dtype, value.flags.c_contiguous, names), labels)


def mark_of(tensor: Any) -> tuple[Any, ...] | None:
    """A mark of what a tensor or array holds, the same for equal content; None where it cannot be read as it lies."""
    cls = type(tensor)
    if cls.__module__ != "numpy" and not getattr(tensor, "is_cpu", False):
        return None
    try:
        array = tensor if cls.__name__ == "ndarray" else tensor.numpy()
        if array.dtype.kind not in "biufc":
            return None
        return array.shape, array.dtype.str, xxh3_128_digest(array, _SEED)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
        return None  # a part that does not lie in one piece, a type that NumPy has not


class Held:
    """What a tensor that has a mark holds now, to see whether that very tensor holds it still."""

    __slots__ = ("_array", "_place", "_seen", "_shape", "_tensor")

    def __init__(self, tensor: Any) -> None:
        self._array = tensor.numpy()
        self._place, self._shape = tensor.data_ptr(), tensor.shape
        self._seen = xxh3_128_digest(self._array, _SEED)
        self._tensor = weakref.ref(tensor)

    def still(self, tensor: Any) -> bool:
        """Whether it is the same tensor with the same content."""
        return (
            id(self._tensor()) == id(tensor)
            and tensor.data_ptr() == self._place
            and tensor.shape == self._shape
            and xxh3_128_digest(self._array, _SEED) == self._seen
        )
