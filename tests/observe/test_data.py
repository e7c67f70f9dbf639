"""Data as a record: content and profiles."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nbtrack.digests import content
from nbtrack.errors import DigestError
from nbtrack.observe.data import dataset


@pytest.fixture
def frame():
    return pd.DataFrame({"age": [31.0, np.nan, 62.0], "city": ["Bern", "Bern", None]})


def test_a_dataset_has_the_name_the_role_and_the_content_of_the_data(frame):
    found = dataset("X_train", "train", frame)
    assert (found.name, found.role) == ("X_train", "train")
    plain = content(frame)
    assert (found.content.digest, found.content.shape) == (plain.digest, (3, 2))
    assert [column.digest for column in found.content.columns] == [column.digest for column in plain.columns]


def test_profiles_stand_beside_the_digests_of_columns_unless_not_wanted(frame):
    age, city = (column.profile for column in dataset("X", "train", frame).content.columns)
    assert (age["count"], age["missing"], age["min"], age["max"]) == (2, 1, 31.0, 62.0)
    assert (city["count"], city["missing"], city["top"]) == (2, 1, [["Bern", 2]])
    bare = dataset("X", "train", frame, profiles=False)
    assert [column.profile for column in bare.content.columns] == [None, None]


def test_profiles_are_of_the_data_as_it_is_now(frame):
    before = dataset("X", "train", frame).content.columns[0].profile
    frame.loc[1, "age"] = 99.0
    after = dataset("X", "train", frame).content.columns[0].profile
    assert (before["max"], after["max"], after["missing"]) == (62.0, 99.0, 0)


def test_known_content_keeps_its_profile(frame):
    first = dataset("X", "train", frame).content
    assert dataset("Y", "test", frame.copy()).content is first


def test_the_same_content_held_otherwise_keeps_the_names_of_its_own_dtypes():
    text = pd.DataFrame({"city": ["Bern", "Basel"]})
    dtypes = [dataset("X", "train", one).content.columns[0].dtype for one in (text, text.astype(object))]
    assert dtypes == ["str", "object"]


def test_values_without_columns_have_their_digests_alone():
    values = {"rows": [1, "a", None]}
    found = dataset("config", "input", values)
    assert found.content.columns == ()
    assert found.content.digest == content(values).digest


def test_a_column_that_cannot_be_profiled_does_not_cost_the_digests():
    runs = pa.table({"a": pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([1, 2]))})
    found = dataset("X", "train", runs).content
    assert found.columns == content(runs).columns
    assert found.columns[0].profile is None


def test_columns_of_an_odd_type_have_their_digests_without_a_profile():
    frame = pd.DataFrame(
        {"spans": pd.arrays.IntervalArray.from_breaks([0, 1, 2]), "sparse": pd.arrays.SparseArray([0, 1])}
    )
    found = dataset("X", "train", frame).content
    assert [column.digest for column in found.columns] == [column.digest for column in content(frame).columns]


def test_what_cannot_be_digested_is_refused():
    with pytest.raises(DigestError):
        dataset("stream", "train", (row for row in range(3)))
