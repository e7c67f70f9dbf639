"""Charts: what they draw, that they are shown once, and what they say when there is nothing to draw."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from nbtrack.errors import UsageError
from nbtrack.plot.against import against
from nbtrack.plot.curves import curves, draw_curves
from nbtrack.records import Metric, Point
from nbtrack.run.frame import Runs


@pytest.fixture
def table():
    return Runs(
        {
            "label": ["SVC-3", "SVC-2", "SVC-1"],
            "model": ["SVC"] * 3,
            "started_at": pd.to_datetime(["2026-11-03", "2026-11-02", "2026-11-01"], utc=True),
            "metric.accuracy": [0.9, 0.8, np.nan],
            "param.C": [10.0, 0.1, 0.1],
            "param.kernel": ["rbf", "linear", None],
        }
    )


def line(chart, place=0):
    found = chart.axes[0].get_lines()[place]
    return list(found.get_xdata()), list(found.get_ydata())


class Held:
    """A run as nbtrack.get gives it."""

    def __init__(self, record, points):
        self.record = record
        self._points = points

    def curve(self, metric):
        return self._points[metric]


@pytest.fixture
def held(make_run):
    def make(label, **values):
        metrics = tuple(
            Metric(name=name, value=each[-1], origin="explicit", points=len(each))
            for name, each in values.items()
        )
        points = {
            name: [Point(step, value, 0.0) for step, value in enumerate(each)]
            for name, each in values.items()
        }
        return Held(make_run(label=label, metrics=metrics), points)

    return make


def test_a_metric_stands_against_a_param_with_what_has_neither_left_out(table):
    chart = table.plot("accuracy", x="C")
    assert line(chart) == ([0.1, 10.0], [0.8, 0.9])
    assert chart.axes[0].get_xlabel() == "C"
    assert chart.axes[0].get_ylabel() == "accuracy"


def test_without_an_x_the_runs_stand_in_the_order_made(table):
    assert line(table.plot("accuracy")) == ([2, 3], [0.8, 0.9])


def test_texts_are_places_of_an_axis(table):
    chart = table.plot("accuracy", x="kernel")
    assert [text.get_text() for text in chart.axes[0].get_xticklabels()] == ["linear", "rbf"]


def test_values_over_decades_get_a_logarithmic_axis():
    table = pd.DataFrame({"metric.a": [1.0, 2.0], "param.C": [0.001, 1.0]})
    assert against(table, "a", "C").axes[0].get_xscale() == "log"


def test_runs_that_share_a_value_are_joined_through_their_mean():
    table = pd.DataFrame({"metric.a": [1.0, 2.0, 5.0], "param.d": [3, 3, 4]})
    assert line(against(table, "a", "d"), 1) == ([3.0, 4.0], [1.5, 5.0])


def test_colours_tell_at_most_eight_groups_apart():
    table = pd.DataFrame({"metric.a": range(20), "param.who": [f"w{n % 12}" for n in range(20)]})
    legend = against(table, "a", by="who").legends[0]
    assert len(legend.get_texts()) == 8
    assert legend.get_texts()[-1].get_text() == "others"


def test_a_column_that_is_not_there_names_those_that_are(table):
    with pytest.raises(UsageError, match=r"no 'acuracy'; it has .*accuracy"):
        table.plot("acuracy")


def test_a_table_without_a_number_says_so(table):
    with pytest.raises(UsageError, match="has a number for 'kernel'"):
        table.plot("kernel")


def test_a_filtered_table_still_plots(table):
    assert line(table[table["param.C"] > 1].plot("accuracy", x="C")) == ([10.0], [0.9])


def test_curves_of_one_run_are_told_apart_by_metric_and_of_several_by_run(held):
    first, second = held("a-1", loss=[3.0, 1.0], acc=[0.1, 0.9]), held("a-2", loss=[4.0, 2.0])
    assert [one.get_label() for one in curves(first).axes[0].get_lines()] == ["loss", "acc"]
    assert [one.get_label() for one in curves(first, second).axes[0].get_lines()] == ["a-1", "a-2"]
    assert line(curves(first, second, metric="loss"), 1) == ([0, 1], [4.0, 2.0])


def test_what_has_no_curve_says_so(held):
    with pytest.raises(UsageError, match="No curve of 'loss' in a-1"):
        curves(held("a-1", acc=[0.1, 0.2]), metric="loss")
    with pytest.raises(UsageError, match="Which runs"):
        curves()


def test_more_curves_than_one_can_tell_apart_are_refused():
    with pytest.raises(UsageError, match="41 curves"):
        draw_curves({str(n): [Point(0, 1.0, 0.0), Point(1, 2.0, 0.0)] for n in range(41)})


def test_a_chart_is_an_image_with_a_see_through_ground(table):
    data, metadata = table.plot("accuracy", x="C")._repr_mimebundle_()
    image = imread(io.BytesIO(data["image/png"]))
    assert image.shape[1] == 2 * metadata["image/png"]["width"]
    assert image[0, 0, 3] == 0
    assert len(data["image/png"]) < 100_000


def test_no_chart_is_known_to_pyplot_which_would_show_it_again(table):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()
    table.plot("accuracy")
    assert pyplot.get_fignums() == before
