"""Digests of some of the rows: sampled on request, and the rows that a longer frame begins with."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import torch

from nbtrack.digests import CHUNK_ROWS, begins_with, content, digest

ROWS = 1000


def numbers():
    return np.arange(3.0 * ROWS).reshape(ROWS, 3)


HOLDERS = {
    "numpy": lambda rows: rows,
    "pandas": lambda rows: pd.DataFrame(rows, columns=list("abc")),
    "series": lambda rows: pd.Series(rows[:, 0]),
    "polars": pl.DataFrame,
    "arrow": lambda rows: pa.table({"a": rows[:, 0]}),
    "arrow array": lambda rows: pa.array(rows[:, 0]),
    "torch": torch.from_numpy,
    "sparse": sp.csc_array,
    "list": lambda rows: rows[:, 0].tolist(),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_a_sample_sees_the_rows_that_it_reads_and_no_others(name):
    rows = numbers()
    whole = content(HOLDERS[name](rows.copy()), sample=100)
    assert whole.sampled
    assert whole.digest.startswith("b3-sampled:")
    assert whole.shape[0] == ROWS
    assert all(column.digest.startswith("b3-sampled:") for column in whole.columns)
    rows[11] = -1
    assert digest(HOLDERS[name](rows.copy()), sample=100) == whole.digest
    rows[10] = -1
    assert digest(HOLDERS[name](rows.copy()), sample=100) != whole.digest


@pytest.mark.parametrize("name", HOLDERS)
def test_short_data_is_read_whole_also_where_a_sample_would_do(name):
    value = HOLDERS[name](numbers())
    assert content(value, sample=ROWS) == content(value)
    assert digest(7, sample=1) == digest(7)


def test_a_sample_without_rows_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        digest([1, 2], sample=0)


@pytest.mark.parametrize("name", HOLDERS)
def test_appended_rows_are_told_from_changed_ones(name):
    rows = numbers()
    earlier = content(HOLDERS[name](rows[:600].copy()))
    assert begins_with(HOLDERS[name](rows.copy()), earlier)
    assert not begins_with(HOLDERS[name](rows[:600].copy()), earlier)
    rows[599] += 1
    assert not begins_with(HOLDERS[name](rows.copy()), earlier)


def test_data_of_another_kind_or_none_does_not_begin_with_it():
    rows = numbers()
    assert not begins_with(pd.DataFrame(rows), content(rows[:5]))
    assert not begins_with(rows, content(rows, sample=10))
    assert not begins_with(3, content(3))


def test_appended_rows_keep_the_full_chunks_before_them():
    rows = np.arange(2.0 * CHUNK_ROWS + 9)
    earlier, later = content(rows[: CHUNK_ROWS + 5].copy()), content(rows)
    assert later.columns[0].chunks[0] == earlier.columns[0].chunks[0]
    assert begins_with(rows, earlier)
