"""What of a dataset changed, told from the records of two contents that were made of real data."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.differences.data import data_changes, in_words
from nbtrack.digests import CHUNK_ROWS, content
from nbtrack.observe.data import dataset
from nbtrack.observe.growth import Growth

ROWS = 2 * CHUNK_ROWS + 5000
LONG = pd.DataFrame(
    {
        "age": np.arange(ROWS) % 97,
        "income": np.arange(ROWS) * 1.5,
        "member": np.arange(ROWS) % 2 == 0,
    }
)
SHORT = pd.DataFrame({"age": [31, 42, 53], "income": [1.0, 2.0, 3.0], "city": ["Bern", "Ulm", "Graz"]})


def record(value):
    return dataset("X", "train", value).content


def changes(then, now):
    return data_changes(content(then), content(now))


def words(then, now):
    return in_words(data_changes(record(then), record(now)))


@pytest.mark.parametrize("frame", [LONG, SHORT, pl.DataFrame(SHORT.to_dict("list")), np.ones((3, 4))])
def test_equal_data_has_no_changes(frame):
    assert changes(frame, frame.copy() if hasattr(frame, "copy") else frame.clone()) == ()


@given(st.integers(0, ROWS - 1), st.sampled_from(list(LONG.columns)))
def test_a_changed_cell_is_told_by_its_column_and_a_range_of_rows_that_holds_it(row, column):
    now = LONG.copy()
    place = now.columns.get_loc(column)
    now.iloc[row, place] = not now.iloc[row, place] if column == "member" else now.iloc[row, place] + 1
    (change,) = changes(LONG, now)
    ((start, stop),) = change.rows
    assert (change.kind, change.columns) == ("values", (column,))
    assert start <= row < stop <= ROWS
    assert stop - start <= CHUNK_ROWS


@given(st.sets(st.integers(0, 2), min_size=1))
def test_neighbouring_ranges_that_changed_are_one_range(chunks):
    now = LONG.copy()
    for chunk in chunks:
        now.loc[chunk * CHUNK_ROWS + 7, "age"] += 1
    (change,) = changes(LONG, now)
    covered = {row // CHUNK_ROWS for start, stop in change.rows for row in range(start, stop, 1000)}
    assert covered == chunks
    assert all(stop < start for (_, stop), (start, _) in zip(change.rows, change.rows[1:], strict=False))


@given(st.permutations(list(SHORT.columns)))
def test_columns_in_another_order_are_told_as_such(order):
    found = changes(SHORT, SHORT[order])
    assert [one.kind for one in found] == ([] if order == list(SHORT.columns) else ["moved"])


@given(
    st.sampled_from(list(SHORT.columns)),
    st.text(min_size=1, max_size=8).filter(lambda name: name not in SHORT),
)
def test_a_renamed_column_is_known_by_its_content(column, name):
    (change,) = changes(SHORT, SHORT.rename(columns={column: name}))
    assert (change.kind, change.columns, change.then, change.now) == ("renamed", (name,), column, name)


@given(st.integers(1, 3000))
def test_rows_after_whole_chunks_are_told_as_appended_and_the_other_way_round_as_removed(count):
    whole = LONG[: 2 * CHUNK_ROWS]
    more = LONG[: 2 * CHUNK_ROWS + count]
    assert [(one.kind, one.rows) for one in changes(whole, more)] == [("rows", ((0, 2 * CHUNK_ROWS),))]
    assert "appended" in words(whole, more)
    assert "the last" in words(more, whole)


def test_appended_rows_are_not_claimed_where_the_digests_do_not_show_it():
    said = words(LONG, pd.concat([LONG, LONG[:1204]], ignore_index=True))
    assert said == "same schema; 1,204 rows more (136,072 → 137,276), the first 131,072 are equal"
    assert "appended" not in words(SHORT, pd.concat([SHORT, SHORT], ignore_index=True))


def grown(*values, role="train"):
    """The contents of data that went in one after the other under one name."""
    growth = Growth()
    return [growth.told(dataset("X", role, value), value).content for value in values]


@given(st.integers(1, 60), st.integers(1, 60))
def test_rows_appended_within_a_chunk_are_told_where_both_went_in_one_after_the_other(first, more):
    whole = pd.concat([SHORT] * 40, ignore_index=True)
    then, now = grown(whole[:first], whole[: first + more])
    assert [(one.kind, one.rows) for one in data_changes(then, now)] == [("rows", ((0, first),))]
    rows = f"{more} row{'' if more == 1 else 's'}"
    assert in_words(data_changes(then, now)) == f"same schema; {rows} appended"
    assert in_words(data_changes(now, then)) == f"same schema; the last {rows} removed"


def test_1204_rows_appended_to_rows_that_end_inside_a_chunk_are_told():
    then, now = grown(LONG, pd.concat([LONG, LONG[:1204]], ignore_index=True))
    assert in_words(data_changes(then, now)) == "same schema; 1,204 rows appended"


def test_data_that_grows_again_and_again_begins_with_all_it_was():
    first, _, _, last = grown(*(SHORT.iloc[[0, 1, 2, 0, 1]].iloc[:rows] for rows in (1, 2, 4, 5)))
    assert in_words(data_changes(first, last)) == "same schema; 4 rows appended"


@pytest.mark.parametrize("column", list(SHORT))
def test_rows_are_not_appended_where_one_before_them_changed(column):
    now = pd.concat([SHORT, SHORT], ignore_index=True)
    now.loc[2, column] = now.loc[0, column]
    assert "appended" not in in_words(data_changes(*grown(SHORT, now)))


def test_what_the_store_cannot_tell_of_earlier_data_costs_nothing():
    def broken():
        raise OSError

    made = dataset("X", "train", SHORT)
    assert Growth(broken).told(made, SHORT) is made


def test_what_changed_beside_added_rows_is_told_too():
    now = pd.concat([LONG, LONG[:10]], ignore_index=True)
    now.loc[3, "age"] += 1
    assert (
        words(LONG, now)
        == "same schema; 10 rows more (136,072 → 136,082); age changed in rows 0\N{EN DASH}65,535"
    )


def test_in_words_as_the_manual_promises():
    now = LONG.copy()
    now.loc[CHUNK_ROWS + 5, "age"] += 1
    assert words(LONG, now).startswith("same schema; age changed in rows 65,536\N{EN DASH}131,071")
    assert words(SHORT, SHORT.rename(columns={"income": "salary"})) == (
        "column income renamed to salary (equal content)"
    )
    narrow = SHORT.astype({"age": "int32"})
    assert words(narrow, SHORT) == "age: dtype int32 → int64 (widened)"
    assert words(SHORT, narrow) == "age: dtype int64 → int32 (narrowed)"
    assert words(SHORT, SHORT.drop(columns="city")) == "column city removed"
    assert words(SHORT.drop(columns=["age", "city"]), SHORT) == "columns age and city added"
    assert words(SHORT, SHORT.set_index(pd.Index([5, 6, 7]))) == (
        "same schema; the labels of rows changed, all columns are equal"
    )
    assert words(SHORT, pl.DataFrame(SHORT.to_dict("list"))).startswith("pandas.DataFrame → polars.DataFrame")
    assert words(np.ones((3, 2, 2)), np.ones((3, 4, 2))) == "shape [3, 2, 2] → [3, 4, 2]"


def test_profiles_say_how_a_column_changed_and_that_rows_may_have_changed_places():
    now = SHORT.copy()
    now.loc[1, "income"] = np.nan
    assert words(SHORT, now) == "same schema; income changed (missing 0 → 1, count 3 → 2, std 1 → 1.414)"
    shuffled = SHORT.iloc[[2, 0, 1]].reset_index(drop=True)
    assert "same profile, as if rows had changed places" in words(
        SHORT[["age", "income"]], shuffled[["age", "income"]]
    )


def test_columns_that_changed_alike_are_told_together_and_many_are_counted():
    wide = pd.DataFrame({f"c{place}": np.arange(ROWS) for place in range(9)})
    assert words(wide, wide + 1).startswith(
        "same schema; c0, c1, c2, c3, c4 and 4 more columns changed in rows 0\N{EN DASH}136,071"
    )


def test_columns_of_one_name_are_told_apart_by_their_place():
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    now = twice.copy()
    now.iloc[0, 1] = 9
    (change,) = changes(twice, now)
    assert (change.kind, change.columns) == ("values", ("a",))


def test_of_what_is_told_by_its_pickle_no_more_is_said_than_that_it_changed():
    assert [one.kind for one in changes(lambda: 1, lambda: 2)] == ["unknown"]


def test_no_value_of_the_data_is_in_what_is_said_without_profiles():
    secret = pd.DataFrame({"name": ["Aristotle", "Boethius"]})
    now = pd.DataFrame({"name": ["Aristotle", "Cassiodorus"]})
    told = json.dumps([str(one) for one in changes(secret, now)])
    assert not {"Aristotle", "Boethius", "Cassiodorus"} & set(told.split('"'))
    assert "Boethius" not in told
