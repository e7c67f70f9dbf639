"""Frames to digest: each with the buffers that hold its data, and a change of one value in place."""

import numpy as np
import pandas as pd
import pyarrow as pa

COLUMNS = 20


def bytes_of(column):
    """The memory that holds a column, as flat arrays of bytes; of objects there is none to speak of."""
    values = column.array
    arrow = getattr(values, "_pa_array", None)
    if arrow is not None:
        pieces = [piece for piece in arrow.chunks if len(piece)]
        return [np.frombuffer(part, "u1") for piece in pieces for part in piece.buffers() if part is not None]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [values.codes.view("u1")]
    data = values.asi8 if hasattr(values, "asi8") else column.to_numpy()
    if data.dtype.kind == "O":
        return [np.frombuffer("".join(value for value in data if value is not None).encode(), "u1")]
    return [np.ascontiguousarray(data).view("u1")]


def buffers(frame):
    return [part for _, column in frame.items() for part in bytes_of(column)]


def numeric(gigabytes, missing=0.0):
    rows = int(gigabytes * 1e9) // (8 * COLUMNS)
    rng = np.random.default_rng(0)
    data = rng.random((COLUMNS, rows))
    if missing:
        for column in data:
            column[rng.random(rows) < missing] = np.nan
    frame = pd.DataFrame(data.T, columns=[f"c{place}" for place in range(COLUMNS)], copy=False)

    def change(_):
        data[COLUMNS // 2, rows // 2] += 1

    return frame, buffers(frame), change


def numeric_missing(gigabytes):
    return numeric(gigabytes, missing=0.05)


def numeric_by_rows(gigabytes):
    rows = int(gigabytes * 1e9) // (8 * COLUMNS)
    data = np.random.default_rng(0).random((rows, COLUMNS))
    frame = pd.DataFrame(data, copy=False)

    def change(_):
        data[rows // 2, COLUMNS // 2] += 1

    return frame, [data.reshape(-1).view("u1")], change


def words(rows, seed):
    rng = np.random.default_rng(seed)
    prefixes = rng.choice(["customer", "account", "order", "visit"], rows).tolist()
    numbers = rng.integers(0, 1 << 30, rows).tolist()
    return [f"{prefix} of street {number}" for prefix, number in zip(prefixes, numbers, strict=True)]


def arrow_text(gigabytes):
    rows = int(gigabytes * 1e9) // 40
    pieces = [
        pa.array(words(min(1_000_000, rows - start), start), pa.large_string())
        for start in range(0, rows, 1_000_000)
    ]
    dtype = pd.StringDtype("pyarrow", na_value=np.nan)
    column = pd.Series(pd.array(pa.chunked_array(pieces), dtype=dtype))
    frame = pd.DataFrame({"text": column}, copy=False)
    data = buffers(frame)
    letters = np.frombuffer(pieces[len(pieces) // 2].buffers()[2], "u1").copy()

    def change(_):
        # Arrow's memory is not to be written to; the middle piece is put together anew with one letter changed.
        letters[len(letters) // 2] ^= 1
        middle = pieces[len(pieces) // 2]
        parts = [None, middle.buffers()[1], pa.py_buffer(letters)]
        pieces[len(pieces) // 2] = pa.Array.from_buffers(middle.type, len(middle), parts)
        frame["text"] = pd.array(pa.chunked_array(pieces), dtype=dtype)

    return frame, data, change


def object_text(gigabytes):
    # A string of Python's takes some 80 bytes for 25 letters, with its place in the column.
    rows = int(gigabytes * 1e9) // 84
    frame = pd.DataFrame({"text": pd.Series(words(rows, 1), dtype=object)})

    def change(_):
        frame.iloc[rows // 2, 0] = "changed" + frame.iloc[rows // 2, 0]

    return frame, buffers(frame), change


def mixed(gigabytes):
    rows = int(gigabytes * 1e9) // (4 * 8 + 4 + 1 + 1 + 8 + 8 + 33 + 84)
    rng = np.random.default_rng(2)
    text = words(rows, 3)
    frame = pd.DataFrame(
        {
            **{f"x{place}": rng.random(rows) for place in range(4)},
            "small": rng.integers(0, 100, rows).astype("int32"),
            "flag": rng.random(rows) < 0.5,
            "kind": pd.Categorical.from_codes(rng.integers(0, 5, rows), list("abcde")),
            "at": pd.to_datetime(rng.integers(0, 1 << 50, rows), unit="us"),
            "zoned": pd.to_datetime(rng.integers(0, 1 << 50, rows), unit="us", utc=True),
            "text": pd.Series(text, dtype="str"),
            "object": pd.Series(
                [None if place % 10 == 0 else value for place, value in enumerate(text)], dtype=object
            ),
        }
    )

    def change(_):
        frame.loc[rows // 2, "small"] += 1

    return frame, buffers(frame), change


FRAMES = {
    "numeric": numeric,
    "numeric with missing": numeric_missing,
    "numeric by rows": numeric_by_rows,
    "arrow text": arrow_text,
    "object text": object_text,
    "mixed": mixed,
}
