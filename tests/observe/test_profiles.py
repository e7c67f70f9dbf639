"""Profiles of columns."""

import json
import math
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.digests import content
from nbtrack.observe.profiles import profiles


def profile(value, place=0):
    """The profile of one column, which must be JSON."""
    found = profiles(value, len(content(value).columns))
    json.dumps(found, allow_nan=False)
    return found[place]


numbers = st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.just(math.nan)), min_size=1, max_size=30)


@given(numbers)
def test_numbers_are_described_as_pandas_does(cells):
    found = profile(pd.DataFrame({"a": cells}))
    expected = pd.Series(cells).describe(percentiles=[0.05, 0.25, 0.5, 0.75, 0.95])
    assert (found["count"], found["missing"]) == (expected["count"], len(cells) - expected["count"])
    if found["count"]:
        assert (found["min"], found["max"]) == (expected["min"], expected["max"])
        assert found["mean"] == pytest.approx(expected["mean"], abs=1e-6)
        assert list(found["quantiles"].values()) == pytest.approx(list(expected[4:9]), abs=1e-6)
    if found["count"] > 1:
        assert found["std"] == pytest.approx(expected["std"], abs=1e-6)


@pytest.mark.parametrize("offset", [0, 1e9])
def test_long_columns_are_described_whole_and_their_quantiles_from_a_sample(offset):
    rng = np.random.default_rng(0)
    values = rng.normal(size=200_000) + offset
    values[::10] = np.nan
    found = profile(pd.Series(values))
    expected = pd.Series(values).describe(percentiles=[0.05, 0.95])
    assert (found["count"], found["missing"]) == (180_000, 20_000)
    assert [found["min"], found["max"]] == [expected["min"], expected["max"]]
    assert [found["mean"], found["std"]] == pytest.approx([expected["mean"], expected["std"]], rel=1e-9)
    assert found["quantiles"]["0.95"] == pytest.approx(expected["95%"], abs=0.1)
    assert found["of_rows"] <= 4096


@given(st.sampled_from(["f8", "f4", "i8", "u1"]), st.integers(4097, 70_000), st.data())
def test_long_columns_have_the_moments_that_numpy_finds(dtype, rows, data):
    rng = np.random.default_rng(rows)
    matrix = (rng.normal(size=(rows, 3)) * 30 + data.draw(st.sampled_from([0, 100, 1e6]))).astype(dtype)
    if matrix.dtype.kind == "f":
        matrix[rng.random((rows, 3)) < data.draw(st.sampled_from([0, 0.01, 0.5, 0.999]))] = np.nan
        matrix[data.draw(st.integers(0, rows - 1)) :, 1] = np.nan
    for layout in (matrix, np.asfortranarray(matrix)):
        for place, found in enumerate(profiles(pd.DataFrame(layout, copy=False), 3)):
            column = pd.Series(matrix[:, place]).astype("f8").dropna()
            assert (found["count"], found["missing"]) == (len(column), rows - len(column))
            if len(column) > 1:
                assert [found["min"], found["max"]] == [column.min(), column.max()]
                assert [found["mean"], found["std"]] == pytest.approx([column.mean(), column.std()], rel=1e-9)


def test_numbers_that_json_lacks_are_named():
    found = profile(np.array([1.0, math.inf, -math.inf, math.nan]))
    assert (found["min"], found["max"], found["mean"], found["missing"]) == (
        "-Infinity",
        "Infinity",
        "NaN",
        1,
    )


@pytest.mark.parametrize(
    "value", [np.zeros(0), np.full(5, np.nan), np.full(9000, np.nan), np.zeros((0, 3)), np.array(1.5)]
)
def test_columns_without_values_are_counted(value):
    found = profile(value)
    assert found["count"] == np.sum(~np.isnan(value))
    assert ("min" in found) == (found["count"] > 0)


def test_integers_beyond_the_precision_of_floats_keep_their_range():
    found = profile(pd.Series([2**62 + 1, -(2**62) - 1]))
    assert (found["min"], found["max"]) == (-(2**62) - 1, 2**62 + 1)


@pytest.mark.parametrize("shape", [(50, 3), (300_000, 3), (40, 5, 6)])
def test_small_matrices_are_described_by_columns_and_others_whole(shape):
    array = np.arange(math.prod(shape), dtype="f8").reshape(shape)
    found = profiles(array, len(content(array).columns))
    assert len(found) == (3 if shape == (50, 3) else 1)
    assert sum(one["count"] for one in found) == array.size
    assert found[0]["max"] == (147 if shape == (50, 3) else array.size - 1)
    tensor = profile(torch.from_numpy(array))
    assert (tensor["count"], tensor["mean"]) == (array.size, pytest.approx(array.mean()))


TEXTS = ["a", "b", "a", None, "a"]


@pytest.mark.parametrize(
    "value",
    [
        pd.Series(TEXTS, dtype="object"),
        pd.Series(TEXTS, dtype="str"),
        pd.Series(TEXTS, dtype="string[python]"),
        pd.Series(TEXTS, dtype="category"),
        np.array(TEXTS, dtype=object),
        pl.Series(TEXTS),
        pl.Series(TEXTS, dtype=pl.Categorical),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:2], TEXTS[2:]]),
    ],
    ids=lambda value: f"{type(value).__module__.split('.')[0]} {getattr(value, 'dtype', '')}",
)
def test_categories_are_counted_wherever_they_are_kept(value):
    found = profile(value)
    assert (found["count"], found["missing"], found["distinct"]) == (4, 1, 2)
    assert found["top"] == [["a", 3], ["b", 1]]


@pytest.mark.parametrize("wrap", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_every_library_are_described_alike(wrap):
    frame = wrap({"n": [1, 2, 3], "x": [0.5, 1.5, None], "t": ["u", "u", "u"]})
    n, x, t = (profile(frame, place) for place in range(3))
    assert (n["mean"], n["std"], n["missing"]) == (2.0, 1.0, 0)
    assert (x["count"], x["missing"], x["mean"]) == (2, 1, 1.0)
    assert t["top"] == [["u", 3]]


def test_free_text_and_names_leave_no_values_behind():
    names = [f"customer {row}" for row in range(40)]
    long = ["the quick brown fox " * 5] * 40
    frame = pd.DataFrame({"name": names, "note": long, "few": ["x"] * 40})
    assert ["top" in profile(frame, place) for place in range(3)] == [False, False, True]


def test_secrets_leave_no_profile_behind():
    frame = pd.DataFrame({"password": ["hunter2"] * 9, "url": ["https://me:pa55w0rd@db.example.org/x"] * 9})
    assert profile(frame, 0) is None
    assert "top" not in profile(frame, 1)


def test_moments_and_flags_are_described():
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-01-02", None, "2026-03-04"]),
            "zoned": pd.to_datetime(["2026-01-02", None, "2026-03-04"]).tz_localize("UTC"),
            "flag": [True, False, True],
        }
    )
    at, zoned, flag = (profile(frame, place) for place in range(3))
    assert at["min"][:10] == zoned["min"][:10] == "2026-01-02"
    assert (at["count"], at["missing"], zoned["missing"]) == (2, 1, 1)
    assert flag["top"] == [["True", 2], ["False", 1]]


def test_nullable_numbers_are_described_without_their_missing():
    for dtype in ("Int64", "Float32", "int64[pyarrow]"):
        found = profile(pd.Series([1, None, 3], dtype=dtype))
        assert (found["count"], found["missing"], found["mean"]) == (2, 1, 2.0)


def test_cells_that_are_no_text_are_only_counted():
    assert profile(pd.Series([[1], {"a": 2}, None])) == {"count": 2, "missing": 1}


def test_the_chunks_of_arrow_text_do_not_count():
    cells = ["a", "b", None, "c", "a"] * 9000
    text = pd.Series(cells, dtype="str")
    whole = pa.array(cells)
    chunked = pa.chunked_array([whole[:7], pa.array([], pa.string()), whole[7:20_000], whole[20_000:]])
    expected = profile(text)
    assert expected["missing"] == 9000
    assert profile(pd.concat([text[:7], text[7:20_000], text[20_000:]])) == expected
    assert profile(whole) == profile(chunked) == expected


@pytest.mark.parametrize("missing", [0.0, 0.1, 1.0])
def test_a_profile_is_the_same_however_many_threads_there_are(missing, monkeypatch):
    rng = np.random.default_rng(1)
    values = rng.normal(1e6, 1, (2_200_000, 2))
    values[rng.random(len(values)) < missing, 1] = np.nan
    told = []
    for count in (1, 3):
        monkeypatch.setattr("nbtrack.digests.spread._processors", lambda count=count: count)
        told.append((profiles(pd.DataFrame(values), 2), profiles(pd.DataFrame(dict(enumerate(values.T))), 2)))
    assert told[0] == told[1]
    by_rows = told[0][0][1]
    present = values[~np.isnan(values[:, 1]), 1]
    assert by_rows["count"] == len(present)
    if len(present):
        assert by_rows["max"] == present.max()
        assert math.isclose(by_rows["mean"], present.mean(), rel_tol=1e-12)
        assert math.isclose(by_rows["std"], present.std(ddof=1), rel_tol=1e-9)


MANY = 1_500_000
LONG = {
    "nullable numbers": lambda: pd.DataFrame(
        {name: pd.array([1, None] * (MANY // 2), dtype="Int64") for name in "abc"}
    ),
    "Arrow's numbers in pandas": lambda: pd.DataFrame(
        {name: pd.array([1, None] * (MANY // 2), dtype="int64[pyarrow]") for name in "abc"}
    ),
    "wide rows": lambda: pd.DataFrame(np.ones((MANY // 40, 300)), copy=False),
    "one long array": lambda: np.ones(MANY * 8),
    "polars with nulls": lambda: pl.DataFrame({name: [1.0, None] * (MANY // 2) for name in "abc"}),
    "an Arrow table with nulls": lambda: pa.table(
        {name: pa.array([1, None] * (MANY // 2)) for name in "abc"}
    ),
    "categories": lambda: pd.DataFrame({"a": pd.Categorical(["x", "y", None] * (MANY // 3))}),
    "moments": lambda: pd.DataFrame({"a": pd.to_datetime([1, None] * (MANY // 2), unit="s")}),
}


@pytest.mark.parametrize("name", LONG)
def test_the_profile_of_a_long_column_copies_a_small_part_of_it_at_a_time(name):
    value = LONG[name]()
    short = value[: len(value) // 100]
    alone = profile(short)
    tracemalloc.start()
    try:
        found = profile(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6
    assert (found["count"], found["missing"]) == (alone["count"] * 100, alone["missing"] * 100)
    for known in ("min", "mean", "std", "quantiles"):
        assert found.get(known) == pytest.approx(alone.get(known)) or name == "moments"
