"""After a power cut: what was acknowledged is there, the store is sound and goes on, wherever the cut came."""

import os
import random
import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from account import lost, sound, understood
from hypothesis import given
from hypothesis import strategies as st
from later import later
from remembered import Disk, remembered
from writer import WHAT, Writer

from nbtrack.records import Capture, State
from nbtrack.store import Store
from nbtrack.store.entries import read_journal
from nbtrack.store.journal import journal_path

CUTS = int(
    os.environ.get("NBTRACK_CUTS", "40")
)  # for each thing that a process does; 0: wherever one can come
SHARES = (0.0, 0.5, 1.0)  # of what was not synced, how much the disk wrote by itself


@pytest.mark.parametrize(
    ("what", "rounds"),
    [
        ("life", 2),
        ("capture", 3),
        ("logging", 3),
        ("collecting", 2),
        ("spooling", 3),
        ("migrating", 2),
        ("on a network", 2),
    ],
)
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(watched, tmp_path, tally, what, rounds):
    root, there = tmp_path / "root", tmp_path / "after"
    # On a network the database has no write-ahead log.
    words, env = (what, {}) if what in WHAT else ("life", {"WRITER_ON_NETWORK": "1"})
    out, _ = watched(root, words, 0, rounds, env=env).communicate(timeout=120)
    assert understood(out)[-1] == {"did": "ended"}
    chance = random.Random(what)
    with later() if what == "migrating" else nullcontext():
        for number, world in some_moments(root, remembered(tmp_path / "remembered"), chance):
            share = chance.choice(SHARES)
            world.cut(there, chance, share)
            said = understood(world.said)
            assert after_the_cut(there / ".nbtrack", said) == [], (
                f"the cut after call {number}, {share} written"
            )
            shutil.rmtree(there)
            tally["cuts"] += 1
            tally["acknowledged"] += len(said)


def some_moments(root, calls, chance):
    """The disk after some of the calls, with each call's number."""
    assert any(call.kind == "sync" for call in calls)
    places = [number for number, call in enumerate(calls) if call.kind not in {"open", "close"}]
    chosen = set(places if not CUTS else chance.sample(places, min(CUTS, len(places))))
    world = Disk(root)
    for number, call in enumerate(calls):
        world.take(call)
        if number in chosen:
            yield number, world


def after_the_cut(folder, said):
    """What is wrong with the store that the cut left, and what the next kernel cannot do there."""
    with Store.open(folder, create=True) as store:
        problems = lost(store, said, power=True) + sound(store)
        writer = Writer(folder, 1_000_000)
        run = writer.capture()
        writer.log.end()
        writer.store.close()
        return problems + lost(store, [{"did": "run", "id": run.id, "stored": True}])


def pages(content):
    return [content[at : at + 4096] for at in range(0, len(content), 4096)]


@given(data=st.data())
def test_a_journal_of_pages_of_several_moments_gives_points_that_were_logged_and_no_others(
    journals_over_time, data
):
    """The system writes the pages of a mapped file in any order and whenever it likes; the header was synced."""
    moments = journals_over_time
    largest = max(len(each) for each in moments)
    whole = [pages(each.ljust(largest, b"\0")) for each in moments]
    mixed = b"".join(
        whole[data.draw(st.integers(0, len(moments) - 1))][number] for number in range(len(whole[0]))
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "x.journal")
        file.write_bytes(mixed)
        curves = read_journal(file).curves
    for columns in curves.values():
        first = columns.steps[0] if columns else 0
        assert columns.steps == list(range(first, first + len(columns)))
        assert columns.values == [step * 0.5 for step in columns.steps]


@pytest.fixture(scope="module")
def journals_over_time(tmp_path_factory):
    """The bytes of a journal while points were logged, and folded in between."""
    folder = tmp_path_factory.mktemp("journals") / ".nbtrack"
    writer = Writer(folder, 0)
    run = writer.log.open_run(writer.run(State.RUNNING, model=False))
    found = []
    for step in range(4_000):
        writer.log.log(run.id, "loss", step, step * 0.5, 1e9 + step)
        if step % 250 == 0:
            found.append(journal_path(folder, writer.session.id).read_bytes())
        if step % 1500 == 1499:
            writer.log.save(Capture(execution=writer.execution("other"), runs=()))
    writer.log.end()
    writer.store.close()
    return found
