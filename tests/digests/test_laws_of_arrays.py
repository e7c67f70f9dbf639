"""Equal content has an equal digest, any change gives another: arrays of every dtype."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nbtrack.digests import CHUNK_ROWS, content, digest
from nbtrack.digests.recognise import forget

scalar_dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="="),
    hnp.unsigned_integer_dtypes(endianness="="),
    hnp.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="=", sizes=(64, 128)),
    hnp.datetime64_dtypes(max_period="D", min_period="ns", endianness="="),
    hnp.timedelta64_dtypes(max_period="D", min_period="ns", endianness="="),
    hnp.unicode_string_dtypes(endianness="=", max_len=5),
    hnp.byte_string_dtypes(endianness="=", max_len=5),
)
dtypes = st.one_of(scalar_dtypes, hnp.array_dtypes(scalar_dtypes, max_size=3))
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
filled = hnp.arrays(scalar_dtypes, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5))


@given(arrays)
def test_memory_order_strides_and_byte_order_do_not_count(array):
    expected = digest(array)
    padded = np.zeros((*array.shape, 3), array.dtype)
    padded[..., 1] = array
    assert digest(np.asfortranarray(array)) == expected or array.ndim == 0
    assert digest(padded[..., 1]) == expected
    assert digest(array.astype(array.dtype.newbyteorder(">"))) == expected


@given(arrays)
def test_pickling_copying_and_being_known_do_not_count(array):
    expected = digest(array)
    assert digest(pickle.loads(pickle.dumps(array))) == expected
    forget()
    assert digest(array.copy()) == expected


@given(filled, st.data())
def test_a_changed_cell_changes_the_digest(array, data):
    before = digest(array)
    place = tuple(data.draw(st.integers(0, side - 1)) for side in array.shape)
    other = data.draw(hnp.from_dtype(array.dtype))
    was = array[place].copy()
    array[place] = other
    assume(array[place].tobytes() != was.tobytes())
    assume(not (np.isnan(array[place]) and np.isnan(was)) if array.dtype.kind in "fc" else True)
    assert digest(array) != before


@given(filled)
def test_the_shape_counts(array):
    assert digest(array[np.newaxis]) != digest(array)
    assert digest(array.reshape(-1)) != digest(array) or array.ndim == 1


@given(hnp.arrays(scalar_dtypes, st.integers(2, 6)))
def test_the_order_of_rows_counts(array):
    other = np.roll(array, 1)
    assume(other.tobytes() != array.tobytes())
    assume(not (array.dtype.kind in "fc" and np.isnan(array).any()))
    assert digest(other) != digest(array)


@pytest.mark.parametrize("values", [[0, 1, 1], [], [1]])
def test_every_dtype_has_a_digest_of_its_own(values):
    numbers = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "c8", "c16"]
    names = [*numbers, "M8[s]", "M8[ns]", "M8[D]", "m8[s]", "m8[ns]", "S1", "S2", "U1", "U2", "O", "T"]
    seen = {}
    for name in names:
        dtype = np.dtypes.StringDType() if name == "T" else np.dtype(name)
        array = np.array([bool(v) for v in values], bool).astype(np.int64).astype(dtype)
        seen[str(array.dtype)] = digest(array)
    assert len(set(seen.values())) == len(seen) >= 25


@given(st.sampled_from([2, 4, 8]), st.integers(1, 5000), st.data())
def test_a_nan_of_any_bits_counts_as_the_one_nan(width, length, data):
    exponent = {2: 0x7C00, 4: 0x7F80_0000, 8: 0x7FF0 << 48}[width]
    fraction = data.draw(st.integers(1, (exponent & -exponent) - 1))
    sign = data.draw(st.booleans()) << (8 * width - 1)
    values = np.linspace(-1, 1, length).astype(f"f{width}")
    values[:: data.draw(st.integers(1, 9))] = np.nan
    odd = values.copy()
    place = data.draw(st.integers(0, length - 1))
    odd.view(f"u{width}")[place] = sign | exponent | fraction
    values[place] = np.nan
    assert digest(odd) == digest(values)
    assert np.isnan(odd[place])


def test_all_nans_are_one_and_the_two_zeros_are_two():
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], "u8").view("f8")
    assert digest(odd) == digest(np.array([np.nan, np.nan]))
    assert digest(np.array([complex(np.nan, 1)])) == digest(np.array([complex(-np.nan, 1)]))
    assert digest(np.array([0.0])) != digest(np.array([-0.0]))


def test_random_padding_does_not_count():
    long = np.zeros(3, np.longdouble)
    long.view(np.uint8).reshape(3, -1)[:, 10:] = 255
    assert digest(long) == digest(np.zeros(3, np.longdouble))
    aligned = np.zeros(4, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    packed = np.zeros(4, np.dtype([("a", "i1"), ("b", "f8")]))
    aligned.view(np.uint8)[1:8] = 9
    assert digest(aligned) == digest(packed)


def test_booleans_made_by_a_view_count_as_what_they_mean():
    assert digest(np.array([0, 2, 255], np.uint8).view(bool)) == digest(np.array([False, True, True]))


def test_what_stands_under_a_mask_does_not_count():
    one = np.ma.array([1, 2, 3], mask=[0, 1, 0])
    two = np.ma.array([1, 9, 3], mask=[0, 1, 0])
    assert digest(one) == digest(two)
    assert digest(one) != digest(np.ma.array([1, 2, 3], mask=[0, 0, 0]))
    assert digest(one) != digest(np.array([1, 0, 3]))


def test_where_memory_is_mapped_from_does_not_count(tmp_path):
    array = np.arange(100_000.0)
    np.save(tmp_path / "a.npy", array)
    assert digest(np.load(tmp_path / "a.npy", mmap_mode="r")) == digest(array)


@pytest.mark.parametrize("width", [None, 3, 700])
def test_long_arrays_are_told_by_row_chunks(width):
    shape = (2 * CHUNK_ROWS + 5,) if width is None else (2 * CHUNK_ROWS + 5, width)
    array = np.zeros(shape, np.uint8)
    before = content(array)
    array[CHUNK_ROWS + 1] = 1
    after = content(array)
    then, now = before.columns[0].chunks, after.columns[0].chunks
    assert [one == other for one, other in zip(then, now, strict=True)] == [True, False, True]
    assert before.digest != after.digest
    assert digest(np.asfortranarray(array)) == after.digest
    assert digest(np.repeat(array, 2, axis=0)[::2]) == after.digest


def test_small_matrices_are_told_by_columns():
    matrix = np.arange(12.0).reshape(4, 3)
    before = content(matrix).columns
    matrix[2, 1] = -1
    after = content(matrix).columns
    assert [column.name for column in after] == ["0", "1", "2"]
    assert [one.digest == other.digest for one, other in zip(before, after, strict=True)] == [
        True,
        False,
        True,
    ]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_has_the_columns_of_an_array_and_a_digest_of_its_own():
    array = np.arange(6.0).reshape(2, 3)
    assert content(np.matrix(array)).columns == content(array).columns
    assert digest(np.matrix(array)) != digest(array)


def test_structured_arrays_are_told_by_fields():
    table = np.array([(1, 2.0), (3, 4.0)], [("a", "i4"), ("b", "f8")])
    assert [(column.name, column.dtype) for column in content(table).columns] == [
        ("a", "int32"),
        ("b", "float64"),
    ]
    renamed = table.astype([("a", "i4"), ("c", "f8")])
    assert digest(renamed) != digest(table)
    assert content(renamed).columns[1].digest == content(table).columns[1].digest


@settings(max_examples=20)
@given(st.integers(0, 3 * CHUNK_ROWS), st.sampled_from(["i1", "f4", "c16", "U3"]))
def test_a_long_view_equals_its_copy(start, dtype):
    array = np.arange(3 * CHUNK_ROWS).astype(dtype)[start:]
    assert digest(array) == digest(array.copy()) == digest(np.stack([array, array], axis=1)[:, 0])
