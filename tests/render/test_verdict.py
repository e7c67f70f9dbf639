"""Reproductions as text and JSON."""

import json
import math

import pytest

from nbtrack.records import (
    Cause,
    Divergence,
    Judged,
    JudgedMetric,
    JudgedModel,
    PackageChange,
    Reproduction,
    Spread,
    Stability,
    Verdict,
)
from nbtrack.render.card import run_card
from nbtrack.render.document import to_dict
from nbtrack.render.line import run_line
from nbtrack.render.show import run_text
from nbtrack.render.table import runs_table
from nbtrack.render.verdict import reproduction_text, reproduction_to_dict, stability_text, stability_to_dict


def made(**changes) -> Reproduction:
    given = {
        "id": "r1",
        "run_id": "run",
        "verdict": Verdict.CLOSE,
        "started_at": 1_795_426_200.123,
        "duration_seconds": 3.0,
        "tolerance": 1e-6,
        "executions": 4,
        "datasets": (Judged(name="X_train", equal=True, kind="train", then="b3:1", now="b3:1"),),
        "params": (Judged(name="lr", equal=False, kind="variable", then=0.1, now=0.2),),
        "metrics": (
            JudgedMetric(
                name="accuracy", dataset="X_test", then=0.9731, now=0.9732, equal=False, within=True
            ),
            JudgedMetric(name="fit_time", then=1.0, now=2.0, equal=None, judged=False),
        ),
        "model": JudgedModel(equal=None, why="it was not stored"),
        "largest_difference": 1e-4,
    }
    return Reproduction(**{**given, **changes})


def test_the_json_form_has_the_keys_of_the_design():
    where = Divergence(reason=Cause.FILE, subject="a.csv", execution_id="e1", execution_count=4)
    document = reproduction_to_dict(made(first_divergence=where, largest_difference=math.inf))
    json.dumps(document, allow_nan=False)
    assert document["verdict"] == "close"
    assert document["at"] == "2026-11-23T09:30:00.123Z"
    assert {"name": "X_train", "equal": True}.items() <= document["datasets"][0].items()
    assert {"name": "accuracy", "then": 0.9731, "now": 0.9732, "equal": False}.items() <= document["metrics"][
        0
    ].items()
    assert {"equal": None, "by": None}.items() <= document["model"].items()
    told = {"execution_id": "e1", "execution_count": 4, "reason": "file changed", "subject": "a.csv"}
    assert told.items() <= document["first_divergence"].items()
    assert document["largest_difference"] == "Infinity"


def test_the_text_names_what_differs_and_counts_what_is_equal():
    where = Divergence(reason=Cause.RANDOM, subject="numpy", execution_count=4, sure=False)
    changes = (PackageChange(name="pandas", then="2.3", now="3.1"),)
    text = reproduction_text("SVC-3", made(first_divergence=where, packages=changes, unseeded=("numpy",)))
    assert text.splitlines()[:2] == [
        "SVC-3  close",
        "  first diverged at [4], probably: unseeded randomness: numpy",
    ]
    assert "accuracy on X_test  0.9731 → 0.9732  within the tolerance" in text
    assert "lr" in text
    assert "0.1 → 0.2" in text
    assert "not judged: a duration" in text
    assert "model" in text
    assert "unknown: it was not stored" in text
    assert "packages: pandas 2.3 → 3.1" in text
    assert "random without a seed: numpy" in text


def test_many_metrics_are_cut_and_counted():
    metrics = tuple(JudgedMetric(name=f"m{n}", then=1.0, now=1.0, equal=True) for n in range(20))
    assert "and 8 more" in reproduction_text("SVC-3", made(metrics=metrics))


def test_control_characters_in_names_reach_no_terminal():
    text = reproduction_text("SVC-3", made(notes=("left out: \x1b[31m",), model=None))
    assert "\x1b" not in text


def test_the_verdict_is_shown_wherever_the_run_is_shown(make_run):
    run = make_run(reproduction=made())
    assert "reproduced: close (0.01 % off)" in run_line(run)
    assert "reproduced: close" in run_card([run])
    assert "Reproduction\n  close" in run_text(run)
    assert runs_table([run, make_run()]).splitlines()[0].split().count("reproduced") == 1
    assert "reproduced" not in runs_table([make_run()])
    assert to_dict(run)["reproduction"]["verdict"] == "close"


def repeats(*metrics, **more):
    """Three repeats, with seeds 5 to 7."""
    return Stability(
        id="s",
        run_id="run",
        started_at=1.0,
        duration_seconds=9.0,
        seeds=(5, 6, 7),
        metrics=metrics,
        **more,
    )


@pytest.mark.parametrize("wild", [math.nan, math.inf, -math.inf])
def test_repeats_one_of_which_diverged_are_told_as_they_are(wild):
    one = repeats(Spread(name="loss", then=0.3, values=(0.3, wild, 0.4)))
    (told,) = stability_to_dict(one)["metrics"]
    assert (told["mean"], told["std"]) == ("NaN", "NaN")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert "NaN" in stability_text("SVC-3", one)


def test_repeats_give_mean_and_spread_and_say_where_the_run_lies_outside():
    one = repeats(
        Spread(name="accuracy", then=0.9, values=(0.7, 0.8, 0.75)),
        Spread(name="loss", then=0.3, values=()),
        failed=("seed 7: ValueError",),
        seeds_itself=("torch",),
    )
    document = stability_to_dict(one)
    assert document["metrics"][0]["mean"] == 0.75
    assert round(document["metrics"][0]["std"], 9) == 0.05
    assert document["metrics"][1]["mean"] is None
    text = stability_text("SVC-3", one)
    assert "3 repeats with seeds 5 to 7" in text
    assert "the run lies outside" in text
    assert "did not come out" in text
    assert "its own cells seed torch" in text
    assert "failed: seed 7: ValueError" in text
