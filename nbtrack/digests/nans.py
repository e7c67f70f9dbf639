"""Whether every NaN among floats has the bits of the one NaN."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["NAN_BITS", "nans_are_one"]

NAN_BITS = {2: 0x7E00, 4: 0x7FC0_0000, 8: 0x7FF8_0000_0000_0000}
"""The bits of ``numpy.nan``, by the bytes of a float: half, single and double precision."""


def nans_are_one(flat: Any) -> bool:
    """Whether no NaN in a contiguous array of floats (native, of one dimension) has other bits than ``numpy.nan``.

    One look for NaN, which writes a flag for each value, and where there are some a second one for those bits: looking
    at the extremes of the bits first takes as long and finds neither the signs nor the signalling ones.
    """
    np = sys.modules["numpy"]
    missing = np.count_nonzero(np.isnan(flat))
    if not missing:
        return True
    width = flat.dtype.itemsize
    return bool(missing == np.count_nonzero(flat.view(f"u{width}") == NAN_BITS[width]))
