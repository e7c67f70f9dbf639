"""Repeats are told as such, and runs are only told apart where a test can."""

from __future__ import annotations

import dataclasses
import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nbtrack.differences.paired import judge
from nbtrack.differences.repeats import group_repeats, summary
from nbtrack.observe.outcomes import row_outcomes
from nbtrack.records import Metric, Outcomes, Param, Repeats, new_id


def group(label, *values, seeds=None):
    count = len(values)
    return Repeats(
        run_ids=tuple(f"{label}{n}" for n in range(count)),
        labels=tuple(f"{label}-{n}" for n in range(count)),
        seeds=tuple(seeds) if seeds else (None,) * count,
        metrics={"accuracy": summary(values)},
    )


def judged(then, now, old=(), new=()):
    return judge("accuracy", then, now, (old, new))


def outcomes(truth, predicted, dataset="y_test"):
    found = row_outcomes(truth, predicted, 10_000)
    return (
        Outcomes(
            run_id="r", dataset=dataset, truth=found.truth, kind=found.kind, rows=found.rows, data=found.data
        ),
    )


@pytest.fixture
def seeded(make_run):
    def make(seed, C=1.0, accuracy=0.9, **changes):
        return make_run(
            id=new_id(),
            label=f"RF-{seed}-{C}",
            params=(
                Param(name="C", value=C, origin="constructor"),
                Param(name="forest__random_state", value=seed, origin="constructor"),
            ),
            metrics=(Metric(name="accuracy", value=accuracy, origin="call", dataset="y_test"),),
            **changes,
        )

    return make


def test_runs_that_differ_only_by_seed_are_repeats(seeded):
    groups = group_repeats([seeded(0), seeded(0, C=2.0), seeded(1, accuracy=0.8), seeded(2, C=2.0)])
    assert [one.labels for one in groups] == [("RF-0-1.0", "RF-1-1.0"), ("RF-0-2.0", "RF-2-2.0")]
    assert groups[0].seeds == (0, 1)
    assert groups[0].metrics["accuracy"].mean == pytest.approx(0.85)
    assert groups[0].metrics["accuracy"].spread == pytest.approx(np.std([0.9, 0.8], ddof=1))


def test_other_training_data_or_class_is_no_repeat(seeded):
    first = seeded(0)
    other_data = dataclasses.replace(
        first.datasets[0], content=dataclasses.replace(first.datasets[0].content, digest="b3:00")
    )
    runs = [
        first,
        seeded(1, datasets=(other_data,)),
        seeded(2, model=dataclasses.replace(first.model, class_name="SVC")),
        seeded(3, datasets=()),
        seeded(4, datasets=()),
    ]
    assert len(group_repeats(runs)) == 5


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_mean_and_spread_are_those_of_numpy(values):
    found = summary(values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-6)
    if len(values) > 1:
        assert found.spread == pytest.approx(np.std(values, ddof=1), abs=1e-6, rel=1e-6)


def test_how_runs_are_grouped_does_not_depend_on_their_order(seeded):
    runs = [seeded(seed, C=float(seed % 3)) for seed in range(9)]
    shuffled = runs.copy()
    random.Random(3).shuffle(shuffled)
    sets = [{frozenset(one.labels) for one in group_repeats(each)} for each in (runs, shuffled)]
    assert sets[0] == sets[1]


def test_a_small_difference_between_repeats_is_not_distinguishable():
    found = judged(group("a", 0.95, 0.97, 0.96), group("b", 0.955, 0.975, 0.96))
    assert (found.verdict, found.because, found.test) == (
        "not distinguishable",
        "3 repeats",
        "Welch's t-test",
    )
    assert found.p_value == pytest.approx(
        stats.ttest_ind([0.955, 0.975, 0.96], [0.95, 0.97, 0.96], equal_var=False).pvalue
    )


def test_repeats_with_the_same_seeds_are_tested_in_pairs():
    then, now = (0.90, 0.95, 0.85, 0.92), (0.92, 0.969, 0.871, 0.941)
    found = judged(group("a", *then, seeds=range(4)), group("b", *reversed(now), seeds=reversed(range(4))))
    assert (found.verdict, found.test) == ("distinguishable", "paired t-test")
    assert found.p_value == pytest.approx(stats.ttest_rel(now, then).pvalue)
    # The same numbers as two samples could not be told apart.
    assert judged(group("a", *then), group("b", *now)).verdict == "not distinguishable"


def test_one_run_is_looked_for_in_the_spread_of_repeats():
    many = group("a", 0.90, 0.92, 0.94, 0.91)
    assert judged(many, group("b", 0.93)).verdict == "not distinguishable"
    far = judged(many, group("b", 0.5))
    assert (far.verdict, far.because) == ("distinguishable", "one run, outside of the spread of 4 repeats")


def test_of_one_run_each_nothing_is_known():
    found = judged(group("a", 0.9), group("b", 0.95))
    assert (found.verdict, found.p_value) == ("unknown", None)
    assert "repeat with other seeds" in found.because


def test_repeats_that_never_vary_are_equal_or_not():
    assert judged(group("a", 0.9, 0.9), group("b", 0.9, 0.9)).verdict == "not distinguishable"
    assert judged(group("a", 0.9, 0.9), group("b", 0.8, 0.8)).verdict == "distinguishable"


def test_labels_of_the_same_rows_are_tested_by_mcnemar():
    truth = np.arange(200) % 3
    worse, better = truth.copy(), truth.copy()
    worse[:30] = 9
    better[25:33] = 9
    found = judged(group("a", 0.85), group("b", 0.96), outcomes(truth, worse), outcomes(truth, better))
    assert found.test == "McNemar's exact test"
    assert found.because == "the same 200 rows of y_test: 25 newly right, 3 newly wrong"
    assert found.p_value == pytest.approx(stats.binomtest(25, 28).pvalue)


def test_numbers_on_the_same_rows_are_tested_by_wilcoxon():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=60)
    near, far = truth + generator.normal(scale=0.1, size=60), truth + generator.normal(scale=0.5, size=60)
    found = judged(group("a", 0.5), group("b", 0.1), outcomes(truth, far), outcomes(truth, near))
    assert (found.verdict, found.test) == ("distinguishable", "Wilcoxon's signed-rank test")
    errors = [abs(made - truth).astype("f4") for made in (near, far)]
    assert found.p_value == pytest.approx(stats.wilcoxon(*errors).pvalue, rel=1e-3)


def test_other_test_data_is_said_and_nothing_tested():
    first, second = (
        outcomes([0, 1, 1, 0], np.array([0, 1, 0, 0])),
        outcomes([1, 1, 1, 0], np.array([1, 1, 0, 0])),
    )
    found = judged(group("a", 0.75), group("b", 0.75), first, second)
    assert (found.verdict, found.because) == ("unknown", "they were measured on different test data")


def test_a_number_that_is_none_is_never_judged():
    assert judged(group("a", 0.9, float("nan")), group("b", 0.9, 0.8)).verdict == "unknown"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=80))
def test_outcomes_keep_a_bit_a_row_and_no_value(pairs):
    truth, predicted = map(list, zip(*pairs, strict=True))
    found = row_outcomes(truth, np.array(predicted), 100)
    bits = np.unpackbits(np.frombuffer(zlib.decompress(found.data), dtype="u1"), count=found.rows)
    assert bits.tolist() == [int(a == b) for a, b in pairs]
    assert found.truth == row_outcomes(np.array(truth), np.array(predicted), 100).truth


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([1], np.array([1])),
        ([1, 2], np.array([1, 2, 3])),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([1.0, float("nan")], np.array([1.0, 2.0])),
        (["a", "b"], np.array([0.5, 0.5])),
        (3, 4),
        (list(range(101)), np.arange(101)),
    ],
)
def test_what_are_no_values_of_the_same_rows_gives_no_outcomes(truth, predicted):
    assert row_outcomes(truth, predicted, 100) is None


def test_texts_are_labels_too():
    predicted = np.array(["spam", "ham", "spam"], dtype=object)
    found = row_outcomes(["spam", "spam", "spam"], predicted, 100)
    assert (found.kind, found.rows) == ("correct", 3)


def test_a_seeded_shuffle_is_the_same_truth_only_in_the_same_order():
    rows = list(range(50))
    other = rows.copy()
    random.Random(1).shuffle(other)
    made = np.array(rows)
    assert row_outcomes(rows, made, 100).truth != row_outcomes(other, made, 100).truth
