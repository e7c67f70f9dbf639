"""Data kept on request, as Parquet."""

from __future__ import annotations

import io
import sys
from typing import Any

from nbtrack.errors import CaptureError

__all__ = ["to_parquet"]


def to_parquet(name: str, value: Any) -> bytes:
    """A frame, series or array of one or two dimensions as the bytes of a Parquet file.

    Raises:
        CaptureError: pyarrow is not installed, or the value has no form as a table.
    """
    try:
        import pyarrow  # noqa: F401, ICN001 - asked for, not used: pandas writes through it
    except ImportError:
        raise CaptureError(
            f"data {name} was not kept: `pip install pyarrow`, then run the cell again"
        ) from None
    try:
        frame = _frame(name, value)
        out = io.BytesIO()
        frame.to_parquet(out)
    except Exception as error:
        raise CaptureError(f"data {name} was not kept: {type(error).__name__}: {error}") from error
    return out.getvalue()


def _frame(name: str, value: Any) -> Any:
    import pandas as pd

    polars = sys.modules.get("polars")
    if polars is not None and isinstance(value, (polars.DataFrame, polars.Series)):
        value = value.to_pandas()
    if isinstance(value, pd.Series):
        value = value.to_frame(value.name if value.name is not None else name)
    frame = value if isinstance(value, pd.DataFrame) else pd.DataFrame(value)
    return frame.rename(columns=str)
