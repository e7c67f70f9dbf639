"""Digests of what other libraries hold: Arrow, polars, SciPy, PyTorch, boosters, scikit-learn."""

import datetime as dt
import decimal
import pickle

import lightgbm as lgb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import torch
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from nbtrack.digests import CHUNK_ROWS, content, digest
from nbtrack.errors import DigestError

# Arrow ----------------------------------------------------------------------------------------------------------

ARROW = {
    pa.int32(): st.integers(0, 99),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=4),
    pa.binary(): st.binary(max_size=4),
    pa.timestamp("us", "UTC"): st.datetimes(),
    pa.date32(): st.dates(),
    pa.decimal128(9, 2): st.decimals(-99, 99, places=2),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9), max_size=3),
    pa.struct([("x", pa.int8())]): st.fixed_dictionaries({"x": st.integers(0, 9)}),
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.null(): st.none(),
}
arrow_arrays = st.sampled_from(list(ARROW)).flatmap(
    lambda kind: st.lists(st.one_of(st.none(), ARROW[kind]), max_size=6).map(
        lambda cells: pa.array(cells, kind)
    )
)


@given(arrow_arrays, st.integers(0, 6))
def test_chunks_and_offsets_of_arrow_do_not_count(array, cut):
    expected = digest(array)
    assert digest(pa.chunked_array([array[:cut], array[cut:]], array.type)) == expected
    if array.type != pa.null():
        assert digest(pa.concat_arrays([array, array])[len(array) :]) == expected
    table = pa.table({"a": array})
    assert digest(pa.table({"a": pa.chunked_array([array[:cut], array[cut:]], array.type)})) == digest(table)


@given(arrow_arrays)
def test_a_changed_null_or_name_or_type_of_arrow_counts(array):
    seen = {digest(array), digest(array.cast(pa.string()) if array.type == pa.int32() else array[:0])}
    assert len(seen) == (1 if len(array) == 0 and array.type != pa.int32() else 2)
    assert digest(pa.table({"a": array})) != digest(pa.table({"b": array}))
    for place in range(len(array)):
        if array[place].is_valid:
            mask = pa.array([row == place for row in range(len(array))])
            assert digest(pa.compute.if_else(mask, pa.scalar(None, array.type), array)) != digest(array)


def test_what_lies_under_a_null_of_arrow_does_not_count():
    mask = np.array([False, True, False])
    hidden = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([1, 9, 3]))])
    assert digest(hidden) == digest(pa.array([1, 0, 3], mask=mask))
    offsets = pa.py_buffer(np.array([0, 1, 3, 4], "i4"))
    text = pa.Array.from_buffers(pa.string(), 3, [pa.py_buffer(b"\x05"), offsets, pa.py_buffer(b"axxb")])
    assert digest(text) == digest(pa.array(["a", None, "b"]))


def test_the_widths_and_the_dictionary_of_arrow_text_do_not_count():
    cells = ["a", None, "é" * 20, "a"]
    plain = pa.array(cells)
    for kind in (pa.large_string(), pa.string_view()):
        assert digest(plain.cast(kind)) == digest(plain)
    one = pa.chunked_array([pa.array(cells[:2]).dictionary_encode(), pa.array(cells[2:]).dictionary_encode()])
    assert digest(one) == digest(plain.dictionary_encode()) != digest(plain)


def test_long_arrow_text_equals_the_same_text_in_python():
    words = [f"w{row}" if row % 7 else None for row in range(CHUNK_ROWS + 9)]
    arrow = pd.Series(words, dtype="str")
    python = arrow.astype(pd.StringDtype("python", na_value=np.nan))
    assert type(arrow.array) is not type(python.array)
    assert content(arrow).columns[0].chunks == content(python).columns[0].chunks


# polars -----------------------------------------------------------------------------------------------------------


def polars_frame():
    return pl.DataFrame(
        {
            "int": [1, None, 3],
            "float": [1.5, float("nan"), None],
            "text": ["a", None, "é"],
            "flag": [True, None, False],
            "day": pl.Series([1, 2, None]).cast(pl.Date),
            "kind": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "enum": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y"])),
            "list": [[1], [], None],
            "struct": [{"p": 1}, {"p": 2}, {"p": None}],
        }
    )


def test_decimals_and_bytes_and_times_of_polars_are_told():
    cells = {"d": [decimal.Decimal("1.50")], "b": [b"x"], "t": [dt.time(1)], "u": [dt.timedelta(1)]}
    frame = pl.DataFrame(cells)
    assert digest(frame) == digest(pl.DataFrame(cells))
    for name in cells:
        other = frame.with_columns(pl.lit(None, frame[name].dtype).alias(name))
        assert digest(other) != digest(frame)


def test_chunks_and_copies_of_polars_do_not_count():
    frame = polars_frame()
    assert digest(pl.concat([frame[:1], frame[1:]], rechunk=False)) == digest(frame)
    assert digest(pickle.loads(pickle.dumps(frame))) == digest(frame)
    assert not content(frame).by_pickle


@pytest.mark.parametrize("name", polars_frame().columns)
def test_every_type_of_polars_tells_its_changes(name):
    frame = polars_frame()
    reordered = frame.with_columns(frame[name].reverse() if name != "kind" else frame[name].shift(1))
    before, after = content(frame), content(reordered)
    differing = [
        one.name for one, two in zip(before.columns, after.columns, strict=True) if one.digest != two.digest
    ]
    assert differing == [name]
    assert before.digest != after.digest != digest(frame.rename({name: "other"}))


def test_types_of_polars_differ():
    series = [
        pl.Series([1, 0]).cast(kind)
        for kind in (pl.Int64, pl.Int32, pl.UInt8, pl.Float64, pl.Boolean, pl.Date, pl.String)
    ]
    series += [
        pl.Series(["1", "0"], dtype=kind)
        for kind in (pl.Categorical, pl.Enum(["1", "0"]), pl.Enum(["0", "1"]))
    ]
    series += [pl.Series([1, None]), pl.Series([1.0, None]), pl.Series([1.0, float("nan")])]
    assert len({digest(one) for one in series}) == len(series)


# SciPy ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"])
def test_the_format_of_a_sparse_matrix_does_not_count(format_):
    dense = np.array([[0, 1.5, 0], [2, 0, 0], [0, 0, 3]])
    assert digest(sp.csr_array(dense).asformat(format_)) == digest(sp.csr_array(dense))


def test_order_duplicates_and_stale_flags_of_sparse_entries_do_not_count():
    expected = digest(sp.csr_array(np.array([[0, 3.0], [1.0, 0]])))
    assert digest(sp.coo_array(([1.0, 2.0, 1.0], ([0, 0, 1], [1, 1, 0])), (2, 2))) == expected
    matrix = sp.csr_array((np.array([3.0, 1.0]), np.array([1, 0]), np.array([0, 1, 2])), (2, 2))
    assert matrix.has_canonical_format
    assert digest(matrix) == expected
    matrix.indices[:] = [0, 1]
    assert digest(matrix) != expected


def test_values_shape_and_dtype_of_sparse_data_count():
    base = sp.csr_array(np.eye(3))
    others = [
        base * 2,
        base.astype("f4"),
        sp.csr_array(np.eye(3, 4)),
        base.T * np.arange(3),
        sp.coo_array(np.eye(3)[0]),
    ]
    assert len({digest(one) for one in (base, *others)}) == 6


# PyTorch ----------------------------------------------------------------------------------------------------------

TORCH = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int8,
    torch.uint8,
    torch.bool,
]


@pytest.mark.parametrize("dtype", [*TORCH, torch.complex64], ids=str)
def test_strides_and_gradients_of_tensors_do_not_count(dtype):
    tensor = torch.arange(6).reshape(2, 3).to(dtype)
    expected = digest(tensor)
    assert digest(tensor.t().contiguous().t()) == expected
    assert digest(tensor.repeat_interleave(2, 1)[:, ::2]) == expected
    if dtype.is_floating_point:
        assert digest(tensor.clone().requires_grad_()) == expected
        assert digest(torch.nn.Parameter(tensor)) == expected
    tensor[1, 2] = 0
    assert digest(tensor) != expected


def test_dtypes_of_tensors_differ():
    assert len({digest(torch.ones(2, dtype=dtype)) for dtype in TORCH}) == len(TORCH)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_sparse_tensors_are_told_by_their_entries():
    tensor = torch.eye(3)
    assert digest(tensor.to_sparse()) == digest(tensor.to_sparse_csr().to_sparse())
    assert digest(tensor.to_sparse()) != digest((tensor * 2).to_sparse())


class Squares(Dataset):
    def __init__(self, count):
        self.data = torch.arange(count) ** 2

    def __len__(self):
        return len(self.data)

    def __getitem__(self, place):
        return self.data[place]


class Stream(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return iter(range(self.count))


def test_a_stream_is_told_by_what_it_is_made_of():
    assert digest(Stream(3)) == digest(DataLoader(Stream(3)).dataset) != digest(Stream(4))
    assert content(Stream(3)).shape is None


def test_a_loader_is_told_by_its_data_and_not_by_its_batches():
    X, y = torch.rand(6, 2), torch.arange(6)
    data = TensorDataset(X, y)
    loader = content(DataLoader(data, batch_size=2, shuffle=True))
    assert loader.digest == digest(DataLoader(TensorDataset(X.clone(), y.clone()), batch_size=3))
    assert loader.digest != digest(DataLoader(TensorDataset(X + 1, y)))
    assert loader.shape == (6,)
    assert not loader.by_pickle


def test_data_sets_are_told_by_all_that_they_hold():
    base = Squares(5)
    found = [base, Squares(6), Subset(base, [0, 1]), Subset(base, [0, 2]), ConcatDataset([base, base])]
    assert len({digest(one) for one in found}) == 5
    assert digest(Subset(Squares(5), [0, 1])) == digest(found[2])
    assert [content(one).shape for one in found] == [(5,), (6,), (2,), (2,), (10,)]


# Boosters and scikit-learn ----------------------------------------------------------------------------------------


def test_a_dmatrix_is_told_by_data_labels_weights_and_names():
    X, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])
    base = xgb.DMatrix(X, y)
    others = [
        xgb.DMatrix(X + 1, y),
        xgb.DMatrix(X, 1 - y),
        xgb.DMatrix(X, y, weight=[1, 2, 3, 4]),
        xgb.DMatrix(X, y, feature_names=["a", "b", "c"]),
        xgb.QuantileDMatrix(X + 1, y),
    ]
    assert digest(xgb.DMatrix(X.copy(), y)) == digest(base)
    assert len({digest(one) for one in (base, *others)}) == 6
    assert content(base).shape == (4, 3)


def test_a_lightgbm_dataset_is_told_by_the_data_it_was_made_of():
    X, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    base = lgb.Dataset(X, y)
    assert digest(lgb.Dataset(X.copy(), y)) == digest(base)
    assert len({digest(one) for one in (base, lgb.Dataset(X + 1, y), lgb.Dataset(X, 1 - y))}) == 3
    kept = lgb.Dataset(X, y, free_raw_data=False)
    before = digest(kept)
    assert digest(kept.construct()) == before
    with pytest.raises(DigestError, match="free_raw_data=False"):
        digest(base.construct())


@settings(max_examples=5)
@given(st.integers(0, 3))
def test_a_bunch_is_told_by_its_items(column):
    one, other = load_iris(), load_iris()
    assert digest(one) == digest(other)
    assert not content(one).by_pickle
    other.data[3, column] += 1
    assert digest(one) != digest(other)
