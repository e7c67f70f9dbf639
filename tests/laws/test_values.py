"""Whatever a value is: it comes back as itself, with its type, or is refused by name; and the cell goes on."""

import asyncio
import contextlib
import datetime as dt
import fractions
import json
import math
import re
import socket
import sys
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrack
from nbtrack.errors import DigestError, UsageError
from nbtrack.observe.secret_names import is_secret_name
from nbtrack.render.document import to_dict
from nbtrack.store import Store

one_notebook = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
any_text = st.text(st.characters(), max_size=40)  # lone surrogates, NUL, right-to-left marks and all


def names(texts):
    """What is under the name of a secret is replaced, which tests/security/ looks at."""
    return texts.filter(lambda name: not is_secret_name(name))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    any_text.filter(lambda text: not text or text.isascii() or max(text) < "\ud800"),
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def last(shared):
    with Store.open(shared.folder / ".nbtrack") as store:
        return store.get_run("last")


def tracked(shared, source, **names):
    """The run of a tracked cell in which these names stand."""
    shared.names.update(names)
    shared.run("%%track -n law\nimport nbtrack\n" + source)
    run = last(shared)
    json.dumps(to_dict(run), allow_nan=False)
    return run


def param_of(run, name):
    (found,) = [param for param in run.params if param.name == name]
    return found.value


def typed(value):
    """1, 1.0 and True are equal to Python and not to us."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [typed(inner) for inner in value]
    return type(value), repr(value)


@one_notebook
@given(value=plain)
def test_a_param_that_json_can_say_comes_back_with_its_types(shared, tally, value):
    tally["values"] += 1
    run = tracked(shared, "nbtrack.param(given=value)", value=value)
    assert typed(param_of(run, "given")) == typed(value)


@one_notebook
@given(name=names(st.text(max_size=20)), value=st.integers(-5, 5))
def test_a_param_and_a_metric_of_any_name_are_kept_under_it(shared, tally, name, value):
    tally["values"] += 1
    shared.names.update(given={name: value})
    run = tracked(shared, "nbtrack.param(**given)\nnbtrack.log(**{'m' + name: 1.0 for name in given})")
    assert param_of(run, name) == value
    assert [one.name for one in run.metrics] == ["m" + name]


@one_notebook
@given(
    value=st.one_of(
        st.floats(),
        st.integers(-(2**70), 2**70),
        st.floats(width=32).map(np.float32),
        st.integers(-(2**63), 2**63 - 1).map(np.int64),
        st.integers(0, 255).map(np.uint8),
        st.floats(width=32).map(torch.tensor),
        st.decimals(allow_nan=False, allow_infinity=False, places=4),
        st.fractions(),
    )
)
def test_a_number_that_is_logged_is_the_metric(shared, tally, value):
    tally["values"] += 1
    run = tracked(shared, "nbtrack.log(m=value)", value=value)
    (found,) = run.metrics
    expected = float(value)
    assert math.isnan(found.value) if math.isnan(expected) else found.value == expected


@one_notebook
@given(text=any_text, key=names(any_text))
def test_notes_tags_and_names_of_any_characters_are_kept_and_surrogates_become_their_escapes(
    shared, tally, text, key
):
    tally["values"] += 1
    shared.names.update(text=text, key=key)
    shared.run("import nbtrack\nwith nbtrack.track(text or 'n', tags={key: text}, note=text):\n    pass")
    run = last(shared)
    kept, kept_key = (one.encode("utf-8", "backslashreplace").decode() for one in (text, key))
    assert (run.name, dict(run.tags)) == (kept or "n", {kept_key: kept})
    assert (run.note or "") == kept


@one_notebook
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
        max_size=60,
    )
)
def test_a_cell_s_source_is_kept_character_by_character(shared, tally, text):
    tally["values"] += 1
    source = f"text = {text!r}  # {text if text.isprintable() else 'other'}"
    run = tracked(shared, source)
    assert source in run.execution.source


@one_notebook
@given(
    value=st.recursive(
        st.one_of(
            st.floats(),
            st.integers(),
            st.binary(),
            st.text(),
            st.decimals(),
            st.fractions(),
            st.complex_numbers(),
            st.datetimes(timezones=st.timezones()),
            st.timedeltas(),
            st.uuids(),
            st.sets(st.integers()),
            st.slices(9),
            st.just(np.array([1, 2])),
            st.just(pd.NaT),
            st.just(pd.NA),
            st.just(Ellipsis),
        ),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_anything_else_becomes_json_of_bounded_size_and_equal_values_equal_json(shared, tally, value):
    tally["values"] += 1
    run = tracked(shared, "nbtrack.param(one=value, two=value)", value=value)
    one = param_of(run, "one")
    assert typed(one) == typed(param_of(run, "two"))
    assert len(json.dumps(one, allow_nan=False)) <= 8 * 4096


def cyclic(kind):
    made = kind()
    if kind is dict:
        made["self"] = made
    else:
        made.append(made)
    return made


def deep(depth, wrap):
    made = wrap(0)
    for _ in range(depth):
        made = wrap(made)
    return made


class Raises:
    def __init__(self, error):
        self.error = error

    def _raise(self, *_):
        raise self.error

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __bool__ = __float__ = __reduce__ = __array__ = _raise
    __hash__ = None


def told_loop():
    async def forever():
        await asyncio.sleep(0)

    made = forever()
    made.close()
    return made


STRANGE = {
    "a cyclic list": lambda: cyclic(list),
    "a cyclic dict": lambda: cyclic(dict),
    "a list 100,000 deep": lambda: deep(100_000, lambda inner: [inner]),
    "a tuple 100,000 deep": lambda: deep(100_000, lambda inner: (inner,)),
    "a dict 100,000 deep": lambda: deep(100_000, lambda inner: {"a": inner}),
    "a lock": threading.Lock,
    "a condition": threading.Condition,
    "a thread": threading.Thread,
    "a thread local": threading.local,
    "a socket": socket.socket,
    "a generator": lambda: (number for number in [1]),
    "a coroutine": told_loop,
    "a file": Path(__file__).open,
    "a module": lambda: sys,
    "a frame": sys._getframe,
    "a memoryview": lambda: memoryview(b"abc"),
    "a lambda": lambda: lambda x: x,
    "a type": lambda: int,
    "an exception": lambda: ValueError("odd\ud800"),
    "2**63": lambda: 2**63,
    "-2**63-1": lambda: -(2**63) - 1,
    "10**5000": lambda: 10**5000,
    "NaN": lambda: math.nan,
    "infinity": lambda: -math.inf,
    "Decimal NaN": lambda: Decimal("sNaN"),
    "a huge Decimal": lambda: Decimal("1e99999"),
    "a Fraction": lambda: fractions.Fraction(1, 3),
    "pd.NA": lambda: pd.NA,
    "pd.NaT": lambda: pd.NaT,
    "np.void": lambda: np.void(b"abc"),
    "a long double": lambda: np.longdouble("1e4000"),
    "np.datetime64 NaT": lambda: np.datetime64("NaT"),
    "an empty array": lambda: np.empty((0, 3)),
    "an array of objects": lambda: np.array([object(), None], dtype=object),
    "a record array": lambda: np.zeros(2, [("a", "i4"), ("b", "O")]),
    "a torch scalar": lambda: torch.tensor(1.5, requires_grad=True),
    "a torch bfloat16": lambda: torch.tensor([1.5], dtype=torch.bfloat16),
    "a meta tensor": lambda: torch.empty(3, device="meta"),
    "a sparse tensor": lambda: torch.eye(3).to_sparse(),
    "a surrogate": lambda: "\ud800\x00\u202e",
    "5 MB of text": lambda: "x" * 5_000_000,
    "5 MB of bytes": lambda: bytes(5_000_000),
    "a million numbers": lambda: list(range(1_000_000)),
    "a date of the year 1": lambda: dt.datetime(1, 1, 1, tzinfo=dt.UTC),
    "an endless iterator": lambda: iter(int, 1),
    "what raises SystemExit": lambda: Raises(SystemExit(3)),
    "what raises RecursionError": lambda: Raises(RecursionError("deep")),
    "what raises MemoryError": lambda: Raises(MemoryError()),
    "what raises a BaseException": lambda: Raises(GeneratorExit()),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_value_is_recorded_in_words_or_refused_by_name_and_the_cell_goes_on(shared, tally, kind):
    tally["values"] += 1
    value = STRANGE[kind]()
    source = (
        "from sklearn.dummy import DummyClassifier\nnbtrack.param(given=value)\nread = [value]\n"
        "model = DummyClassifier().fit([[0], [1]], [0, 1])\nresult = 'went on'"
    )
    shared.names.pop("result", None)
    run = tracked(shared, source, value=value)
    assert shared.names["result"] == "went on"
    assert len(json.dumps(param_of(run, "given"))) <= 8 * 4096
    assert run.state.name == "COMPLETE"
    assert run.model.stored
    with contextlib.suppress(UsageError, DigestError):
        assert re.fullmatch(r"b3(-pickle)?:[0-9a-f]{64}", nbtrack.digest(value))
    shared.run("with nbtrack.track('m'):\n    try:\n        nbtrack.log(m=value)\n    except Exception as error:\n        refusal = str(error), type(error).__name__\n    else:\n        refusal = None")  # fmt: skip
    refusal = shared.names["refusal"]
    assert refusal is None or (refusal[1] == "UsageError" and "nbtrack.log(m=" in refusal[0])
    shared.names.pop("value")
    shared.names.pop("read")
    if hasattr(value, "close"):
        value.close()


def test_a_cell_of_five_megabytes_runs_and_is_kept(shared):
    text = "words " * 900_000
    run = tracked(shared, f"text = {text!r}\nresult = len(text)")
    assert shared.names["result"] == len(text)
    assert run.state.name == "COMPLETE"
    assert len(run.execution.source) > 1000
