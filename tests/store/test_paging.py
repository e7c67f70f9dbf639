"""Pages by key: in any order no run is left out or listed twice, whatever happens to the others in between."""

import math
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.errors import StoreSlow, StoreUnwritable, UsageError
from nbtrack.records import Metric, Param, State
from nbtrack.store import Store, by_param, search
from nbtrack.store.deadline import at_most
from nbtrack.store.paging import page
from nbtrack.store.search import Request

ORDERS = [
    None,
    "acc",
    "-acc",
    "C",
    "-C",
    "started",
    "-duration",
    "note",
    "metric.acc",
    "param.C",
    "-model",
    "label",
]


@pytest.fixture(scope="module")
def many(tmp_path_factory, new_kernel):
    """40 runs, many of them equal in what they are ordered by, some without it."""
    with Store.open(tmp_path_factory.mktemp("many") / ".nbtrack", create=True) as store:
        kernel = new_kernel(store)
        values = [0.5, 0.5, 0.9, math.nan, math.inf, None, 0.1, -math.inf]
        for i in range(40):
            value = values[i % 8]
            metrics = () if value is None else (Metric(name="acc", value=value, origin="call", dataset="a"),)
            if i % 3 == 0:
                metrics += (Metric(name="acc", value=0.5, origin="call", dataset="b"),)
            params = {"C": [1, 2.5, "auto", None, True][i % 5]} if i % 7 else {}
            run = kernel.run(
                kernel.execution(), params, started_at=float(i // 4), duration_seconds=[None, 1.0, 2.0][i % 3]
            )
            # Some have the param by default only, some twice: the first counts.
            if i % 6 == 0:
                run = replace(run, params=tuple(replace(each, origin="default") for each in run.params))
            if i % 10 == 1:
                twice = (*run.params, Param(name="C", value=[7, "auto", 1][i % 3], origin="loop"))
                run = replace(run, params=twice)
            kernel.save(
                replace(run, metrics=metrics, note=["one", None][i % 2], label_stem=["SVC", "Tree"][i % 2])
            )
        yield store
        kernel.log.end()


def pages(store, request):
    key, found = None, []
    while True:
        with store.view() as connection:
            got = page(connection, request, key)
        assert len(got.pks) <= request.limit
        found += got.pks
        if got.next is None:
            return found
        key = got.next


@given(order=st.sampled_from(ORDERS), limit=st.integers(1, 45), rare=st.booleans())
def test_pages_in_any_order_are_the_whole_in_that_order(many, order, limit, rare):
    query = "label ~ SVC or label ~ Tree" if not rare else "model = SVC"
    request = Request(query, order, limit)
    with many.view() as connection:
        whole = search.find(connection, request._replace(limit=None))
    assert len(whole) == len(set(whole)) == 40
    assert pages(many, request) == whole


@given(order=st.sampled_from(["C", "-param.C"]), data=st.data())
def test_in_the_order_of_a_param_walking_finds_what_sorting_does(many, order, data):
    few, values = data.draw(st.sampled_from([0, 1000])), data.draw(st.sampled_from([0, 3, 3000]))
    limit, offset = data.draw(st.integers(1, 9)), data.draw(st.integers(0, 45))
    request = Request("label ~ SVC or label ~ Tree", order, limit, offset)
    with pytest.MonkeyPatch.context() as patch, many.view() as connection:
        patch.setattr(by_param, "_FEW", few)  # runs of one value that are sorted, not looked for
        patch.setattr(by_param, "_MOST_VALUES", values)
        whole = search.find(connection, request._replace(limit=None, offset=0))
        assert search.find(connection, request) == whole[offset : offset + limit]


def test_a_page_follows_though_its_last_run_is_gone_and_a_new_one_came_before(kernel):
    for i in range(6):
        kernel.train({}, {"acc": i / 10})
    request = Request(order="acc", limit=2)
    with kernel.store.view() as connection:
        first = page(connection, request)
    with kernel.store.writing() as connection:
        connection.execute("DELETE FROM runs WHERE pk = ?", (first.pks[-1],))
    kernel.train({}, {"acc": 0.99})
    with kernel.store.view() as connection:
        second = page(connection, request, first.next)
    assert second.pks == [4, 3]


@pytest.mark.parametrize(
    "key", ["", "x", "é", "W10", "bm9uZQ", "WyJhY2MiLDEsMSwxXQ", "W251bGwsMSwxLDJlNTAwXQ", "A" * 5000]
)
def test_what_is_no_key_of_this_order_is_refused(many, key):
    with many.view() as connection, pytest.raises(UsageError, match="not the key of a page"):
        page(connection, Request(limit=3), key)


def test_a_passive_store_changes_nothing_and_leaves_dead_sessions_alone(kernel, folder):
    run = kernel.open()
    kernel.log._journal.forget()  # as a killed kernel: its lock goes, its file stays
    before = (folder / "lineage.db").stat().st_mtime_ns
    with Store.open(folder, passive=True) as looking:
        assert looking.get_run(run.id).state is State.RUNNING
        with pytest.raises(StoreUnwritable):
            looking.update_run(run.id, note="no")
    assert (folder / "lineage.db").stat().st_mtime_ns == before
    assert kernel.store.get_run(run.id).state is State.CANCELED


def test_reading_of_a_passive_store_is_stopped_when_its_time_is_over(many):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with Store.open(many.folder, passive=True) as looking:
        with (
            pytest.raises(StoreSlow, match="did not answer in time"),
            at_most(0.05),
            looking.view() as connection,
        ):
            connection.execute(endless)
        assert looking.count_runs() == 40
        with looking.view() as connection:
            assert search.count_quickly(connection, Request(), 10) == 40
            with at_most(-1), pytest.raises(sqlite3.OperationalError):
                connection.execute(endless)
