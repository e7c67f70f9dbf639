"""Where a run stands: against the previous run of its cell, and the best of its experiment."""

from __future__ import annotations

import dataclasses
import os

import pytest

from nbtrack.differences.past import Past
from nbtrack.differences.standing import standing
from nbtrack.records import Capture, Metric, Outcomes, Param, Session, new_id
from nbtrack.render.card import run_card
from nbtrack.render.direction import better
from nbtrack.render.standing import since_text
from nbtrack.store import Store
from nbtrack.store.standing import Measure, best_of, previous_of_cell


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / ".nbtrack", create=True) as opened:
        yield opened


@pytest.fixture
def save(store, make_run):
    session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
    log = store.begin_session(session)
    numbers = iter(range(1, 1000))

    def save_cell(*values, metric="accuracy", experiment="churn", rates=(), **told):
        cell, C = told.get("cell", "c1"), told.get("C", 1.0)
        data, truth = told.get("data", "y_test"), told.get("truth")
        number = next(numbers)
        example = make_run()
        execution = dataclasses.replace(
            example.execution,
            id=new_id(),
            session_id=session.id,
            sequence=number,
            cell_id=cell,
            started_at=example.started_at + number,
        )
        runs = tuple(
            make_run(
                id=new_id(),
                label="",
                execution=execution,
                depends_on=(),
                started_at=execution.started_at,
                experiment=experiment,
                params=(
                    Param(name="C", value=C, origin="constructor"),
                    *(Param(name="rate", value=rate, origin="loop") for rate in rates[at : at + 1]),
                ),
                metrics=(Metric(name=metric, value=value, origin="call", dataset=data),),
            )
            for at, value in enumerate(values)
        )
        outcomes = tuple(
            Outcomes(run_id=run.id, dataset=data, truth=truth, kind="correct", rows=8, data=b"")
            for run in runs
            if truth is not None
        )
        return log.save(Capture(execution=execution, runs=runs, outcomes=outcomes))

    yield save_cell
    log.end()


@pytest.fixture
def past(store):
    return Past(lambda: store)


def one(past, runs, truth=None):
    truths = {(run.id, metric.dataset): truth for run in runs for metric in run.metrics} if truth else {}
    (found,) = past.standings(runs, truths).values()
    return found


def test_the_previous_run_of_the_cell_is_remembered_without_a_look(save, past):
    past.standings(save(0.9))
    found = one(past, save(0.95, C=10.0))
    assert (found.previous_label, found.previous) == ("RandomForestClassifier-1", 0.9)
    assert [(each.subject, each.then, each.now) for each in found.changed] == [("C", 1.0, 10.0)]


def test_after_a_restart_the_previous_run_is_looked_up(save, past):
    save(0.9)
    assert one(past, save(0.95)).previous == 0.9


def test_other_cells_are_not_the_previous(save, past):
    past.standings(save(0.9, cell="c1"))
    assert one(past, save(0.95, cell="c2")).previous is None


def test_of_a_cell_that_made_several_runs_none_is_the_previous(save, past):
    save(0.9, 0.8)
    later = save(0.95)
    assert one(past, later).previous is None
    assert one(past, save(0.96)).previous == 0.95


def test_of_several_runs_the_best_one_stands(save, past):
    runs = save(0.8, 0.9, 0.85)
    ((run_id, found),) = past.standings(runs).items()
    assert (run_id, found.best.count) == (runs[1].id, 3)


def test_of_a_cell_of_several_runs_the_best_continues_the_one_with_the_same_loop_value(save, past):
    past.standings(save(0.8, 0.9, rates=(0.1, 0.2)))
    runs = save(0.95, 0.85, 0.7, rates=(0.2, 0.1, 0.3), C=2.0)
    ((run_id, found),) = past.standings(runs).items()
    assert (run_id, found.previous, found.previous_label) == (runs[0].id, 0.9, "RandomForestClassifier-2")
    assert since_text(found) == "since RandomForestClassifier-2: C 1.0 → 2.0"
    assert since_text(found) in run_card((*runs, *runs), {run_id: found})


def test_of_several_runs_that_nothing_tells_apart_none_continues_another(save, past):
    past.standings(save(0.8, 0.9))
    ((_, found),) = past.standings(save(0.95, 0.85, C=2.0)).items()
    assert found.previous is None


def test_the_best_is_among_the_runs_measured_on_the_same_true_values_whatever_their_names(save, past):
    save(0.99, truth="b3:other")  # another test set under the same name
    save(0.7, truth="b3:same", data="y_holdout")
    save(0.8)  # nobody knows on what: its name has to do
    found = one(past, save(0.75, truth="b3:same"), "b3:same")
    assert (found.best.value, found.best.count) == (0.8, 3)
    again = one(past, save(0.9, truth="b3:same"), "b3:same")
    assert (again.best.value, again.best.count) == (0.9, 4)
    other = one(past, save(0.5, truth="b3:other"), "b3:other")
    assert (other.best.value, other.best.count) == (0.99, 3)


def test_the_best_counts_all_runs_of_the_experiment_that_were_measured_so(save, past):
    save(0.99, experiment="other")
    save(0.99, metric="f1")
    save(0.7)
    first = one(past, save(0.9))
    assert (first.best.value, first.best.count) == (0.9, 2)
    second = one(past, save(0.8))
    assert (second.best.value, second.best.count, second.best.label) == (0.9, 3, "RandomForestClassifier-4")


def test_the_remembered_best_is_what_the_store_says(save, past, store):
    for value in (0.5, 0.9, float("nan"), 0.3, 0.95, 0.95):
        found = past.standings(save(value, value / 2) if value == 0.3 else save(value))
    known = next(iter(found.values())).best
    assert known == best_of(store, Measure("churn", "accuracy", "y_test"), lowest=False)


def test_of_an_error_the_smallest_is_the_best(save, past):
    save(3.0, metric="rmse")
    found = one(past, save(2.0, metric="rmse"))
    assert (found.better, found.best.value) == ("lower", 2.0)


def test_a_metric_whose_name_says_nothing_has_no_best(save, past):
    assert one(past, save(3.0, metric="turnover")).best is None


def test_a_score_on_the_training_data_stands_for_nothing(make_run):
    run = make_run(metrics=(Metric(name="accuracy", value=1.0, origin="call", dataset="X_train"),))
    assert standing(run, None, None).metric is None


def test_a_cell_that_only_its_text_changed_is_edited(make_run):
    run = make_run()
    earlier = make_run(execution=dataclasses.replace(run.execution, source_digest="b3:00"))
    assert standing(run, earlier, None).edited
    assert not standing(run, run, None).edited


def test_runs_without_a_cell_id_have_no_previous_in_the_store(save, store):
    (run,) = save(0.9, cell=None)
    assert previous_of_cell(store, run) is None


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("accuracy", "higher"), ("val_acc", "higher"), ("roc_auc", "higher"), ("testF1", "higher"), ("r2", "higher"),
        ("loss", "lower"), ("val_loss", "lower"), ("mean_squared_error", "lower"), ("log_loss", "lower"), ("RMSE", "lower"),
        ("neg_log_loss", "higher"), ("neg_mean_absolute_error", "higher"), ("accuracy.mean", "higher"),
        ("accuracy.std", None), ("clusters", None), ("", None), ("score", "higher"), ("brier_score_loss", "lower"),
    ],
)  # fmt: skip
def test_names_of_metrics_tell_what_is_better(name, direction):
    assert better(name) == direction


def test_of_runs_that_tie_none_is_the_best(save, past):
    assert past.standings(save(0.9, 0.9, 0.8)) == {}
