"""Known data is recognised, and any change of it in place is seen."""

import random
from multiprocessing import shared_memory

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from blake3 import blake3

from nbtrack.digests import CHUNK_ROWS, content, digest, recognise

ROWS = 2 * CHUNK_ROWS + 3


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((ROWS, 3)), columns=["a", "b", "c"])
    frame["n"] = np.arange(ROWS)
    frame["s"] = [f"x{row % 100}" for row in range(ROWS)]
    return frame


def fresh(value):
    """The digest computed without anything remembered."""
    recognise.forget()
    return digest(value)


def test_what_is_known_is_not_hashed_again(frame, monkeypatch):
    first = content(frame)

    hashed = []

    def counted(data=b""):
        hashed.append(len(data))
        return blake3(data)

    monkeypatch.setattr(recognise, "blake3", counted)
    assert content(frame.drop(columns="s")).columns == first.columns[:4]
    assert max(hashed) < 512


def test_a_change_through_numpy_behind_pandas_is_seen(frame):
    before = digest(frame)
    values = frame["b"].to_numpy(copy=False)
    values.flags.writeable = True
    values[CHUNK_ROWS + 7] += 1
    assert digest(frame) != before
    assert digest(frame) == fresh(frame)
    values[CHUNK_ROWS + 7] -= 1


def test_a_change_of_one_bit_anywhere_is_seen():
    array = np.random.default_rng(1).random(ROWS)
    seen = {digest(array)}
    raw = array.view(np.uint8)
    for place in random.Random(2).sample(range(array.nbytes), 20):
        raw[place] ^= 1 << (place % 8)
        seen.add(digest(array))
    assert len(seen) == 21


def test_a_change_through_a_view_is_seen_in_every_view():
    base = np.zeros((ROWS, 4))
    views = [base, base.T, base[::2], base[:, 1]]
    before = [digest(view) for view in views]
    base[1000, 1] = 1
    after = [digest(view) for view in views]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert after == [fresh(view.copy()) for view in views]


@pytest.mark.parametrize("row", [0, 9000, CHUNK_ROWS - 1, CHUNK_ROWS, ROWS - 1])
def test_a_change_in_any_band_of_a_frame_that_lies_row_by_row_is_seen(row):
    data = np.random.default_rng(4).random((ROWS, 6)) - 0.5
    data[::7] = np.nan
    frame = pd.DataFrame(data, copy=False)
    before = digest(frame)
    was, data[row, 3] = data[row, 3], 2.0
    assert digest(frame) != before
    assert digest(frame) == fresh(frame.copy())
    data[row, 3] = was
    assert digest(frame) == before == fresh(pd.DataFrame(np.asfortranarray(data), copy=False))


def test_a_change_in_shared_memory_is_seen():
    memory = shared_memory.SharedMemory(create=True, size=8 * ROWS)
    try:
        mine = np.ndarray(ROWS, "f8", memory.buf)
        mine[:] = 0
        before = digest(mine)
        other = shared_memory.SharedMemory(memory.name)
        other.buf[8 * (ROWS - 1)] = 1
        assert digest(mine) != before
        other.close()
        del mine
    finally:
        memory.close()
        memory.unlink()


def test_a_change_in_an_arrow_buffer_is_seen():
    text = bytearray(b"abc" * ROWS)
    offsets = np.arange(0, 3 * ROWS + 1, 3, dtype="i4")
    array = pa.Array.from_buffers(pa.string(), ROWS, [None, pa.py_buffer(offsets), pa.py_buffer(text)])
    before = digest(array)
    text[3 * CHUNK_ROWS] ^= 1
    assert digest(array) != before
    assert digest(array) == fresh(pa.array(array.to_pylist()))


def test_a_change_inside_a_cell_is_seen():
    inside = [1, 2]
    frame = pd.DataFrame({"a": [inside, "x"] * 40_000})
    before = digest(frame)
    inside.append(3)
    assert digest(frame) != before


def test_the_same_bytes_under_another_dtype_are_not_taken_for_the_same():
    raw = np.random.default_rng(3).integers(0, 255, 8 * CHUNK_ROWS, dtype="u1")
    odd = [raw.view(kind) for kind in ("f8", "f4", "f2", "c8", "u8", "i4", "M8[ns]", "?", "S8")]
    assert [digest(one) for one in odd] == [fresh(one) for one in odd]
    assert len({digest(one) for one in odd}) == len(odd)


def test_old_leaves_make_room_for_new_ones(monkeypatch):
    monkeypatch.setattr(recognise, "_MOST", 8)
    arrays = [np.full(1000, value) for value in range(50)]
    first = [digest(one) for one in arrays]
    assert len(recognise._known) <= 8
    assert [digest(one) for one in arrays] == first
    recognise.forget()
