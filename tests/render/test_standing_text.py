"""What is worth saying about where a run stands."""

from __future__ import annotations

import dataclasses

import pytest

from nbtrack.records import Best, Reason, Standing
from nbtrack.render.card import run_card
from nbtrack.render.line import run_line
from nbtrack.render.standing import against_text, improved, since_text

BEST = Best(value=0.98, label="SVC-2", run_id="other", count=12)
STANDING = Standing(
    run_id="me",
    metric="accuracy",
    value=0.973,
    previous_label="SVC-3",
    previous=0.962,
    better="higher",
    best=BEST,
    changed=(Reason(kind="param", subject="C", then=1, now=10, detail="constructor"),),
)


def but(**changes):
    return dataclasses.replace(STANDING, **changes)


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (STANDING, "▲ +0.011, best 0.98 by SVC-2"),
        (but(best=dataclasses.replace(BEST, value=0.973, run_id="me")), "▲ +0.011, best of 12"),
        (but(best=dataclasses.replace(BEST, value=0.973)), "▲ +0.011, ties the best of 12"),
        (but(previous=0.99, best=None), "▼ -0.017"),
        (but(previous=None), "(best 0.98 by SVC-2)"),
        (but(previous=0.973), ""),
        (but(previous=None, best=dataclasses.replace(BEST, count=1)), ""),
        (but(previous=float("nan"), best=None), ""),
        (but(value=None, best=None), ""),
    ],
)
def test_behind_the_metric_stands_what_is_worth_saying(standing, text):
    assert against_text(standing) == text


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (STANDING, "since SVC-3: C 1 → 10"),
        (but(previous_label=None), ""),
        (but(changed=(), previous=0.973), ""),
        (but(changed=()), "since SVC-3: same cell, params and data"),
        (but(changed=(), edited=True), "since SVC-3: the cell was edited, params and data are the same"),
        (
            but(changed=tuple(Reason(kind="param", subject=f"p{n}", then=0, now=1) for n in range(6))),
            "since SVC-3: p0 0 → 1, p1 0 → 1, p2 0 → 1, p3 0 → 1, +2 more",
        ),
        (
            but(changed=(Reason(kind="param", subject="C", now=10, detail="constructor, now only"),)),
            "since SVC-3: C = 10",
        ),
        (
            but(changed=(Reason(kind="data", subject="X", then={"shape": [4, 2]}, now={"shape": [5, 2]}),)),
            "since SVC-3: X 4×2 → 5×2",
        ),
        (
            but(changed=(Reason(kind="data", subject="X", then={"shape": [4]}, now={"shape": [4]}),)),
            "since SVC-3: X changed",
        ),
    ],
)
def test_the_line_since_says_what_changed_and_nothing_when_nothing_did(standing, text):
    assert since_text(standing) == text


@pytest.mark.parametrize(
    ("better", "previous", "expected"),
    [
        ("higher", 0.9, True),
        ("lower", 0.9, False),
        ("lower", 0.99, True),
        (None, 0.9, None),
        ("higher", 0.973, None),
    ],
)
def test_better_is_up_or_down_by_the_metric_and_not_said_where_nobody_knows(better, previous, expected):
    assert improved(but(better=better, previous=previous)) is expected


def test_line_and_card_say_it_behind_the_first_metric(make_run):
    run = make_run()
    assert "accuracy 0.973 ▲ +0.011, best 0.98 by SVC-2 · X_train" in run_line(run, STANDING)
    card = run_card([run], {run.id: STANDING})
    assert "▲ +0.011" in card
    assert "since SVC-3: C 1 → 10" in card


def test_a_card_stays_small_and_without_scripts_whatever_a_standing_holds(make_run):
    run = make_run()
    loud = but(
        previous_label="<script>" * 500,
        best=dataclasses.replace(BEST, label="L" * 5000),
        changed=tuple(
            Reason(kind="param", subject="<b>" * 900, then="x" * 9000, now=["y" * 9000]) for _ in range(900)
        ),
    )
    card = run_card([run], {run.id: loud})
    assert len(card) < 4000
    assert "<script" not in card
    assert "<b>&lt;" not in card
