"""Equal content has an equal digest, any change gives another: frames, series and indexes of pandas."""

import io
import math
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.digests import CHUNK_ROWS, content, digest
from nbtrack.digests.recognise import forget

texts = st.text(max_size=4)
KINDS = {
    "float64": (st.floats(allow_nan=True), "float64"),
    "float32": (st.floats(width=32), "float32"),
    "int64": (st.integers(-(2**63), 2**63 - 1), "int64"),
    "int8": (st.integers(-128, 127), "int8"),
    "bool": (st.booleans(), "bool"),
    "str": (st.one_of(texts, st.just(math.nan)), "str"),
    "string": (st.one_of(texts, st.none()), "string"),
    "object": (st.one_of(texts, st.none(), st.just(math.nan), st.integers(), st.booleans()), "object"),
    "Int64": (st.one_of(st.integers(-(2**63), 2**63 - 1), st.none()), "Int64"),
    "boolean": (st.one_of(st.booleans(), st.none()), "boolean"),
    "category": (st.one_of(st.sampled_from(["a", "b", "c"]), st.none()), "category"),
    "datetime": (st.integers(0, 2**40), "datetime64[ns]"),
    "zoned": (st.integers(0, 2**40), "datetime64[us, Europe/Zurich]"),
    "timedelta": (st.integers(0, 2**40), "timedelta64[ns]"),
    "arrow": (st.one_of(st.integers(0, 9), st.none()), pd.ArrowDtype(pa.int32())),
}


@st.composite
def frames(draw, kinds=tuple(KINDS), min_rows=0, min_columns=0):
    rows = draw(st.integers(min_rows, 5))
    names = draw(st.lists(texts, min_size=min_columns, max_size=4, unique=True))
    columns = {name: draw(columns_of(draw(st.sampled_from(kinds)), rows)) for name in names}
    index = draw(
        st.sampled_from([pd.RangeIndex(rows), pd.Index([f"r{row}" for row in range(rows)], name="id")])
    )
    return pd.DataFrame(columns, index=range(rows)).set_axis(index, axis=0)


@st.composite
def columns_of(draw, kind, rows):
    values, dtype = KINDS[kind]
    cells = draw(st.lists(values, min_size=rows, max_size=rows))
    if kind == "zoned":
        return pd.Series(pd.to_datetime(cells, utc=True, unit="us").tz_convert("Europe/Zurich").as_unit("us"))
    return pd.Series(cells, dtype=dtype)


@given(frames())
def test_blocks_copies_pickles_and_slices_do_not_count(frame):
    expected = digest(frame)
    assert digest(frame.copy()) == expected
    assert digest(pickle.loads(pickle.dumps(frame))) == expected
    single = pd.concat([frame[[name]] for name in frame.columns], axis=1) if frame.shape[1] else frame.copy()
    assert digest(single) == expected
    forget()
    assert digest(frame) == expected


@given(frames(min_rows=1, min_columns=1))
def test_a_view_of_a_longer_frame_equals_its_own_copy(frame):
    longer = frame.iloc[np.repeat(np.arange(len(frame)), 2)]
    assert digest(longer.iloc[::2]) == digest(frame)


@given(frames(min_rows=1, min_columns=1), st.data())
def test_a_changed_cell_changes_its_column_and_no_other(frame, data):
    place = data.draw(st.integers(0, frame.shape[1] - 1))
    row = data.draw(st.integers(0, len(frame) - 1))
    kind = next(name for name, (_, dtype) in KINDS.items() if same_dtype(dtype, frame.dtypes.iloc[place]))
    other = data.draw(columns_of(kind, 1))
    cells = list(frame.iloc[:, place].astype(object))
    was, now = cells[row], other.astype(object).iloc[0]
    columns = [frame.iloc[:, at] for at in range(frame.shape[1])]
    # Joining categoricals would change their categories: they have a test of their own.
    if kind == "category" or same_cell(was, now):
        return
    column = columns[place]
    columns[place] = pd.concat(
        [column.iloc[:row], other.set_axis(column.index[[row]]), column.iloc[row + 1 :]]
    )
    changed = pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)
    before, after = content(frame), content(changed)
    assert before.digest != after.digest
    differing = [
        one.name for one, two in zip(before.columns, after.columns, strict=True) if one.digest != two.digest
    ]
    assert differing == [frame.columns[place]]


def same_dtype(one, two):
    return (isinstance(two, pd.CategoricalDtype) and one == "category") or pd.api.types.pandas_dtype(
        one
    ) == two


def same_cell(one, two):
    if type(one) is not type(two):
        return False
    return bool(pd.isna(one) and pd.isna(two)) or (one == two and str(one) == str(two))


@given(frames(kinds=("str", "string", "object")))
def test_the_storage_of_text_does_not_count(frame):
    expected = digest(frame)
    for storage in ("python", "pyarrow"):
        other = frame.copy()
        for place, dtype in enumerate(frame.dtypes):
            if isinstance(dtype, pd.StringDtype):
                column = frame.iloc[:, place].astype(pd.StringDtype(storage, na_value=dtype.na_value))
                other = pd.concat([other.iloc[:, :place], column, other.iloc[:, place + 1 :]], axis=1)
        other.columns = frame.columns
        assert digest(other) == expected


@given(
    frames(
        min_columns=1,
        kinds=("float64", "int64", "bool", "str", "Int64", "datetime", "zoned", "boolean", "timedelta"),
    )
)
def test_a_parquet_round_trip_does_not_count(frame):
    for engine_options in ({}, {"row_group_size": 2}):
        file = io.BytesIO()
        frame.to_parquet(file, **engine_options)
        file.seek(0)
        assert digest(pd.read_parquet(file)) == digest(frame)


@given(frames(min_columns=2))
def test_the_order_of_columns_counts(frame):
    assert digest(frame.iloc[:, ::-1]) != digest(frame)


@given(frames(min_columns=1), texts)
def test_a_renamed_column_keeps_its_own_digest(frame, name):
    labels = list(frame.columns)
    if name in labels:
        return
    renamed = frame.set_axis([name, *labels[1:]], axis=1)
    assert digest(renamed) != digest(frame)
    assert content(renamed).columns[0].digest == content(frame).columns[0].digest


@given(frames(min_rows=1))
def test_the_index_and_its_name_count(frame):
    expected = digest(frame)
    assert digest(frame.set_axis([f"x{row}" for row in range(len(frame))], axis=0)) != expected
    assert digest(frame.rename_axis("another")) != expected
    assert digest(frame.iloc[:-1]) != expected


def test_a_range_equals_the_integers_it_stands_for_and_no_others():
    for numbers in ([], [5], [0, 1, 2], [9, 7, 5]):
        stored = pd.Index(numbers, dtype="int64")
        step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
        start = numbers[0] if numbers else 0
        assert digest(pd.RangeIndex(start, start + step * len(numbers), step)) == digest(stored)
    assert digest(pd.Index([0, 1, 3])) != digest(pd.Index([0, 1, 2])) != digest(pd.Index([0, 2, 4]))
    assert digest(pd.Index([0, 1], dtype="int32")) != digest(pd.Index([0, 1]))


def test_levels_of_a_multiindex_are_told_by_what_they_show():
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"])
    part = index[:2]
    assert digest(part) == digest(part.remove_unused_levels())
    assert digest(index) != digest(index.swaplevel())
    assert digest(index) != digest(index.set_names(["x", "z"]))


def test_an_object_column_of_strings_equals_one_of_dtype_str():
    column = pd.Series(["a", math.nan, "é", ""], dtype="object")
    assert digest(column) == digest(column.astype("str"))
    assert digest(column) != digest(column.astype("string"))
    assert content(column).columns[0].dtype == "object"
    assert content(column.astype("str")).columns[0].dtype == "str"


def test_categories_count_with_their_order_and_whether_they_are_ordered():
    base = pd.Categorical(["a", "b"], categories=["a", "b"])
    others = [
        pd.Categorical(["a", "b"], categories=["b", "a"]),
        pd.Categorical(["a", "b"], categories=["a", "b", "c"]),
        pd.Categorical(["a", "b"], categories=["a", "b"], ordered=True),
        pd.Categorical(["b", "a"], categories=["a", "b"]),
        pd.Categorical(["a", None], categories=["a", "b"]),
    ]
    digests = {digest(pd.Series(one)) for one in (base, *others)}
    assert len(digests) == 6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.Series([None, "a"], dtype=object), pd.Series([math.nan, "a"], dtype=object)),
        (pd.Series([None, "a"], dtype=object), pd.Series([pd.NA, "a"], dtype=object)),
        (pd.Series([pd.NaT], dtype=object), pd.Series([None], dtype=object)),
        (pd.Series([1.0, math.nan]), pd.Series([1.0, None], dtype="Float64")),
        (pd.Series([1, 2], dtype="Int64"), pd.Series([1, 2], dtype="int64")),
        (pd.Series([1, 2], dtype="int64[pyarrow]"), pd.Series([1, 2], dtype="Int64")),
        (pd.Series([True, False]), pd.Series([1, 0], dtype="int8")),
        (pd.Series([True], dtype=object), pd.Series([1], dtype=object)),
        (pd.Series([1], dtype=object), pd.Series([1.0], dtype=object)),
        (pd.Series(["1"], dtype=object), pd.Series([1], dtype=object)),
        (pd.Series(["a", "bc"]), pd.Series(["ab", "c"])),
        (pd.Series([], dtype="float64"), pd.Series([], dtype="int64")),
        (pd.Series([1.0], name="a"), pd.Series([1.0], name="b")),
        (pd.Series([1.0], name=None), pd.Series([1.0], name="None")),
        (pd.Series([1.0], name=1), pd.Series([1.0], name="1")),
        (pd.Series([1.0], name="a"), pd.DataFrame({"a": [1.0]})),
        (pd.Index([1.0]), pd.Series([1.0])),
        (
            pd.Series(pd.date_range("2020", periods=2, unit="ns")),
            pd.Series(pd.date_range("2020", periods=2, unit="us")),
        ),
        (
            pd.Series(pd.date_range("2020", periods=2, tz="UTC")),
            pd.Series(pd.date_range("2020", periods=2, tz="Europe/Zurich")),
        ),
        (
            pd.Series(pd.date_range("2020", periods=2, tz="UTC")),
            pd.Series(pd.date_range("2020", periods=2)),
        ),
        (
            pd.Series(pd.period_range("2020", periods=2, freq="M")),
            pd.Series(pd.period_range("2020", periods=2, freq="D")),
        ),
        (pd.Series(pd.interval_range(0, 2)), pd.Series(pd.interval_range(0, 2, closed="left"))),
        (pd.Series(pd.arrays.SparseArray([0, 1])), pd.Series([0, 1])),
    ],
)
def test_what_differs_in_type_or_kind_differs(one, other):
    assert digest(one) == digest(one.copy())
    assert digest(one) != digest(other)


def test_cells_that_cannot_be_hashed_are_told_by_what_is_in_them():
    frame = pd.DataFrame({"a": [[1, 2], {"k": np.arange(3)}, {3}, np.ones(2), pd.Series([1])]})
    found = content(frame)
    assert not found.by_pickle
    assert digest(frame.copy(deep=True)) == found.digest
    other = pd.DataFrame({"a": [[1, 2], {"k": np.arange(3)}, {3}, np.zeros(2), pd.Series([1])]})
    assert digest(other) != found.digest


def test_a_cell_without_canonical_form_marks_its_column_and_the_frame():
    class Odd:
        pass

    found = content(pd.DataFrame({"a": [Odd()], "b": [1]}))
    assert found.by_pickle
    assert found.digest.startswith("b3-pickle:")
    assert [column.digest.split(":")[0] for column in found.columns] == ["b3-pickle", "b3"]


def test_every_column_of_a_frame_with_repeated_names_is_told():
    frame = pd.DataFrame([[1, 2.0, "x"]], columns=["a", "a", 3])
    assert [(column.name, column.dtype) for column in content(frame).columns] == [
        ("a", "int64"),
        ("a", "float64"),
        ("3", "str"),
    ]


def test_long_columns_are_told_by_row_chunks_of_any_type():
    rows = CHUNK_ROWS + 10
    frame = pd.DataFrame(
        {
            "number": np.arange(rows, dtype="float64"),
            "text": pd.Series([f"n{row}" for row in range(rows)]),
            "object": pd.Series([None] * rows, dtype=object),
            "masked": pd.array([1] * rows, dtype="Int64"),
            "kind": pd.Categorical(["x", "y"] * (rows // 2)),
        }
    )
    other = frame.copy()
    other.loc[CHUNK_ROWS + 1] = [-1.0, "new", "o", pd.NA, "x"]
    before, after = content(frame).columns, content(other).columns
    for one, two in zip(before, after, strict=True):
        assert [then == now for then, now in zip(one.chunks, two.chunks, strict=True)] == [True, False], (
            one.name
        )


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "?", "M8[ns]", ">f8"])
@pytest.mark.parametrize("width", [2, 40])
def test_numbers_that_lie_row_by_row_have_the_digests_of_their_columns(dtype, width):
    rows = CHUNK_ROWS + 777
    values = np.random.default_rng(0).integers(0, 2, (rows, width)).astype(dtype)
    if dtype == "f4":
        values[5::7] = np.nan
    byrow = pd.DataFrame(values, copy=False)
    assert not byrow.iloc[:, 0].to_numpy().flags.c_contiguous
    apart = pd.DataFrame({place: values[:, place].copy() for place in range(width)})
    assert content(byrow).columns == content(apart).columns
    assert digest(byrow) == digest(apart) == digest(byrow.iloc[:, ::-1].iloc[:, ::-1])
    part = byrow.iloc[:, 1:]
    assert content(part).columns == content(apart).columns[1:]
