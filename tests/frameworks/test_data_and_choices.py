import datetime as dt
import pathlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import loguniform

from nbtrack.frameworks.data import arguments, is_array, is_data, number, numbers, plain, shown
from nbtrack.frameworks.signatures import Bound, init_defaults, same, same_or_spread, split


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(3),
        pd.DataFrame({"a": [1]}),
        pd.Series([1]),
        pd.Index([1]),
        pl.DataFrame({"a": [1]}),
        pa.table({"a": [1]}),
        pa.array([1]),
        scipy.sparse.eye_array(2),
        torch.zeros(2),
        torch.utils.data.TensorDataset(torch.zeros(2)),
        torch.utils.data.DataLoader([1, 2]),
    ],
    ids=lambda value: f"{type(value).__module__}.{type(value).__name__}",
)
def test_arrays_frames_tensors_and_datasets_are_data(value):
    assert is_array(value)
    assert is_data(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        "text",
        np.float64(1.0),
        np.array(1.0),
        torch.tensor(1.0),
        np.float32,
        [],
        ["a", "b"],
        {},
        print,
    ],
    ids=repr,
)
def test_scalars_names_and_functions_are_no_data(value):
    assert not is_data(value)


@pytest.mark.parametrize("value", [[1, 2], (1.5,), [[1], [2]], [["a", 1]], [np.zeros(2)]], ids=repr)
def test_lists_of_numbers_and_of_rows_are_data_but_no_arrays(value):
    assert is_data(value)
    assert not is_array(value)


def test_arguments_are_told_apart_by_name_place_and_value():
    frame, weights = pd.DataFrame({"a": [1, 2]}), np.ones(2)
    data, choices = arguments(
        [
            Bound(0, "X", frame),
            Bound(1, "y", [0, 1]),
            Bound("sample_weight", "sample_weight", [1.0, 2.0]),
            Bound("clf__sample_weight", "clf__sample_weight", weights),
            Bound("eval_set", "eval_set", [(frame, weights)]),
            Bound("validation_data", "validation_data", (frame, weights)),
            Bound("X_test", "X_test", frame),
            Bound("classes", "classes", np.array([0, 1])),
            Bound("eval_metric", "eval_metric", ["auc"]),
            Bound("epochs", "epochs", 3),
            Bound("callback", "callback", print),
            Bound("nothing", "nothing", None),
        ]
    )
    assert [(argument.role, argument.parameter) for argument in data] == [
        ("train", 0),
        ("train", 1),
        ("train", "sample_weight"),
        ("train", "clf__sample_weight"),
        ("validation", "eval_set[0][0]"),
        ("validation", "eval_set[0][1]"),
        ("validation", "validation_data[0]"),
        ("validation", "validation_data[1]"),
        ("test", "X_test"),
    ]
    assert choices == {
        "classes": choices["classes"],
        "eval_metric": ["auc"],
        "epochs": 3,
        "callback": "print",
    }


def test_what_can_be_read_only_once_is_left_alone():
    batches = iter([1, 2])
    assert arguments([Bound(0, "X", batches), Bound(1, "y", (x for x in [1]))]) == ((), {})
    assert list(batches) == [1, 2]


def test_several_inputs_by_name_are_data_and_a_mapping_of_choices_is_not():
    data, choices = arguments([Bound(0, "x", {"left": np.ones(2)}), Bound(1, "y", {"depth": 3})])
    assert [argument.parameter for argument in data] == [0]
    assert choices == {"y": {"depth": 3}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.int64(2), 2.0),
        (np.array(1.5), 1.5),
        (np.array([1.5]), 1.5),
        (torch.tensor(2.0, requires_grad=True), 2.0),
        (torch.tensor([2.0]), 2.0),
        (np.array([1.0, 2.0]), None),
        ("0.5", None),
        (1j, None),
        (np.str_("a"), None),
        (None, None),
        ([1.0], None),
        (np.ma.masked, None),
    ],
    ids=repr,
)
def test_a_number_is_one_real_number_in_whatever_holds_it(value, expected):
    assert number(value) == expected


@given(st.lists(st.floats(allow_nan=False)))
def test_numbers_of_a_list_and_of_its_array_are_the_same(values):
    assert numbers(values) == tuple(values) == numbers(np.array(values))
    assert numbers([*values, "no number"]) == ()


def test_values_are_shown_as_they_are_and_objects_by_name():
    class Custom:
        pass

    when = dt.date(2020, 1, 1)
    assert shown([1, (2, "a"), {"f": np.mean}]) == [1, [2, "a"], {"f": "mean"}]
    assert shown(Custom()) == shown(Custom) == "Custom"
    assert type(shown(np.float64(0.5))) is float
    assert shown(np.dtype("int32")) == "int32"
    assert shown(np.random.RandomState(0)) == "RandomState"
    assert shown(pathlib.Path("a")) == pathlib.Path("a")
    assert shown(when) is when
    assert shown(loguniform(1, 10)) == "loguniform(1, 10)"
    assert plain(np.array([1, 2])) == [1, 2]
    assert plain({1: (when, np.int64(2))}) == {"1": ["2020-01-01", 2]}


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none(), st.tuples(st.floats())))
def test_a_value_is_the_same_as_itself_and_not_as_another_type(value):
    assert same(value, value)
    assert not same(value, [value])
    assert not same(np.array([value, value], dtype=object), np.array([value, value], dtype=object))


def test_true_is_not_one_and_one_is_not_a_float():
    assert not same(bool(1), 1)
    assert not same(1, 1.0)
    assert same(float("nan"), float("nan"))
    assert same_or_spread((1, 1), 1)
    assert not same_or_spread((), 1)


@given(st.dictionaries(st.sampled_from("abc"), st.one_of(st.floats(allow_nan=False), st.integers())))
def test_written_and_kept_parameters_part_what_an_object_holds(values):
    written, kept = split(values, {"a": 1, "b": 0.5})
    assert {**written, **kept} == values
    assert written.keys().isdisjoint(kept)


def test_defaults_come_from_base_classes_where_keywords_are_passed_up():
    class Base:
        def __init__(self, depth=3, *, rate=0.1):
            self.depth, self.rate = depth, rate

    class Derived(Base):
        def __init__(self, kind, **kwargs):
            super().__init__(**kwargs)
            self.kind = kind

    class Closed(Base):
        def __init__(self, kind="a"):
            super().__init__()
            self.kind = kind

    assert list(init_defaults(Derived)) == ["kind", "depth", "rate"]
    assert init_defaults(Closed) == {"kind": "a"}
    assert init_defaults(object) == {}
