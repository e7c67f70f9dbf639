import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.render.plain import clean, cut, pad, value_text, width


@given(st.text(st.characters()))
def test_cleaned_text_is_one_line_that_any_terminal_prints_as_it_is(text):
    cleaned = clean(text)
    assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    cleaned.encode()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("X_train", "X_train"),
        ("naïve 漢", "naïve 漢"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb", "a\\nb"),
        ("a\xa0b", "a b"),
    ],
)
def test_cleaning_keeps_letters_and_escapes_controls(text, cleaned):
    assert clean(text) == cleaned


@given(st.text(), st.integers(0, 30))
def test_cut_text_fits_and_keeps_the_beginning(text, limit):
    short = cut(text, limit)
    assert width(short) <= limit or width(short) == 0
    assert short == text or text.startswith(short.removesuffix("…"))


def test_wide_characters_take_two_columns_and_accents_none():
    assert (width("漢字"), width("e\u0301"), width("abc")) == (4, 1, 3)
    assert pad("漢", 4) == "漢  "
    assert pad("漢", 4, right=True) == "  漢"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (200, "200"),
        (True, "true"),
        (None, "null"),
        ("l2", "l2"),
        (0.1 + 0.2, "0.3"),
        (1e-05, "1e-05"),
        (0.123456, "0.123456"),
        ([1, 2], "[1, 2]"),
        ({"a": None}, '{"a": null}'),
        ("a\nb", "a\\nb"),
    ],
)
def test_a_value_is_short_and_on_one_line(value, text):
    assert value_text(value) == text


def test_a_long_value_is_cut():
    assert value_text(list(range(100)), 10) == "[0, 1, 2,…"
