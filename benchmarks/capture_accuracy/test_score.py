"""The scorer's choices, by example. Run with ``python -m pytest benchmarks/capture_accuracy``."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from matching import (
    found_in,
    last_name,
    literal,
    names_data,
    printed_numbers,
    same_class,
    same_file,
    same_number,
    same_value,
)
from outputs import added_seconds, changed_cells
from score import score
from truth import Truth, text_of, truth_of


def label(*cells, error_cells=()):
    return {"error_cells": list(error_cells), "cells": list(cells)}


def cell(index, **facts):
    model = {"var": "clf", "class": "SVC", "params": {}, "retained": True, "n_fits": 1}
    base = {
        "index": index,
        "training": True,
        "models": [model],
        "param_info": [],
        "data": [],
        "files": [],
        "metrics": [],
        "depends_on": [],
        "doubtful": False,
    }
    return {**base, **facts}


def looking(index):
    return {"index": index, "training": False, "doubtful": False, "depends_on": []}


def run(index, **facts):
    base = {
        "id": f"r{index}",
        "cell": index,
        "model": {"class": "SVC", "variable": "clf", "stored": True},
        "check": {"equal": {"clf": True}},
        "params": [],
        "metrics": [],
        "datasets": [],
        "files": [],
        "depends_on_cells": [],
    }
    return {**base, **facts}


def capture(*runs, cells=None, truth=None):
    return {"runs": list(runs), "cells": cells or {}, "truth": truth or {}}


def counts(result, *figures):
    return [tuple(result.counts[figure]) for figure in figures]


def param(name, value, origin="constructor"):
    return {"name": name, "value": value, "origin": origin}


def written(name, value, model=None, kind="constructor"):
    return {"name": name, "value": value, "kind": kind, "model": model}


def metric(name, value, **facts):
    return {"name": name, "value": value, "origin": "call", "points": 1, **facts}


def measured(name, expression, where, model="clf"):
    return {"name": name, "model": model, "value_expr": expression, "cell": where}


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("C", "c"),
        ("cv.n_splits", "n_splits"),
        ("svc__C", "c"),
        ("layers.0.units", "units"),
        ("kmeans.n", "n"),
    ],
)
def test_a_parameter_goes_by_its_last_component(name, last):
    assert last_name(name) == last


def test_classes_compare_by_their_last_component():
    assert same_class("keras.Sequential", "Sequential")
    assert not same_class("SVC", "SVR")
    assert not same_class("SVC", None)


def test_true_is_not_one_point_zero_but_the_author_wrote_zero_for_false():
    yes, no = True, False
    assert same_value(no, 0)
    assert same_value(0, no)
    assert not same_value(yes, 2)
    assert not same_value("True", yes)


def test_optimizers_and_losses_compare_by_class_name_whatever_their_spelling():
    assert same_value("L1Loss", "torch.nn.L1Loss()")
    assert same_value("adam", "Adam")
    assert not same_value("adam", "SGD")


def test_a_number_kept_as_text_is_not_a_number_until_it_is_read():
    assert not same_value(0.5, "0.5")
    assert same_value(0.5, literal("0.5"))


def test_a_float32_value_equals_its_float64_value():
    assert same_number(0.1, 0.10000000149011612)
    assert not same_number(0.1, 0.10001)
    assert same_number(float("nan"), "NaN")


def test_a_list_is_found_when_the_runs_together_show_its_items():
    assert found_in([1, 3, 5], [5, 3, 1])
    assert found_in([1, 3, 5], [[1, 3, 5]])
    assert not found_in([1, 3, 5], [1, 3])
    assert not found_in(3, [[1, 3]])


def test_data_goes_by_a_variable_of_the_recorded_expression():
    assert names_data("df", "df[['Age', 'Income($)']]")
    assert names_data("X", "X.values")
    assert not names_data("X", "X_train")


def test_a_file_goes_by_the_end_of_its_path():
    assert same_file("./clean/X.csv", "model/V1/clean/X.csv")
    assert same_file("diabetes.csv", "/home/me/diabetes.csv")
    assert not same_file("a/X.csv", "b/X.csv")


def test_printed_numbers_are_known_to_their_digits():
    accuracy, epoch = printed_numbers("R2 Score: 0.83 after epoch 10")
    assert accuracy.shows(0.8251)
    assert not accuracy.shows(0.8351)
    assert epoch.shows(10.0)
    assert not epoch.shows(10.4)


def test_a_printed_exponent_moves_the_known_digits():
    (number,) = printed_numbers("loss 1.25e-03")
    assert number.shows(0.0012549)
    assert not number.shows(0.00126)


def test_a_percentage_shows_a_fraction():
    (number,) = printed_numbers("Accuracy: 97.4%")
    assert number.shows(0.97368)


def test_a_training_cell_without_a_run_is_missed_and_a_run_elsewhere_is_extra():
    result = score(label(cell(1), looking(2)), capture(run(2)))
    assert counts(result, "training recall", "training precision") == [(0, 1), (0, 1)]


def test_cells_that_fail_are_not_scored():
    result = score(label(cell(1), error_cells=[1]), capture())
    assert counts(result, "training recall") == [(0, 0)]


def test_doubtful_cells_can_be_left_out():
    result = score(label(cell(1, doubtful=True)), capture(), doubtful=False)
    assert counts(result, "training recall") == [(0, 0)]


def test_a_model_under_another_variable_is_not_the_labelled_one():
    other = run(1, model={"class": "SVC", "variable": "other", "stored": True})
    assert counts(score(label(cell(1)), capture(other)), "models recall", "models precision") == [
        (0, 1),
        (0, 1),
    ]


def test_a_results_object_may_go_by_the_names_of_the_live_object():
    ols = cell(1, models=[{"var": "res", "class": "OLS", "retained": True}])
    kept = run(1, model={"class": "RegressionResults", "variable": "res", "stored": True},
               live_classes={"res": ["RegressionResultsWrapper", "RegressionResults", "OLS"]})  # fmt: skip
    assert counts(score(label(ols), capture(kept)), "models recall") == [(1, 1)]


@pytest.mark.parametrize(
    ("facts", "hit"),
    [
        ({}, 1),
        ({"check": {"equal": {"clf": False}}}, 0),
        ({"check": {"equal": {}}}, 0),
        ({"check": {"error": "UnpicklingError"}}, 0),
        ({"model": {"class": "SVC", "variable": "clf", "stored": False}}, 0),
    ],
)
def test_a_model_counts_as_kept_when_it_loads_and_predicts_the_same(facts, hit):
    assert counts(score(label(cell(1)), capture(run(1, **facts))), "models loadable") == [(hit, 1)]


def test_defaults_count_neither_for_nor_against():
    kept = run(1, params=[param("C", 10), param("gamma", "scale", "default")])
    result = score(label(cell(1, param_info=[written("C", 10, "clf")])), capture(kept))
    assert counts(result, "params recall", "params precision") == [(1, 1), (1, 1)]


def test_a_parameter_must_stand_at_its_model():
    two = [{"var": "a", "class": "SVC", "retained": True}, {"var": "b", "class": "SVC", "retained": True}]
    runs = [run(1, id="x", model={"class": "SVC", "variable": "a"}),
            run(1, id="y", model={"class": "SVC", "variable": "b"}, params=[param("C", 1)])]  # fmt: skip
    result = score(label(cell(1, models=two, param_info=[written("C", 1, "a")])), capture(*runs))
    assert counts(result, "params recall") == [(0, 1)]


def test_a_loop_parameter_is_found_over_the_runs_of_its_cell_and_each_value_is_right():
    runs = [run(1, id=str(k), params=[param("C", k, "loop")]) for k in (1, 10)]
    result = score(label(cell(1, param_info=[written("C", [1, 10], kind="loop")])), capture(*runs))
    assert counts(result, "params recall", "params precision") == [(1, 1), (2, 2)]


def test_a_recorded_dict_also_says_its_items():
    kept = run(1, params=[param("param_grid", {"C": [1, 10]})])
    result = score(label(cell(1, param_info=[written("C", [1, 10], kind="grid")])), capture(kept))
    assert counts(result, "params recall", "params precision") == [(1, 1), (1, 1)]


def test_a_table_of_trials_tells_parameters_and_metrics_of_many_fits_but_is_not_held_against_precision():
    labelled = cell(
        1,
        param_info=[written("C", [1, 10], kind="loop")],
        metrics=[measured("scores", "scores", 1)],
    )
    trials = {"columns": ["C", "score"], "rows": [[1, 0.5], [10, 0.7]]}
    truth = {1: {"values": {"scores": {"numbers": [0.5, 0.7], "shape": [2]}}}}
    result = score(label(labelled), capture(run(1, trials=trials), truth=truth))
    assert counts(result, "params recall", "metrics recall") == [(1, 1), (1, 1)]
    assert counts(result, "params precision", "metrics precision") == [(0, 0), (0, 0)]


def test_data_without_a_digest_is_not_recorded():
    kept = run(1, datasets=[{"name": "X", "digest": None}, {"name": "y", "digest": "b3:1"}])
    result = score(label(cell(1, data=["X", "y"])), capture(kept))
    assert counts(result, "data recall", "data precision") == [(1, 2), (2, 2)]


def test_a_metric_of_a_later_cell_is_the_displayed_value_to_its_full_precision():
    labelled = label(cell(1, metrics=[measured("score", "<out>", 2)]), looking(2))
    truth = {2: {"values": {"<out>": 0.123456789}}}
    right = score(labelled, capture(run(1, metrics=[metric("score", 0.123456789)]), truth=truth))
    rounded = score(labelled, capture(run(1, metrics=[metric("score", 0.12)]), truth=truth))
    assert counts(right, "metrics recall", "metrics precision") == [(1, 1), (1, 1)]
    assert counts(rounded, "metrics recall", "metrics precision") == [(0, 1), (0, 1)]


def test_a_metric_at_another_model_is_missed_and_counts_against_attribution():
    first = cell(1, metrics=[measured("score", "<out>", 3)])
    second = cell(2, metrics=[])
    truth = {3: {"values": {"<out>": 0.5}}}
    result = score(label(first, second), capture(run(1), run(2, metrics=[metric("score", 0.5)]), truth=truth))
    assert counts(result, "metrics recall", "metrics precision", "metrics attribution") == [
        (0, 1),
        (0, 1),
        (0, 1),
    ]


def test_one_recorded_number_does_not_stand_for_two_metrics_that_print_alike():
    both = [measured("train accuracy", "<print>", 1), measured("test accuracy", "<print>", 1)]
    outputs = {
        1: {"outputs": [{"output_type": "stream", "name": "stdout", "text": "train 0.80\ntest 0.80\n"}]}
    }
    one = run(1, metrics=[metric("accuracy", 0.801)])
    two = run(1, metrics=[metric("accuracy", 0.801, dataset="X"), metric("accuracy", 0.799, dataset="Z")])
    assert counts(score(label(cell(1, metrics=both)), capture(one, cells=outputs)), "metrics recall") == [
        (1, 2)
    ]
    assert counts(score(label(cell(1, metrics=both)), capture(two, cells=outputs)), "metrics recall") == [
        (2, 2)
    ]


def test_as_many_displayed_numbers_as_metrics_are_told_apart_by_their_order():
    both = [measured("loss", "<out>", 2), measured("accuracy", "<out>", 2)]
    values = {"<out>": {"numbers": [0.7, 0.9], "shape": [2]}}
    assert truth_of(both[1], both, [], values) == Truth(number=0.9)


def test_scores_of_folds_are_told_by_their_mean_or_all_of_them_but_not_by_one():
    folds = Truth(numbers=(0.5, 0.7, 0.9))
    assert folds.told_by([metric("score", 0.7)], [])
    assert folds.told_by([metric(f"score_{k}", k) for k in (0.5, 0.7, 0.9)], [])
    assert not folds.told_by([metric("score", 0.5)], [])


def test_a_curve_is_told_by_its_last_value_when_it_is_recorded_as_a_curve():
    curve = Truth(numbers=(3.0, 2.0, 1.5))
    assert curve.told_by([metric("loss", 1.5, points=3)], [])
    assert not curve.told_by([metric("loss", 1.5)], [])


def test_best_parameters_may_be_told_as_parameters():
    best = truth_of(measured("best_params_", "<out>", 2), [measured("best_params_", "<out>", 2)], [],
                    {"<out>": {"items": {"C": 10, "kernel": "rbf"}}})  # fmt: skip
    told = [param("best_params.C", 10), param("best_params.kernel", "rbf")]
    assert best.told_by([], told)
    assert not best.told_by([], told[:1])


def test_a_history_is_told_by_the_last_value_of_each_of_its_curves():
    history = {"items": {"loss": {"numbers": [2.0, 1.0]}, "accuracy": {"numbers": [0.5, 0.9]}}}
    wanted = measured("per epoch", "<History>", 1)
    truth = truth_of(wanted, [wanted], [], {"<History> clf": history})
    loss, accuracy = metric("loss", 1.0, points=2), metric("accuracy", 0.9, points=2)
    assert truth.told_by([loss, accuracy], [])
    assert not truth.told_by([loss], [])


def test_the_trackers_own_outputs_are_not_the_cells():
    own = {"output_type": "display_data", "data": {"text/plain": "0.5"}, "metadata": {}}
    card = {
        "output_type": "display_data",
        "data": {"text/plain": "0.9"},
        "metadata": {"nbtrack": {"card": True}},
    }
    assert text_of([own, card]) == "0.5"


def test_a_slice_counts_its_cells_and_forgives_those_that_perhaps_belong_to_it():
    sliced = cell(5, depends_on=[1, 2], maybe_depends_on=[3])
    result = score(label(sliced), capture(run(5, depends_on_cells=[1, 3, 4])))
    assert counts(result, "slices recall", "slices precision") == [(1, 2), (1, 2)]


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def one_pass(*outputs, seconds=1.0):
    return {"cells": {3: {"outputs": list(outputs), "seconds": seconds, "error": None}}}


def test_a_steady_cell_whose_text_differs_with_the_tracker_is_changed():
    plain = [one_pass(stream("a"))] * 2
    assert changed_cells(plain, [one_pass(stream("b"))]) == {3: "other content"}
    assert changed_cells(plain, [one_pass(stream("a"))]) == {}


def test_a_cell_that_differs_by_itself_is_compared_by_the_kinds_of_its_outputs():
    plain = [one_pass(stream("a")), one_pass(stream("b"))]
    assert changed_cells(plain, [one_pass(stream("c"))]) == {}
    assert 3 in changed_cells(plain, [one_pass(stream("c"), stream("warning", "stderr"))])


def test_the_trackers_own_display_changes_nothing():
    card = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {"nbtrack": {}}}
    assert changed_cells([one_pass(stream("a"))] * 2, [one_pass(stream("a"), card)]) == {}


def test_memory_addresses_are_no_content():
    plain = [one_pass(stream("<Axes at 0x7f0011223344>"))] * 2
    assert changed_cells(plain, [one_pass(stream("<Axes at 0x7faabbccddee>"))]) == {}


def test_added_time_is_the_difference_of_medians():
    plain = [one_pass(seconds=seconds) for seconds in (1.0, 1.2, 9.0)]
    tracked = [one_pass(seconds=seconds) for seconds in (1.5, 1.3, 1.4)]
    assert added_seconds(plain, tracked, 3) == pytest.approx(0.2)
    assert added_seconds(plain, tracked, 3, "cpu_seconds") is None
