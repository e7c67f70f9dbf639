"""Large data is digested by several threads; nothing but the time may show it."""

import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nbtrack.digests import digest, recognise, spread

ROWS = 200_000


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape)


def with_missing():
    frame = pd.DataFrame(numbers(ROWS, 3), columns=["a", "b", "c"])
    frame.loc[::7, "b"] = np.nan
    return frame


VALUES = {
    "a frame that lies row by row": lambda: pd.DataFrame(numbers(ROWS, 5), copy=False),
    "a frame that lies column by column": lambda: pd.DataFrame(dict(enumerate(numbers(5, ROWS)))),
    "numbers of which some are missing": with_missing,
    "wide rows": lambda: numbers(ROWS // 20, 40),
    "an array in column order": lambda: numbers(5, ROWS).T,
    "an array of fields": lambda: np.rec.fromarrays(list(numbers(2, ROWS)), names="a,b"),
    "text in Arrow's buffers": lambda: pa.table({"t": [f"text {n % 91}" for n in range(ROWS)]}),
    "lists in Arrow's buffers": lambda: pa.table({"t": [[n, None] for n in range(70_000)]}),
}


@pytest.fixture
def threads(monkeypatch):
    """Sets how many there are, for data of any size."""

    def use(count):
        recognise.forget()
        monkeypatch.setattr(spread, "_processors", lambda: count)
        monkeypatch.setattr(spread, "_LEAST_BYTES", 0)

    return use


@pytest.mark.parametrize("name", VALUES)
def test_the_digest_is_the_same_however_many_threads_there_are(name, threads):
    value = VALUES[name]()
    found = set()
    for count in (1, 2, 4):
        threads(count)
        found |= {digest(value), digest(value)}
    assert len(found) == 1


def test_every_item_is_worked_on_once_and_by_more_than_one_thread(threads):
    threads(3)
    meet = threading.Barrier(3, timeout=30)
    seen = []

    def work(item):
        if item < 3:
            meet.wait()  # passes only when three of them are at work
        seen.append(item)
        return item * item

    assert spread.spread(work, range(50), 1) == [item * item for item in range(50)]
    assert sorted(seen) == list(range(50))


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_what_is_raised_for_one_item_is_raised_and_ends_the_work(threads, raised):
    threads(2)
    before = threading.active_count()
    done = []

    def work(item):
        if item == 5:
            raise raised("the sixth")
        done.append(item)

    with pytest.raises(raised, match="the sixth"):
        spread.spread(work, range(100_000), 1)
    assert len(done) < 100_000
    assert threading.active_count() == before


def test_where_there_are_no_threads_left_the_caller_does_it_all(threads, monkeypatch):
    threads(4)

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    assert spread.spread(str, range(9), 1) == list("012345678")


def test_small_data_starts_no_thread(monkeypatch):
    monkeypatch.setattr("threading.Thread.start", None)
    assert len(digest(numbers(1000, 50))) == 67
