"""What counts as equal, close, different and unknown: never the same where it is not."""

import math
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbtrack.records import CellError, Content, Dataset, Metric, Param, State, Trials, Verdict
from nbtrack.reproduce.judging import judge
from nbtrack.reproduce.matching import matched

pure = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the fixture is a function of nothing
numbers = st.floats(allow_nan=True, allow_infinity=True)
SMALLEST, LARGEST = math.ulp(0.0), sys.float_info.max


def verdict(then, now, model=None, tolerance=1e-6):
    return judge(then, now, model, tolerance).verdict


def with_metric(run, value, **changes):
    return replace(run, metrics=(replace(run.metrics[0], value=value, **changes),))


def with_data(run, **changes):
    (dataset,) = run.datasets
    return replace(run, datasets=(replace(dataset, content=replace(dataset.content, **changes)),))


def test_a_run_beside_itself_is_the_same(make_run):
    assert verdict(make_run(), make_run()) is Verdict.SAME


@pure
@given(then=numbers, now=numbers)
@example(then=0.0, now=SMALLEST)
@example(then=SMALLEST, now=2 * SMALLEST)
@example(then=LARGEST, now=-LARGEST)
@example(then=1.0, now=math.nextafter(1.0, 2.0))
def test_only_numbers_that_are_equal_to_the_last_bit_are_the_same(make_run, then, now):
    found = verdict(with_metric(make_run(), then), with_metric(make_run(), now))
    equal = then == now or (math.isnan(then) and math.isnan(now))
    assert (found is Verdict.SAME) == equal


@pure
@given(value=st.floats(min_value=1e-6, max_value=1e6), share=st.floats(min_value=1e-9, max_value=0.2))
def test_a_difference_within_the_tolerance_is_close_and_beyond_it_different(make_run, value, share):
    run, other = with_metric(make_run(), value), with_metric(make_run(), value * (1 - share))
    if run == other:
        return
    assert verdict(run, other, tolerance=share * 1.5) is Verdict.CLOSE
    if value * share > 1e-11:
        assert verdict(run, other, tolerance=share / 2) is Verdict.DIFFERENT
    assert judge(run, other, None, 0.5).largest_difference == pytest.approx(share, rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "b3:other"},
        {"shape": (454, 30)},
        {"kind": "numpy.ndarray"},
        {"shape": (454, 30), "by_pickle": True},
    ],
)
def test_other_data_is_different(make_run, changes):
    assert verdict(make_run(), with_data(make_run(), **changes)) is Verdict.DIFFERENT


@pytest.mark.parametrize("changes", [{"by_pickle": True}, {"sampled": True}])
def test_data_that_cannot_be_told_is_never_the_same(make_run, changes):
    run = with_data(make_run(), **changes)
    found = judge(run, run, None, 1e-6)
    assert found.verdict is Verdict.CLOSE
    assert found.datasets[0].equal is None
    assert found.datasets[0].why


@pytest.mark.parametrize("what", ["datasets", "params", "metrics", "model"])
def test_what_did_not_come_out_is_different(make_run, what):
    missing = make_run(**{what: None if what == "model" else ()})
    assert verdict(make_run(), missing) is Verdict.DIFFERENT
    if what != "model":
        assert verdict(missing, missing) in {Verdict.SAME, Verdict.CLOSE}


@pytest.mark.parametrize(
    ("then", "now"),
    [(1, True), (1, 1.0), ("1", 1), ([1], [2]), ({"a": 1}, {"a": 2}), (None, 0), ([1], [1, 2])],
)
def test_other_params_are_different_also_by_type(make_run, then, now):
    one, other = (
        make_run(params=(Param(name="C", value=value, origin="constructor"),)) for value in (then, now)
    )
    assert verdict(one, other) is Verdict.DIFFERENT


def test_a_secret_cannot_be_told(make_run):
    run = make_run(params=(Param(name="token", value="x", origin="variable", redacted=True),))
    assert verdict(run, run) is Verdict.CLOSE


def test_paths_into_the_copy_are_the_original_ones_and_addresses_are_nothing(make_run):
    one = make_run(params=(Param(name="f", value=["/home/me/a", "<f at 0x7f01>"], origin="variable"),))
    other = make_run(params=(Param(name="f", value=["/copy/home/me/a", "<f at 0x55aa>"], origin="variable"),))
    assert verdict(one, other) is Verdict.DIFFERENT
    assert judge(one, other, None, 0, lambda text: text.replace("/copy", "")).verdict is Verdict.SAME


def test_a_duration_is_not_judged(make_run):
    one, other = (
        make_run(metrics=(*make_run().metrics, Metric(name="fit_time", value=value, origin="variable")))
        for value in (1.0, 2.0)
    )
    found = judge(one, other, None, 1e-6)
    assert found.verdict is Verdict.SAME
    assert not found.metrics[1].judged


def test_a_curve_of_another_length_is_different(make_run):
    run = make_run()
    assert verdict(run, with_metric(run, run.metrics[0].value, points=5)) is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"equal": True, "by": "content", "difference": None, "why": None}, Verdict.SAME),
        ({"equal": True, "by": "predictions", "difference": None, "why": None}, Verdict.SAME),
        ({"equal": None, "by": "predictions", "difference": None, "why": "labels"}, Verdict.CLOSE),
        ({"equal": False, "by": "content", "difference": 1e-9, "why": None}, Verdict.CLOSE),
        ({"equal": False, "by": "content", "difference": 1e-3, "why": None}, Verdict.DIFFERENT),
        ({"equal": False, "by": "predictions", "difference": None, "why": None}, Verdict.DIFFERENT),
        (None, Verdict.CLOSE),
    ],
)
def test_models_with_other_bytes_are_judged_by_what_was_compared(make_run, told, expected):
    run = make_run()
    now = replace(run, model=replace(run.model, digest="b3:other"))
    assert verdict(run, now, told) is expected


def test_a_validation_whose_models_were_thrown_away_is_judged_by_its_scores(make_run):
    run = make_run()
    gone = replace(run.model, digest=None, stored=False, variable=None, retained=False)
    validated = replace(run, model=gone)
    assert verdict(validated, validated) is Verdict.SAME
    refused = replace(validated, capture_notes=("The model, a SVC, could not be pickled: …",))
    assert verdict(refused, refused) is Verdict.CLOSE
    kept = replace(run, model=replace(gone, variable="clf"))
    assert verdict(kept, kept) is Verdict.CLOSE


def test_a_model_of_another_class_is_different_whatever_was_compared(make_run):
    run = make_run()
    told = {"equal": True, "by": "predictions", "difference": None, "why": None}
    assert verdict(run, replace(run, model=replace(run.model, class_name="SVC")), told) is Verdict.DIFFERENT


def test_trials_are_compared_without_their_durations(make_run):
    def trials(score, seconds):
        return make_run(trials=Trials(columns=("C", "score", "mean_fit_time"), rows=((1, score, seconds),)))

    assert verdict(trials(0.5, 1.0), trials(0.5, 2.0)) is Verdict.SAME
    assert verdict(trials(0.5, 1.0), trials(0.5 + 1e-9, 1.0)) is Verdict.CLOSE
    assert verdict(trials(0.5, 1.0), trials(0.6, 1.0)) is Verdict.DIFFERENT
    assert verdict(trials(0.5, 1.0), make_run()) is Verdict.DIFFERENT


def test_a_failure_is_the_same_only_with_the_same_error(make_run):
    def failed(message):
        error = CellError(name="ValueError", message=message, traceback="")
        run = make_run(state=State.FAILED)
        return replace(
            run, execution=replace(run.execution, error=error), model=replace(run.model, digest=None)
        )

    assert verdict(failed("no"), failed("no")) is Verdict.SAME
    assert verdict(failed("no"), failed("yes")) is Verdict.DIFFERENT
    assert verdict(failed("no"), make_run()) is Verdict.DIFFERENT
    assert verdict(make_run(), failed("no")) is Verdict.DIFFERENT


def test_a_run_of_which_nothing_but_params_was_recorded_is_at_most_close(make_run):
    run = make_run(datasets=(), metrics=(), model=None)
    assert verdict(run, run) is Verdict.CLOSE


def test_of_two_datasets_with_one_name_the_order_tells(make_run):
    def fed(*digests):
        made = (Dataset(name="X", role="train", content=Content(digest=one, kind="list")) for one in digests)
        return make_run(datasets=tuple(made))

    assert verdict(fed("b3:1", "b3:2"), fed("b3:1", "b3:2")) is Verdict.SAME
    assert verdict(fed("b3:1", "b3:2"), fed("b3:2", "b3:1")) is Verdict.DIFFERENT


def test_runs_of_a_loop_correspond_by_place_and_by_what_was_chosen_where_their_number_changed(make_run):
    def made(id_, alpha, stem="Ridge"):
        return make_run(id=id_, label_stem=stem, params=(Param(name="alpha", value=alpha, origin="loop"),))

    then = [made("a", 1), made("b", 2), made("s", 1, "SVC"), made("c", 2)]
    now = [made("s2", 1, "SVC"), made("a2", 1), made("b2", 2), made("c2", 2)]
    assert [matched(one, then, now).id for one in then] == ["a2", "b2", "s2", "c2"]
    fewer = [made("b2", 2), made("c2", 2)]
    assert [getattr(matched(one, then, fewer), "id", None) for one in then] == [None, "b2", None, "c2"]
    assert matched(made("unknown", 1), then, now) is None
