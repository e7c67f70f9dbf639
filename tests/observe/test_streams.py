"""States of the global generators of random numbers."""

# ruff: noqa: NPY002 - the streams are the legacy ones

import random
import struct
import subprocess
import sys

import numpy as np
import pytest

from nbtrack.observe import streams

np.random.get_state()  # NumPy loads its random numbers when they are first asked for


def draw():
    return random.gauss(0, 1), random.random(), float(np.random.randn()), float(np.random.rand())


@pytest.mark.parametrize("drawn_before", [0, 1, 2])
def test_a_state_that_is_put_back_gives_the_same_numbers_again(drawn_before):
    for _ in range(drawn_before):
        draw()  # half of the normal numbers come from what was kept of the one before
    before = streams.states()
    numbers = draw()
    taken = streams.taken(before, streams.states())
    draw()
    streams.put_back(taken)
    assert draw() == numbers


def test_only_streams_that_were_drawn_from_are_taken():
    np.random.rand()
    before = streams.states()
    assert streams.taken(before, streams.states()) == {}
    random.random()
    assert set(streams.taken(before, streams.states())) == {"python"}


def test_a_global_generator_of_another_kind_has_no_state():
    kept = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        assert "numpy" not in streams.states()
    finally:
        np.random.set_bit_generator(kept)


FIRST = """
import sys
from nbtrack.observe.streams import FirstSight, put_back
sight = FirstSight()
sys.addaudithook(lambda event, _: sight.look() if event == "import" else None)
import numpy as np
{draws}
import json.tool
x = np.random.rand()
if sight.state is None:
    print("none")
else:
    put_back({{"numpy": sight.state}})
    {draws}
    print(np.random.rand() == x)
"""


@pytest.mark.parametrize(("draws", "told"), [("np.random", "True"), ("np.random.rand()", "none")])
def test_a_generator_imported_in_a_cell_is_known_by_its_first_sight_unless_it_was_drawn_from(draws, told):
    script = [sys.executable, "-c", FIRST.format(draws=draws)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == told, done.stderr


def test_what_is_no_state_of_a_stream_is_refused_by_name():
    with pytest.raises(ValueError, match="'numpy' is not one"):
        streams.put_back({"numpy": b"x" * 3000})
    with pytest.raises(ValueError, match="'tossed'"):
        streams.put_back({"tossed": b""})


@pytest.mark.parametrize(
    "advance",
    [
        lambda _: random.random(),
        lambda _: random.gauss(0, 1),
        random.seed,
        lambda _: np.random.rand(),
        lambda _: np.random.randn(),
        np.random.seed,
        lambda _: np.random.shuffle([1, 2, 3]),
    ],
)
def test_a_stream_that_was_looked_at_before_is_seen_to_move_at_every_draw(advance):
    for time in range(2, 6):
        before = streams.states()
        assert streams.states() == before
        advance(time)
        after = streams.states()
        assert after != before
        assert after["python"] == random.getstate()
        _, words, position, kept, _ = np.random.get_state()
        assert after["numpy"].startswith(words.tobytes() + struct.pack("<i?", position, kept))
