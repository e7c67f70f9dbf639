"""Changes that digests of samples, of hashes or of printed values do not see, each by its name."""

import os

import numpy as np
import pandas as pd
import pytest
import torch

from nbtrack.digests import digest
from nbtrack.digests.files import digest_file

ROWS = 30_000


def frame():
    return pd.DataFrame(
        {
            "number": np.arange(ROWS, dtype="int64"),
            "flag": np.arange(ROWS) % 2 == 0,
            "at": pd.date_range("2020", periods=ROWS, freq="min"),
            "text": pd.Series(["a", None] * (ROWS // 2), dtype=object),
        }
    )


def test_a_change_past_the_first_ten_thousand_rows_is_seen():
    now = frame()
    now.loc[10_001, "number"] += 1
    assert digest(now) != digest(frame())
    now.loc[10_001, "number"] -= 1
    assert digest(now) == digest(frame())


def test_one_flipped_bool_is_seen():
    now = frame()
    now.loc[ROWS - 1, "flag"] ^= True
    assert digest(now) != digest(frame())


@pytest.mark.parametrize("dtype", ["int32", "uint64", "float64", "Int64", "object"])
def test_int64_is_told_from_the_same_numbers_in_another_dtype(dtype):
    assert digest(frame().astype({"number": dtype})) != digest(frame())


def test_a_bool_column_is_told_from_zeros_and_ones():
    assert digest(frame().astype({"flag": "int8"})) != digest(frame())


@pytest.mark.parametrize(
    "replace",
    [
        lambda at: at + pd.Timedelta(1, "ns"),
        lambda at: at.astype("int64"),
        lambda at: at.dt.tz_localize("UTC"),
        lambda at: at.astype(str),
        lambda at: at.astype("datetime64[s]"),
    ],
)
def test_a_replaced_datetime_column_is_seen(replace):
    now = frame()
    now["at"] = replace(now["at"])
    assert digest(now) != digest(frame())


def test_none_is_told_from_nan_and_both_from_na_and_nat():
    columns = [pd.Series(["a", missing], dtype=object) for missing in (None, np.nan, pd.NA, pd.NaT)]
    assert len({digest(column) for column in columns}) == 4


def test_swapped_columns_of_one_dtype_are_seen():
    then = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert digest(then) != digest(then.rename(columns={"a": "b", "b": "a"}))
    assert digest(then) != digest(then[["b", "a"]])


def test_swapped_rows_are_seen():
    order = [1, 0, *range(2, ROWS)]
    assert digest(frame().iloc[order].reset_index(drop=True)) != digest(frame())


def test_files_that_swap_their_names_change_their_folder(tmp_path):
    (tmp_path / "train.csv").write_bytes(b"1,2")
    (tmp_path / "test.csv").write_bytes(b"3,4")
    before = digest_file(tmp_path).digest
    (tmp_path / "train.csv").rename(tmp_path / "spare")
    (tmp_path / "test.csv").rename(tmp_path / "train.csv")
    (tmp_path / "spare").rename(tmp_path / "test.csv")
    assert digest_file(tmp_path).digest != before


def test_a_changed_byte_in_a_large_file_is_seen_although_size_and_time_are_as_before(tmp_path):
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(5_000_000))
    os.utime(file, (1, 1))
    before = digest_file(file).digest
    with file.open("r+b") as stream:
        stream.seek(2_500_000)
        stream.write(b"\1")
    os.utime(file, (1, 1))
    assert digest_file(file).digest != before


def test_all_nans_of_bfloat16_are_one_and_its_numbers_are_told_apart():
    bits = [0x7FC0, 0x7FC1, -64, -63, 0x7F81]
    tensors = [torch.tensor([bit, 5], dtype=torch.int16).view(torch.bfloat16) for bit in bits]
    assert all(tensor.isnan()[0] for tensor in tensors)
    assert len({digest(tensor) for tensor in tensors}) == 1
    others = [torch.tensor([bit, 5], dtype=torch.int16).view(torch.bfloat16) for bit in (0x7F80, -128, 0, 1)]
    assert len({digest(tensor) for tensor in others}) == 4
