"""Text as HTML: its columns kept, bounded, nothing in it runs."""

from __future__ import annotations

import pytest

from nbtrack.records import Judged, JudgedModel, Reproduction, Verdict
from nbtrack.render.boxed import boxed
from nbtrack.reproduce.result import ReproductionResult


def test_text_is_escaped_and_cut():
    page = boxed("<script>" * 20_000)
    assert "<script" not in page
    assert len(page) < 300_000


@pytest.mark.parametrize(
    ("verdict", "colour"),
    [("same", "success"), ("close", "warn"), ("different", "error"), ("failed", "error")],
)
def test_a_verdict_is_told_in_words_behind_its_colour(verdict, colour):
    record = Reproduction(
        id="r1",
        run_id="run",
        verdict=Verdict(verdict),
        started_at=1_795_426_200.0,
        duration_seconds=3.0,
        tolerance=1e-6,
        executions=4,
        datasets=(Judged(name="<X>", equal=True, kind="train", then="b3:1", now="b3:1"),),
        model=JudgedModel(equal=None, why="it was not stored"),
    )
    page = ReproductionResult("SVC-1", record)._repr_html_()
    assert f"--jp-{colour}-color1" in page
    assert verdict in page
    assert "<X>" not in page
