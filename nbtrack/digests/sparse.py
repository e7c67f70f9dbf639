"""SciPy: sparse matrices and arrays, told by rows as sorted triples without duplicates.

The format (CSR, CSC, COO, …), the order of entries and the width of index numbers are layout and do not count.
An entry that is stored and zero counts: to several libraries it is not the same as one that is missing.
"""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.arrays import shape_bytes, strip
from nbtrack.digests.encode import Encoder, Teller
from nbtrack.digests.tree import Strip, Told, node

__all__ = ["teller"]


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is a sparse container of SciPy."""
    sparse = sys.modules.get("scipy.sparse")
    if sparse is None or not issubclass(cls, sparse.spmatrix | sparse.sparray):
        return None
    return _sparse


def _sparse(matrix: Any, encoder: Encoder) -> Told:
    np = sys.modules["numpy"]
    if matrix.ndim == 2:  # noqa: PLR2004 - rows and columns
        rows = _canonical(matrix)
        index = np.int32 if max(rows.shape) < 1 << 31 else np.int64
        parts = (rows.indptr.astype(np.int64, copy=False), rows.indices.astype(index, copy=False), rows.data)
    else:
        entries = matrix.tocoo(copy=True)
        entries.sum_duplicates()
        parts = (*(place.astype(np.int64) for place in entries.coords), entries.data)
    strips = [strip("", part, encoder) for part in parts]
    raw = node(b"sparse", shape_bytes(matrix.shape), *(one.raw for one in strips))
    values = strips[-1]
    return Told(raw, matrix.shape, (Strip("", values.dtype, raw, (), values.pickled),))


def _canonical(matrix: Any) -> Any:
    """The matrix by rows, columns ascending, each once; a copy unless it is so already."""
    if matrix.format == "csr" and _ascending(matrix):
        return matrix
    rows = matrix.tocsr(copy=True)
    # Flags may be stale where a user wrote into the arrays.
    rows.has_sorted_indices = False
    rows.has_canonical_format = False
    rows.sum_duplicates()
    return rows


def _ascending(matrix: Any) -> bool:
    np = sys.modules["numpy"]
    steps = np.diff(matrix.indices)
    starts = matrix.indptr[1:-1]
    starts = starts[(starts > 0) & (starts < len(matrix.indices))]
    steps[starts - 1] = 1
    return bool((steps > 0).all()) and len(matrix.indices) == matrix.indptr[-1]
