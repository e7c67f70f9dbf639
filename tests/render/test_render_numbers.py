import math
import statistics
import sys
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbtrack.render.numbers import (
    deviation,
    duration,
    mean,
    moment,
    number,
    number_column,
    shape,
    short_digest,
    size,
    sparkline,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.973, "0.973"),
        (0.9736842105, "0.9737"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.25, "-0.25"),
        (0.99996, "0.99996"),
        (-0.99999999, "-0.99999999"),
        (123.456, "123.5"),
        (1234.5, "1234"),
        (1234.0, "1234.0"),
        (12345.678, "12346"),
        (0.000012345, "1.234e-05"),
        (1.5e20, "1.5e+20"),
        (7, "7"),
        (123456789, "123456789"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_a_number_has_four_significant_digits(value, text):
    assert number(value) == text


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_number_read_back_is_off_by_no_more_than_its_last_digit(value):
    assert float(number(value)) == pytest.approx(value, rel=1e-3)


@given(st.floats(min_value=-1, max_value=1, exclude_min=True, exclude_max=True))
def test_no_score_below_one_is_shown_as_one(value):
    assert abs(float(number(value))) < 1


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.9, 0.9123, None, 1.0], ["0.9000", "0.9123", "", "1.0000"]),
        ([0.99996, 0.5], ["0.99996", "0.50000"]),
        ([12.5, math.nan, 7], ["12.5", "NaN", "7"]),
        ([1e-9, 0.25], ["1e-09", "0.25"]),
        ([0.000123, 1234.5], ["0.000123", "1234"]),
        ([], []),
    ],
)
def test_numbers_in_a_column_have_equally_many_decimals_where_that_stays_short(values, texts):
    assert number_column(values) == texts


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (48_213, "48 kB"),
        (999_499, "999 kB"),
        (999_999, "1.0 MB"),
        (1_204_331, "1.2 MB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_a_size_has_a_decimal_unit(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "<1 ms"),
        (0.006, "6 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (59.94, "59.9 s"),
        (59.99, "1 min 00 s"),
        (75, "1 min 15 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_a_duration_has_its_natural_unit(seconds, text):
    assert duration(seconds) == text


def test_a_moment_leaves_out_what_it_shares_with_now():
    now = datetime(2026, 11, 23, 18, 0).astimezone()
    assert moment(now.replace(hour=9, minute=30, second=1).timestamp(), now) == "09:30:01"
    assert moment(now.replace(month=11, day=2, hour=9).timestamp(), now) == "11-02 09:00"
    assert moment(now.replace(year=2025).timestamp(), now) == "2025-11-23"


def test_a_moment_is_in_the_local_time_zone(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert moment(1_795_426_200.0, datetime(2026, 11, 23, 20, 0).astimezone()) == "18:30:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_shapes_and_digests_are_short():
    assert shape((455, 30)) == "455×30"
    assert shape(()) == "scalar"
    assert short_digest("b3:9f3a77") == "b3:9f3a…"
    assert short_digest("b3:9f3a") == "b3:9f3a"
    assert short_digest("plain") == "plai…"


def test_a_sparkline_rises_with_its_values():
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3, 3]) == "▁▁▁"
    assert sparkline([]) == ""
    assert sparkline([0.0, math.nan, 1.0]) == "▁×█"


LARGEST = sys.float_info.max


@given(st.lists(st.floats(), min_size=1, max_size=40))
@example([LARGEST] * 3)
@example([LARGEST, -LARGEST])
@example([5e-324, 0.0])
@example([math.inf, -math.inf])
def test_a_mean_lies_between_its_values_and_no_deviation_is_an_error(values):
    found = deviation(values)
    if all(map(math.isfinite, values)):
        assert min(values) <= mean(values) <= max(values)
        assert found is None if len(values) == 1 else found >= 0
    else:
        assert math.isnan(mean(values))
        assert found is None


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40))
def test_mean_and_deviation_are_those_of_the_standard_library(values):
    assert mean(values) == pytest.approx(statistics.fmean(values), rel=1e-15, abs=0)
    assert deviation(values) == statistics.stdev(values)


@given(st.lists(st.floats(), max_size=200), st.integers(1, 40))
@example([LARGEST] * 3, 1)
def test_a_sparkline_is_never_wider_than_asked_whatever_the_values(values, columns):
    assert len(sparkline(values, columns)) == min(len(values), columns)
