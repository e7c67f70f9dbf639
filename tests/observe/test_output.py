from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.observe.output import clip
from nbtrack.observe.redaction import REDACTED


@given(st.text(alphabet=st.characters(exclude_characters="\r\x08", exclude_categories=["Cs"]), max_size=50))
def test_short_text_without_secrets_stays(text):
    assert clip(text, 10_000) == text or REDACTED in clip(text, 10_000)


@given(st.text(max_size=400), st.integers(0, 100))
def test_no_more_than_the_asked_bytes_are_kept_beside_the_line_that_says_so(text, size):
    kept = clip(text, size)
    assert len(kept.encode()) <= size + 60


def test_head_and_tail_are_kept_and_what_is_left_out_is_counted():
    text = "a" * 100 + "b" * 1000 + "c" * 100
    assert clip(text, 200) == "a" * 100 + "\n[… 1,000 bytes left out …]\n" + "c" * 100


def test_the_count_is_right_for_long_text_too():
    text = "é" * 100_000
    head, line, tail = clip(text, 1000).split("\n")
    left_out = int(line.split()[1].replace(",", ""))
    assert len((head + tail).encode()) + left_out == 200_000


def test_characters_are_never_cut_in_two():
    kept = clip("€" * 1000, 100)
    assert kept.count("€") == 32
    assert "\ufffd" not in kept


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("  0%|   \r 50%|#  \r100%|## \ndone\n", "100%|## \ndone\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("loading…\r", "loading…"),
        ("12345\rab", "ab345"),
        ("\x08\x08abc\x08\x08d", "ad"),
        ("1/3\x08\x08\x082/3\x08\x08\x083/3", "3/3"),
        ("plain", "plain"),
    ],
)
def test_lines_are_kept_as_a_terminal_shows_them_in_the_end(text, seen):
    assert clip(text, 1000) == seen


def test_a_bar_rewritten_a_hundred_thousand_times_is_one_line():
    assert clip("\r".join(f"{step:6}/100000" for step in range(100_001)), 1000) == "100000/100000"


def test_a_secret_is_replaced_and_none_is_left_at_a_cut():
    secret = "Zz9" * 8
    line = f"api_key = '{secret}'\n"
    assert secret not in clip(line, 1000)
    for before in range(80, 130):
        kept = clip("x" * before + "\n" + line + "y" * 20_000, 240)
        assert "Zz9" not in kept


def test_a_secret_known_from_elsewhere_is_replaced():
    assert clip("it is hunter2x", 100, {"hunter2x"}) == f"it is {REDACTED}"


def test_a_lone_surrogate_is_written_out():
    assert clip("\ud800", 100) == "\\ud800"
