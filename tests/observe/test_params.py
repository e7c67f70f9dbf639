from __future__ import annotations

import datetime as dt
import functools
import json
import math
import pathlib
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from nbtrack.digests import digest_bytes
from nbtrack.observe.params import is_plain, param, to_json
from nbtrack.observe.redaction import REDACTED


class Kernel(Enum):
    RBF = "rbf"


class Level(IntEnum):
    LOW = 1


class Hostile:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


class Nameless(type):
    @property
    def __name__(cls) -> str:
        raise RuntimeError


class Unnamed(metaclass=Nameless):
    pass


def function() -> None: ...


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
)
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
def test_a_scalar_comes_back_with_its_value_and_type(value):
    back = json.loads(json.dumps(to_json(value)))
    assert back == value
    assert type(back) is type(value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_text_comes_back_whole(value):
    assert to_json(value) == value


@given(plain)
def test_any_plain_container_becomes_json_of_at_most_the_asked_size(value):
    text = json.dumps(to_json(value, max_bytes=200), allow_nan=False, ensure_ascii=False).encode(
        "utf-8", "strict"
    )
    assert len(text) <= 200


@given(plain)
def test_equal_values_give_equal_parameters(value):
    assert to_json(value) == to_json(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), "NaN"),
        (np.array([True])[0], True),
        (np.str_("rbf"), "rbf"),
        (np.longdouble(2), 2.0),
        (np.datetime64("2026-11-23"), "2026-11-23"),
        (np.array(7), 7),
        (np.array([1.0, 10.0]), [1.0, 10.0]),
        (np.zeros((455, 30)), "numpy.ndarray(455, 30)"),
        (torch.tensor(2.5, requires_grad=True), 2.5),
        (torch.zeros(3, 4), "torch.Tensor(3, 4)"),
        (torch.float32, "torch.float32"),
        (pd.DataFrame({"a": [1, 2]}), "pandas.DataFrame(2, 1)"),
        (pd.Timestamp("2026-11-23"), "2026-11-23T00:00:00"),
        (Kernel.RBF, "Kernel.RBF"),
        (Level.LOW, "Level.LOW"),
        (Decimal("0.10"), "0.10"),
        (Decimal("NaN"), "NaN"),
        (Fraction(1, 3), "1/3"),
        (1 + 2j, "(1+2j)"),
        (2**70, str(2**70)),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.timedelta(minutes=1), "0:01:00"),
        (pathlib.PurePosixPath("data/a.csv"), "data/a.csv"),
        ((1, (2, 3)), [1, [2, 3]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1: "a", (1, 2): "b"}, {"1": "a", "[1, 2]": "b"}),
        (range(3), "range(0, 3)"),
        (b"ab", "b'ab'"),
        (RandomForestClassifier, "sklearn.ensemble._forest.RandomForestClassifier"),
        (np.mean, "numpy.mean"),
        (len, "len"),
        (functools.partial(len), "functools.partial(len)"),
        (math, "math"),
        (RandomForestClassifier(n_estimators=5), "RandomForestClassifier(n_estimators=5)"),
        (StratifiedKFold(3), "StratifiedKFold(n_splits=3, random_state=None, shuffle=False)"),
        (make_pipeline(*[RandomForestClassifier(n_estimators=i) for i in range(9)]), "Pipeline"),
        (torch.nn.ReLU(), "ReLU()"),
        (object(), "object"),
        (np.random.default_rng(0), "Generator"),
    ],
)
def test_each_kind_of_value_has_its_json(value, expected):
    assert to_json(value) == expected


@pytest.mark.parametrize(
    "value", [function, lambda: None, object(), np.random.RandomState(0), [object()], iter([])]
)
def test_no_address_of_memory_is_ever_told(value):
    assert "0x" not in json.dumps(to_json(value))


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(3), RecursionError(), MemoryError(), GeneratorExit()],
)
def test_what_a_repr_raises_never_escapes(error):
    assert to_json(Hostile(error)) == "Hostile"
    assert to_json([Hostile(error), 1]) == "list"


def test_an_interrupt_is_the_users_and_passes():
    with pytest.raises(KeyboardInterrupt):
        to_json(Hostile(KeyboardInterrupt()))


def test_a_class_whose_metaclass_hides_its_name_is_named_all_the_same():
    assert to_json(Unnamed()) == "Unnamed"


def test_a_list_in_itself_ends():
    loop: list[object] = [1]
    loop.append(loop)
    assert to_json(loop) == [1, "..."]


def test_the_same_list_twice_is_no_loop():
    shared = [1]
    assert to_json([shared, shared]) == [[1], [1]]


def test_deep_nesting_is_bounded():
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert json.dumps(to_json(deep)).count("[") < 10


def test_a_parameter_of_five_megabytes_is_its_type_size_and_digest():
    text = "x" * 5_000_000
    assert to_json(text) == {"type": "str", "bytes": 5_000_000, "digest": digest_bytes(text.encode())}


def test_a_long_list_is_its_type_size_and_digest():
    summary = to_json(list(range(5000)))
    assert isinstance(summary, dict)
    assert summary["type"] == "list"
    assert str(summary["digest"]).startswith("b3:")


def test_of_a_list_too_long_to_go_through_the_length_is_told():
    assert to_json([0] * 1_000_000) == {"type": "list", "length": 1_000_000}


def test_a_lone_surrogate_becomes_text_that_a_database_takes():
    assert to_json("\ud800x") == "\\ud800x"


def test_a_secret_does_not_get_into_a_parameter():
    made = param("db_password", "hunter2", "variable")
    assert (made.value, made.redacted) == (REDACTED, True)
    nested = param("config", {"user": "ann", "api_key": "abc", "n_tokens": 512}, "variable")
    assert nested.value == {"user": "ann", "api_key": REDACTED, "n_tokens": 512}
    assert nested.redacted


def test_a_parameter_carries_origin_and_execution():
    made = param("lr", 1e-3, "variable", "0193")
    assert (made.name, made.value, made.origin, made.execution_id, made.redacted) == (
        "lr",
        1e-3,
        "variable",
        "0193",
        False,
    )


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.5,
        True,
        None,
        "adam",
        Kernel.RBF,
        np.float32(1),
        Decimal(1),
        [1, 2],
        (0.1, "a"),
        {"C": [1, 10]},
        range(5),
        {1, 2},
    ],
)
def test_scalars_short_strings_and_small_containers_of_them_are_plain(value):
    assert is_plain(value)


@pytest.mark.parametrize(
    "value",
    [
        math,
        function,
        len,
        np.zeros(3),
        torch.zeros(1),
        pd.DataFrame(),
        RandomForestClassifier(),
        RandomForestClassifier,
        "x" * 1000,
        list(range(1000)),
        [[[[[1]]]]],
        [object()],
        object(),
    ],
)
def test_functions_data_models_and_large_values_are_not_plain(value):
    assert not is_plain(value)
