"""The schema of a model's input, and rows to try it on: made up within the ranges of the training data's profile.

No value of the data itself is in them but what the profile holds: least, greatest, quantiles, the commonest
categories of columns that have few. Equal data gives equal rows.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from nbtrack.records import Column, Dataset, Run

__all__ = ["ROWS", "input_dataset", "input_schema", "synthetic"]

ROWS = 5
_MOST_VALUES = 1_000_000  # of a large image or a wide sparse matrix there is no example
_FRAMES = ("pandas.DataFrame", "polars.DataFrame", "polars.LazyFrame", "pyarrow.Table")
_TEXT = frozenset({"str", "string", "object", "large_string", "String", "Utf8"})
_WORDS = ("example", "text", "of", "some", "words", "made", "up", "for", "this", "row", "only")


def input_dataset(run: Run) -> Dataset | None:
    """The data that the model was given to learn from: the first training data that has rows and columns.

    Targets come after the features in every library's training call; None where nothing was recorded.
    """
    wanted = [one for role in ("train", "input") for one in run.datasets if one.role == role]
    told = [one for one in wanted if input_schema(one) is not None]
    return told[0] if told else None


def input_schema(dataset: Dataset) -> dict[str, Any] | None:
    """What the model takes: kind, columns or dtype and the shape of one row; None where the record does not tell."""
    content = dataset.content
    kind, shape = content.kind, content.shape
    if kind in _FRAMES and content.columns:
        columns = [{"name": one.name, "dtype": _pandas_dtype(one.dtype)} for one in content.columns]
        return {"kind": "frame", "name": dataset.name, "columns": columns}
    if kind in {"pandas.Series", "polars.Series"} and content.columns and content.columns[0].dtype in _TEXT:
        return {"kind": "texts", "name": dataset.name, "columns": [{"name": "text", "dtype": "str"}]}
    if shape is None or len(shape) < 2:  # noqa: PLR2004 - a vector is a target
        return None
    if kind.startswith(("numpy.", "torch.")) and content.columns:
        dtypes = {one.dtype for one in content.columns}
        if len(dtypes) == 1:
            container = "tensor" if kind.startswith("torch.") else "array"
            return {"kind": container, "name": dataset.name, "dtype": dtypes.pop(), "shape": list(shape[1:])}
    if kind.startswith("scipy.sparse."):
        dtype = content.columns[0].dtype if content.columns else "float64"
        return {"kind": "sparse", "name": dataset.name, "dtype": dtype, "shape": list(shape[1:])}
    return None


def _pandas_dtype(dtype: str) -> str:
    """A dtype of polars or Arrow as pandas names it; others as they are."""
    plain = {
        "String": "str",
        "Utf8": "str",
        "string": "str",
        "large_string": "str",
        "Boolean": "bool",
        "double": "float64",
    }
    return plain.get(
        dtype, dtype.lower() if dtype[:1].isupper() and dtype[1:4] in {"nt6", "nt3", "nt1", "loa"} else dtype
    )


def synthetic(dataset: Dataset) -> dict[str, Any] | None:
    """Rows within the ranges of the profile, as JSON: ``{"columns", "data"}`` of a table, ``{"inputs"}`` of an array.

    None where the record tells too little, or a row is too large to be an example.
    """
    schema = input_schema(dataset)
    if schema is None:
        return None
    draw = random.Random(dataset.content.digest)  # noqa: S311 - rows to look at, no secret
    columns = dataset.content.columns
    if schema["kind"] in {"frame", "texts"}:
        named = [_column(one, ROWS, draw) for one in columns]
        return {
            "columns": [one["name"] for one in schema["columns"]],
            "data": [list(row) for row in zip(*named, strict=True)],
        }
    size = math.prod(schema["shape"])
    if size == 0 or size * ROWS > _MOST_VALUES:
        return None
    if schema["kind"] == "sparse":
        return None  # the profile of a sparse matrix tells no ranges
    if len(columns) == size:
        by_column = [_column(one, ROWS, draw) for one in columns]
        flat: list[Any] = [by_column[place][row] for row in range(ROWS) for place in range(size)]
    else:
        flat = _column(columns[0], size * ROWS, draw)
    return {"inputs": _shaped(flat, [ROWS, *schema["shape"]])}


def _shaped(flat: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    if len(shape) == 1:
        return list(flat)
    step = len(flat) // shape[0]
    return [_shaped(flat[place : place + step], shape[1:]) for place in range(0, len(flat), step)]


def _column(column: Column, count: int, draw: random.Random) -> list[Any]:  # noqa: PLR0911 - one for each type
    """So many values of a column, within what its profile says of it."""
    profile = column.profile or {}
    dtype = column.dtype.removeprefix("torch.").lower()
    top = profile.get("top")
    if isinstance(top, list) and top:
        shown = [pair[0] for pair in top]
        if dtype.startswith("bool"):
            return [draw.choice(shown) == "True" for _ in range(count)]
        return [draw.choice(shown) for _ in range(count)]
    least, greatest = profile.get("min"), profile.get("max")
    if dtype.startswith(("datetime", "timestamp")) and isinstance(least, str):
        return [_moment(least, str(greatest), draw.random()) for _ in range(count)]
    if dtype.startswith("bool"):
        return [False] * count
    if dtype.startswith(("int", "uint")):
        ends = (least, greatest) if isinstance(least, int) and isinstance(greatest, int) else (0, 0)
        return [draw.randint(*ends) for _ in range(count)]
    if dtype.startswith(("float", "double", "bfloat", "half")):
        return [_single(_between(profile, draw.random()), dtype) for _ in range(count)]
    if isinstance(least, str):
        return [least] * count
    return [" ".join(draw.choices(_WORDS, k=4)) for _ in range(count)]


def _between(profile: Any, place: float) -> float:
    """The value at a place between 0 and 1 of a column's distribution, straight between its known quantiles."""
    known = {0.0: profile.get("min"), 1.0: profile.get("max")}
    known |= {float(quantile): value for quantile, value in (profile.get("quantiles") or {}).items()}
    points = sorted(
        (quantile, float(value))
        for quantile, value in known.items()
        if isinstance(value, int | float) and math.isfinite(value)
    )
    if not points:
        return 0.0
    above = next((at for at, (quantile, _) in enumerate(points) if quantile >= place), len(points) - 1)
    (low, start), (high, end) = points[max(above - 1, 0)], points[above]
    share = (place - low) / (high - low) if high > low else 0.0
    least, greatest = points[0][1], points[-1][1]
    return min(max(start * (1 - share) + end * share, least), greatest)


def _single(value: float, dtype: str) -> float:
    """The value as a column of single precision would hold it."""
    if dtype != "float32":
        return value
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _moment(least: str, greatest: str, place: float) -> str:
    try:
        first, last = (datetime.fromisoformat(text[:26]) for text in (least, greatest))
    except ValueError:
        return least
    return (first + timedelta(seconds=int((last - first).total_seconds() * place))).isoformat()
