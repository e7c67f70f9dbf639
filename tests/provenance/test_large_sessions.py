"""Of a session with many executions only those that matter are read, and what is left out is said."""

import dataclasses
import itertools
import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.differences import between
from nbtrack.provenance import sessions, tracing
from nbtrack.provenance.lineage import lineage_of
from nbtrack.provenance.sessions import later_than, session_graph
from nbtrack.provenance.slices import run_slice
from nbtrack.records import GENERATOR, Capture, Effects, Session, new_id
from nbtrack.render.differences import difference_text
from nbtrack.store.needs import needed_by, needing, newest_until


@pytest.fixture
def enter(project, make_run):
    """Enters a session of executions, each given by what it needs and what it needs only as that drew numbers."""
    example = make_run(label="", depends_on=(), params=(), metrics=(), datasets=(), files=(), model=None)

    def entered(graph, *, known=True):
        session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
        ids = [new_id() for _ in graph]
        executions = tuple(
            dataclasses.replace(
                example.execution,
                id=id_,
                session_id=session.id,
                sequence=number + 1,
                execution_count=number + 1,
                source=f"x = {number}" if known else "x = x + 1",
                effects=Effects(
                    reads=frozenset({"x"}),
                    writes=frozenset({"x"}),
                    needs=tuple(ids[each] for each in sorted(needs)),
                    draws={GENERATOR: tuple(ids[each] for each in sorted(drew))} if drew else {},
                )
                if known
                else None,
            )
            for number, (id_, (needs, drew)) in enumerate(zip(ids, graph, strict=True))
        )
        run = dataclasses.replace(example, id=new_id(), execution=executions[-1])
        log = project.store.begin_session(session)
        log.save(Capture(execution=executions[-1], runs=(run,), earlier=executions[:-1]))
        log.end()
        return session.id, ids, project.store.get_run(run.id)

    return entered


GIVEN = []


@pytest.fixture(autouse=True)
def _given(enter, project):
    # Hypothesis asks for many graphs in one test: their sessions stand beside each other in one store.
    GIVEN[:] = [enter, project.store]


@st.composite
def graphs(draw):
    def earlier(number):
        return st.sets(st.integers(0, number - 1), max_size=3) if number else st.just(set())

    return [(draw(earlier(number)), draw(earlier(number))) for number in range(draw(st.integers(1, 12)))]


def reached(graph, starts, draws):
    found = set(starts)
    for number in range(len(graph) - 1, -1, -1):
        if number in found:
            found |= graph[number][0] | (graph[number][1] if draws else set())
    return sorted(found)


@settings(max_examples=25)
@given(graph=graphs(), data=st.data(), draws=st.booleans())
def test_what_is_needed_and_what_needs_it_is_what_the_whole_graph_says(graph, data, draws):
    enter, store = GIVEN
    session, ids, _ = enter(graph)
    starts = data.draw(st.lists(st.integers(0, len(graph) - 1), min_size=1, max_size=3))
    wanted = reached(graph, starts, draws)
    found = needed_by(store, session, [ids[each] for each in starts], draws=draws)
    assert found == ([ids[each] for each in wanted], False, True)
    made = session_graph(store, session, [ids[each] for each in starts], draws=draws)
    needed = made.needed([ids[each] for each in starts], draws=draws)
    assert [each.id for each in needed] == found.ids
    limit = data.draw(st.integers(1, 12))
    cut = needed_by(store, session, [ids[each] for each in starts], draws=draws, limit=limit)
    assert (cut.ids, cut.more) == (found.ids[-limit:], len(wanted) > limit)
    later = [
        each
        for each in range(len(graph))
        if each not in starts and not set(starts).isdisjoint(reached(graph, [each], draws=False))
    ]
    first = needing(store, session, [ids[each] for each in starts], limit=limit)
    assert (first.ids, first.more) == ([ids[each] for each in later[:limit]], len(later) > limit)


def chain(length):
    return [({number - 1} if number else set(), set()) for number in range(length)]


def test_where_it_is_not_stored_the_newest_are_analysed_and_the_slice_says_so(enter, project, monkeypatch):
    session, ids, run = enter(chain(9), known=False)
    assert not needed_by(project.store, session, ids, draws=False).known
    assert len(run_slice(project.store, run).cells) == 9
    monkeypatch.setattr(sessions, "_MOST_ANALYSED", 4)
    made = run_slice(project.store, run)
    assert [each.execution_id for each in made.cells] == ids[-4:]
    assert made.notes == ("older executions were not looked at: there are too many of them",)
    assert newest_until(project.store, session, [ids[3]], limit=2) == (ids[2:4], True, True)
    assert later_than(project.store, session, [ids[6]], 1) == ([ids[7]], True)


def test_a_long_lineage_is_cut_at_both_ends_and_says_so(enter, project, monkeypatch):
    _, ids, run = enter(chain(12))
    monkeypatch.setattr(tracing, "_MOST_EXECUTIONS", 5)
    monkeypatch.setattr("nbtrack.provenance.lineage._MOST_LATER", 3)
    graph = lineage_of(project.store, run.id)
    there = {node.id for node in graph.nodes if node.kind == "execution"}
    assert there == set(ids[-5:])
    assert graph.cut == ("executions before the newest 5",)


def test_a_difference_says_which_executions_were_not_compared(enter, project, monkeypatch):
    then, now = enter(chain(6))[2], enter(chain(9))[2]
    assert between(project.store, then, now).notes == ()
    monkeypatch.setattr(sys.modules["nbtrack.differences.between"], "_MOST_EXECUTIONS", 7)
    found = between(project.store, then, now)
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"{now.label} needs more than 7 executions")
    assert " ".join(difference_text(found).split()).endswith(found.notes[0])


def test_the_same_cell_a_thousand_times_is_compared_in_a_moment(enter, project):
    pairs = itertools.product([enter(chain(400))[2]], [enter(chain(500))[2], enter(chain(300))[2]])
    counts = [
        len([each for each in between(project.store, *two).reasons if each.kind == "code"]) for two in pairs
    ]
    assert counts == [100, 100]
