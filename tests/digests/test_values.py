"""Digests of plain Python values and of containers of anything."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import math
import pathlib
import re
import subprocess
import sys
import types
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import Bunch

from nbtrack.digests import content, digest, digest_bytes, digest_text
from nbtrack.digests.encode import Encoder
from nbtrack.errors import DigestError

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(), max_size=5),
    st.binary(max_size=5),
    st.datetimes(),
    st.dates(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.uuids(),
)
hashable = st.recursive(
    scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4
)
nested = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(hashable, inner, max_size=3) | st.tuples(inner)
    ),
    max_leaves=6,
)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Number(enum.IntEnum):
    ONE = 1


@dataclasses.dataclass
class Config:
    rate: float
    layers: list[int]


Point = collections.namedtuple("Point", "x y")  # noqa: PYI024 - the old kind is what is tested


def canonical(value):
    """A text that tells values apart as they should be: by type, sign of zero and kind, without the order of sets."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"float {value!r}"
    if isinstance(value, complex):
        return f"complex {canonical(value.real)} {canonical(value.imag)}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}[{','.join(map(canonical, value))}]"
    if isinstance(value, frozenset):
        return f"set[{','.join(sorted(map(canonical, value)))}]"
    if isinstance(value, dict):
        return f"dict[{','.join(sorted(f'{canonical(k)}:{canonical(v)}' for k, v in value.items()))}]"
    return f"{type(value).__name__} {value!r}"


@given(nested, nested)
def test_two_values_have_one_digest_only_if_they_are_the_same(one, other):
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))


@given(st.lists(scalars, max_size=8))
def test_a_list_is_told_apart_from_its_parts_and_its_relatives(values):
    assert digest(values) == digest(list(values))
    assert digest(values) != digest(tuple(values))
    assert digest([values]) != digest(values)
    assert digest([*values, None]) != digest(values)


@given(st.dictionaries(hashable, scalars, max_size=6))
def test_the_order_of_a_dict_does_not_count(mapping):
    assert digest(dict(reversed(mapping.items()))) == digest(mapping)
    ordered = collections.OrderedDict(mapping)
    assert digest(ordered) == digest(collections.OrderedDict(mapping))
    assert digest(ordered) != digest(mapping)


def test_no_two_of_these_are_the_same():
    now = dt.datetime(2026, 1, 2, 3)  # noqa: DTZ001 - without a zone on purpose
    values = [
        None, True, False, 0, 1, -1, 2**63, -(2**63), -(2**63) - 1, 1.0, -0.0, 0.0, math.nan, math.inf, 1j, "", "1",
        b"", b"1", [], (), {}, set(), [[]],
        [1, 23], [12, 3], ["1", "23"], ["12", "3"], [None], [math.nan], [pd.NA], [pd.NaT],
        {"a": 1}, {"a": True}, {1: "a"}, collections.OrderedDict(a=1), collections.Counter(a=1), Bunch(a=1),
        now, now.date(), now.time(), now.replace(tzinfo=dt.UTC), dt.timedelta(1), pd.Timestamp(now),
        pd.Timestamp(now, tz="UTC"), pd.Timedelta(1, "D"), pd.Period("2026-01"), pd.Interval(0, 1),
        np.int64(1), np.int32(1), np.float64(1), np.float32(1), np.bool_(1), np.array(1), np.array([1]),
        np.datetime64("2026-01-02"), pd.Series([1]), pd.Index([1]), pd.DataFrame([1]),
        decimal.Decimal(1), decimal.Decimal("1.0"), fractions.Fraction(1), uuid.UUID(int=1), pathlib.PurePosixPath("1"),
        re.compile("1"), re.compile("1", re.IGNORECASE), range(1), slice(1), bytearray(b"1"), Ellipsis,
        Colour.RED, Colour.BLUE, Number.ONE, Config(1, []), Config(1.0, []), Point(1, 2), (1, 2),
        types.SimpleNamespace(a=1), int, float, np.float64, math.sqrt, np.mean, np.median, np.log,
        functools.partial(np.mean, axis=1),
        functools.partial(np.mean, axis=0), collections.deque([1]), np.dtype("f4"), np.dtype("f8"), pd.NA, pd.NaT,
        pd.array([1.0]), pd.Categorical([1.0]).dtype, pd.Categorical([2.0]).dtype, pd.offsets.Day(2), np.array(None),
        np.array(["a"], np.dtypes.StringDType()), np.array(["a"], np.dtypes.StringDType(na_object=None)),
    ]  # fmt: skip
    found = [digest(value) for value in values]
    twice = {one for one in found if found.count(one) > 1}
    assert not [value for value, one in zip(values, found, strict=True) if one in twice]
    assert all(one.startswith("b3:") for one in found)


def test_a_list_of_strings_is_told_alike_however_far_it_is_read():
    words = ["a", "bc", ""] * 5
    assert digest([*words, None])[:3] == "b3:"
    cells = {digest([*words, extra]) for extra in (None, math.nan, "", "x", 1, True, b"", pd.NA, ["x"])}
    assert len(cells) == 9


@pytest.mark.parametrize("letters", ["a", "aé", "é漢🙂", "a\ud800"])
def test_the_way_many_strings_are_joined_does_not_count(letters):
    words = [letters * (row % 4) for row in range(3000)]
    alone = [digest([word]) for word in set(words)]
    assert len(set(alone)) == 4
    # A list of few strings is encoded one by one, one of many at once; a value of another kind forces the former.
    encoder = Encoder(lambda _: None)
    assert encoder.cells(words) == encoder._mixed(words)
    gaps = [None if row % 5 == 0 else word for row, word in enumerate(words)]
    assert encoder.cells(gaps) == encoder._mixed(gaps)


@given(st.lists(scalars, max_size=12))
def test_quick_and_general_ways_to_encode_values_give_the_same_bytes(values):
    encoder = Encoder(lambda _: None)
    for cells in (
        values,
        [str(value) for value in values],
        [*map(str, values), None],
        [1.5] * 3,
        [2**70, 1],
        [1, 2],
    ):
        assert encoder.cells(cells) == (encoder._mixed(cells) if cells else b"")


def test_strings_of_numpy_count_as_strings():
    assert digest(np.str_("é")) == digest("é")
    assert digest(np.bytes_(b"a")) == digest(b"a")
    assert digest([np.str_("a"), None]) == digest(["a", None])


def test_a_long_list_is_told_by_chunks_and_every_value_of_it_counts():
    values = list(range(150_000))
    before = digest(values)
    assert digest(list(range(150_000))) == before
    values[149_999] += 1
    assert digest(values) != before != digest(tuple(range(150_000)))


def test_equal_values_in_other_processes_and_under_other_hash_seeds_have_equal_digests():
    program = (
        "import numpy as np, pandas as pd\n"
        "from nbtrack.digests import digest\n"
        "frame = pd.DataFrame({'a': [1.5, None], 'b': ['x', None], 'c': pd.Categorical(['u', 'v'])})\n"
        "print(digest([{'a', 'b', 'c', 1, None}, {'k': frozenset('xyz'), 'l': {('p', 2)}}, np.arange(5), frame]))\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(found) == 1


def written_down():
    """Values whose digests are kept below: pandas 2.3 and 3.1 both give them."""
    table = pd.read_csv(io.StringIO("a,b,c\n1,x,2.5\n2,,\n3,é,1\n"))
    days = pd.to_datetime(["2020-01-01", "2021-02-03"]).astype("datetime64[ns]")
    return {
        "none": None,
        "list": [1, "a", 2.5, None],
        "dict": {"b": (1,), "a": {2}},
        "array": np.arange(6.0).reshape(2, 3),
        "table": table,
        "groups": table.groupby("b").agg({"c": ["mean", "sum"]}),
        "zoned": pd.Series(days.tz_localize("Europe/Zurich")),
        "kinds": pd.Series(["u", "v", None]).astype("category"),
        "nullable": pd.DataFrame(
            {"n": pd.array([1, None], dtype="Int64"), "s": pd.array(["a", None], dtype="string")}
        ),
        "cut": pd.Series(pd.cut([1, 2, 3], 2)),
        "scalars": [pd.Timestamp("2020-01-01"), pd.Timedelta("1D"), pd.Period("2020-01"), pd.NaT, pd.NA],
    }


def test_digests_that_were_written_down_stay_what_they_were():
    assert {name: digest(value)[:15] for name, value in written_down().items()} == {
        "none": "b3:89341125aacf",
        "list": "b3:7d83a495ac20",
        "dict": "b3:36956e3b93fb",
        "array": "b3:630a96f020c0",
        "table": "b3:ada089d43122",
        "groups": "b3:9d463e45e30c",
        "zoned": "b3:67ac7e140d94",
        "kinds": "b3:13ff64af7f81",
        "nullable": "b3:69466fe1e41e",
        "cut": "b3:61c64328c7b7",
        "scalars": "b3:26e72798b2b4",
    }


def test_bytes_and_texts_as_they_stand_have_the_digest_of_b3sum():
    empty = "b3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert digest_bytes(b"") == digest_text("") == empty
    assert digest_bytes(np.zeros((2, 3))) == digest_bytes(bytes(48)) == digest_bytes(memoryview(bytes(48)))
    assert digest_text("\ud800") == digest_bytes(b"\xed\xa0\x80")
    assert digest(b"") != digest_bytes(b"")


def test_what_has_no_canonical_form_is_marked_wherever_it_stands():
    class Odd:
        pass

    for value in (Odd(), [1, Odd()], {"a": (Odd(),)}, lambda x: x):
        found = content(value)
        assert found.by_pickle
        assert found.digest.startswith("b3-pickle:")
    assert digest(Odd()) == digest(Odd())


def test_what_cannot_be_pickled_either_is_refused_in_words():
    class Refuses:
        def __reduce__(self):
            raise SystemExit(3)

    with pytest.raises(DigestError, match=r"Refuses.*cannot be pickled.*SystemExit"):
        digest([Refuses()])
    with pytest.raises(DigestError, match="generator"):
        digest(pd.DataFrame({"a": [(i for i in range(3))]}))


def test_a_value_that_contains_itself_is_refused_in_words():
    loop = [1]
    loop.append({"again": loop})
    with pytest.raises(DigestError, match="contains itself"):
        digest(loop)
    array = np.zeros(1, dtype=object)
    array[0] = array
    with pytest.raises(DigestError, match="too deeply"):
        digest(array)
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(DigestError, match="too deeply"):
        digest(deep)


def test_the_kind_is_the_public_name_of_the_type():
    kinds = [content(value).kind for value in ([], {}, np.arange(2), pd.DataFrame(), pd.Series([1]), Bunch())]
    assert kinds == [
        "list",
        "dict",
        "numpy.ndarray",
        "pandas.DataFrame",
        "pandas.Series",
        "sklearn.utils.Bunch",
    ]
