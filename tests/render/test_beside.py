"""Runs beside each other as HTML and text: what differs, bounded, no script, every text escaped."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import pytest

from nbtrack.records import Comparison, Judgement, Metric, Param, Point, Repeats, Summary, new_id
from nbtrack.render.beside import comparison_html, comparison_text, judgement_text, parallel_html, rows_html
from nbtrack.render.svg import Axis, curves_svg, parallel_svg

JUDGEMENT = Judgement(
    metric="accuracy", then="SVC-1", now="SVC-2", difference=0.011, verdict="not distinguishable", because="3 repeats",
    test="Welch's t-test", p_value=0.2,
)  # fmt: skip


@pytest.fixture
def compared(make_run):
    def make(count=2, **changes):
        runs = tuple(
            make_run(
                id=new_id(),
                label=f"SVC-{n}",
                params=(
                    Param(name="C", value=10.0**n, origin="constructor"),
                    Param(name="kernel", value="rbf", origin="constructor"),
                ),
                metrics=(Metric(name="accuracy", value=0.9 + n / 1000, origin="call", points=3),),
            )
            for n in range(count)
        )
        groups = tuple(
            Repeats(run_ids=(run.id,), labels=(run.label,), seeds=(None,), metrics={}) for run in runs
        )
        curves = {
            run.id: {"accuracy": tuple(Point(step, 0.5 + step / 10, 0.0) for step in range(3))}
            for run in runs
        }
        return Comparison(
            **{"runs": runs, "groups": groups, "metric": "accuracy", "judgements": (), "curves": curves}
            | changes
        )

    return make


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.names, self.attributes, self.open = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):  # noqa: ARG002 - the base class names them
        self.names.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_table_has_what_differs_and_on_demand_the_rest(compared):
    assert "kernel" not in rows_html(compared(), only_differences=True)
    assert "kernel" in rows_html(compared(), only_differences=False)
    assert ">C<" in rows_html(compared(), only_differences=True)


def test_runs_without_a_difference_say_so(compared, make_run):
    run = make_run()
    same = Comparison(runs=(run, run), groups=())
    assert "No differences." in rows_html(same, only_differences=True)


def test_the_page_is_well_formed_and_has_no_script(compared):
    tags = Tags(comparison_html(compared(3, judgements=(JUDGEMENT,))))
    assert tags.open == []
    assert not tags.names & {"script", "iframe", "object", "link", "img"}
    assert not {name for name in tags.attributes if name.startswith("on")}


def test_texts_of_users_are_escaped_and_the_whole_stays_bounded(compared):
    loud = compared(30)
    runs = tuple(
        dataclasses.replace(
            run,
            label="<script>" * 300,
            params=tuple(
                Param(name=f"<b>{n}{'x' * 500}", value=[run.id] * 99, origin="constructor")
                for n in range(300)
            ),
        )
        for run in loud.runs
    )
    page = comparison_html(dataclasses.replace(loud, runs=runs, judgements=(JUDGEMENT,) * 500))
    assert "<script" not in page
    assert "<b>" not in page
    assert "and 10 more runs" in page
    assert len(page) < 1_000_000


def test_a_judgement_names_its_test_and_what_it_rests_on():
    assert judgement_text(JUDGEMENT) == (
        "accuracy: SVC-2 against SVC-1 +0.011: not distinguishable (3 repeats; Welch's t-test, p = 0.2)"
    )
    unknown = dataclasses.replace(
        JUDGEMENT, verdict="unknown", test=None, p_value=None, because="one run each"
    )
    assert judgement_text(unknown).endswith("nothing can be said (one run each)")


def test_repeats_are_told_with_mean_and_spread(compared):
    groups = (
        Repeats(
            run_ids=("a", "b"), labels=("SVC-0", "SVC-1"), seeds=(0, 1),
            metrics={"accuracy": Summary(values=(0.9, 0.92), mean=0.91, spread=0.014142)},
        ),
    )  # fmt: skip
    text = comparison_text(compared(groups=groups))
    assert "SVC-0 (×2), repeats that differ by seed only: accuracy 0.91 ± 0.014" in text


def test_parallel_coordinates_have_an_axis_for_what_differs_and_the_metric(compared):
    drawn = parallel_html(compared(4))
    assert drawn.count("<line") == 2
    assert drawn.count("<path") == 4
    assert ">C<" in drawn


def test_a_line_is_interrupted_where_a_run_has_no_value():
    axes = [Axis("a", [1, 2]), Axis("b", [None, 3]), Axis("c", ["x", "y"])]
    drawn = parallel_svg(axes, ["one", "two"], ["#111", "#222"])
    first = drawn.partition('d="')[2].partition('"')[0]
    assert first.count("M") == 2
    assert "L" not in first


@pytest.mark.parametrize(
    ("axes", "names"), [([], []), ([Axis("a", [1])] * 2, ["one"]), ([Axis("a", [1, 2])], ["one", "two"])]
)
def test_with_less_than_two_of_either_nothing_is_drawn(axes, names):
    assert parallel_svg(axes, names, ["#111"] * len(names)) == ""


def test_curves_leave_out_what_is_no_number():
    points = [Point(0, 1.0, 0.0), Point(1, float("nan"), 0.0), Point(2, 3.0, 0.0)]
    drawn = curves_svg({"a": points, "b": [Point(0, float("inf"), 0.0)]}, {"a": "#111", "b": "#222"}, "loss")
    assert drawn.count("<polyline") == 1
    assert "nan" not in drawn
    assert curves_svg({"b": [Point(0, float("inf"), 0.0)]}, {"b": "#222"}, "loss") == ""
