"""What is saved is what is read."""

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.errors import CaptureError
from nbtrack.records import (
    CellError,
    Content,
    Dataset,
    Dependency,
    LateMetric,
    Metric,
    Model,
    Param,
    Point,
    SourceFile,
    State,
    Trials,
    new_id,
)
from nbtrack.store.values import seal

# One store for all examples of a law: what was saved before must not show in what is saved next.
on_one_store = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
any_text = st.text(st.characters(exclude_categories=()), max_size=20)  # surrogates and NUL too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)


def typed(value):
    """The value with its types: 1, 1.0 and True are equal to Python and not to us."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(inner) for inner in value]
    return type(value), repr(value)


@on_one_store
@given(values=st.lists(json_values, max_size=6))
def test_params_keep_value_and_type(kernel, values):
    run = kernel.run(kernel.execution())
    params = tuple(Param(name=f"p{i % 3}", value=one, origin="explicit") for i, one in enumerate(values))
    kernel.save(replace(run, params=params))
    found = kernel.store.get_run(run.id)
    assert typed([param.value for param in found.params]) == typed(values)
    assert [param.name for param in found.params] == [param.name for param in params]


@on_one_store
@given(values=st.lists(st.floats() | st.integers(-(2**70), 2**70), max_size=6))
def test_metrics_keep_their_value_nan_and_infinities_included(kernel, values):
    run = kernel.run(kernel.execution())
    metrics = tuple(Metric(name=f"m{i}", value=one, origin="call") for i, one in enumerate(values))
    kernel.save(replace(run, metrics=metrics))
    found = [metric.value for metric in kernel.store.get_run(run.id).metrics]
    assert all(
        math.isnan(now) if math.isnan(then) else now == float(then)
        for now, then in zip(found, values, strict=True)
    )


@on_one_store
@given(text=any_text)
def test_texts_of_any_characters_are_kept_and_lone_surrogates_become_their_escapes(kernel, text):
    execution = kernel.execution(source=text, stdout=text)
    run = kernel.run(execution, note=text or None, name=text or None, tags={text: text})
    kernel.save(run)
    found = kernel.store.get_run(run.id)
    kept = text.encode("utf-8", "backslashreplace").decode("utf-8")
    assert (found.note or "", found.name or "", found.tags) == (kept, kept, {kept: kept})
    assert (found.execution.source, found.execution.stdout) == (kept, kept)


def test_a_run_is_read_as_it_was_saved(kernel):
    before = kernel.execution(source="X = load()")
    execution = kernel.execution(
        state=State.FAILED,
        reads=("X", "y"),
        writes=("clf",),
        stdout="fitting\n",
        stderr="a warning",
        error=CellError(name="ValueError", message="no", traceback="Traceback…"),
    )
    run = replace(
        kernel.run(execution),
        state=State.FAILED,
        note="after the fix",
        tags={"owner": "ana"},
        starred=True,
        name="first",
        duration_seconds=0.4,
        capture_seconds=0.006,
        capture_notes=("the model could not be pickled: a lock",),
        explicit=True,
        fits=5,
        params=(
            Param(name="C", value=1.0, origin="constructor"),
            Param(name="lr", value=1e-3, origin="variable", execution_id=before.id),
            Param(name="key", value="***", origin="variable", execution_id=new_id(), redacted=True),
        ),
        metrics=(
            Metric(
                name="accuracy",
                value=0.97,
                origin="call",
                variable="acc",
                dataset="X_test",
                execution_id=execution.id,
                at=execution.started_at,
            ),
            Metric(name="accuracy", value=0.99, origin="call", dataset="X_train"),
        ),
        files=(SourceFile(path="data/churn.csv", digest="b3:csv", size_bytes=48213),),
        depends_on=(
            Dependency(execution_id=before.id, execution_count=1, cell_id="c1"),
            Dependency(execution_id=new_id(), execution_count=None, cell_id="gone"),
        ),
        trials=Trials(columns=("C", "score"), rows=((0.1, 0.9), ("x", None))),
        model=Model(
            class_name="SVC",
            module="sklearn.svm",
            framework="sklearn",
            variable="clf",
            digest="b3:model",
            size_bytes=12,
            retained=True,
        ),
    )
    (saved,) = kernel.save(run, earlier=(before,))
    assert saved.label == "SVC-1"
    assert kernel.store.get_run(run.id) == saved == replace(run, label="SVC-1")
    assert kernel.store.executions(kernel.session.id) == [before, execution]


def test_a_list_leaves_out_texts_columns_and_packages(kernel):
    run = kernel.train({"C": 1.0}, {"accuracy": 0.9})
    (listed,) = kernel.store.find_runs()
    whole = kernel.store.get_run(run.id)
    assert listed.execution.source == ""
    assert listed.datasets[0].content.columns == ()
    assert listed.datasets[0].content.shape == (455, 2)
    assert listed.environment.packages == {}
    assert (
        replace(listed, execution=whole.execution, datasets=whole.datasets, environment=whole.environment)
        == whole
    )


def test_saving_a_run_again_brings_it_up_to_date_under_the_same_label(kernel):
    opened = kernel.open({"C": 1})
    kernel.store.update_run(opened.id, note="looks good", tags={"by": "me"}, starred=True)
    done = kernel.run(opened.execution, {"C": 2}, {"accuracy": 0.9}, id=opened.id, tags={"kind": "x"})
    (saved,) = kernel.save(done)
    found = kernel.store.get_run(opened.label)
    assert saved.label == opened.label == "SVC-1"
    assert found.state == State.COMPLETE
    assert [param.value for param in found.params] == [2]
    assert (found.note, found.starred, found.tags) == ("looks good", True, {"by": "me", "kind": "x"})


def test_late_metrics_are_added_and_of_one_name_and_dataset_the_latest_holds(kernel):
    run = kernel.train({}, {"accuracy": 0.9})
    for value, dataset in ((0.8, None), (0.5, "X_test"), (0.6, "X_test")):
        metric = Metric(name="accuracy", value=value, origin="call", dataset=dataset)
        late = LateMetric(run_id=run.id, metric=metric)
        kernel.save(kernel.run(kernel.execution(), label_stem="other"), late_metrics=(late,))
    found = kernel.store.get_run(run.id).metrics
    assert [(one.value, one.dataset) for one in found] == [(0.6, "X_test"), (0.8, None)]


def test_a_late_metric_of_a_deleted_run_does_not_keep_the_others_from_being_saved(kernel):
    late = LateMetric(run_id=new_id(), metric=Metric(name="accuracy", value=1.0, origin="call"))
    run = kernel.run(kernel.execution())
    kernel.save(run, late_metrics=(late,))
    assert kernel.store.get_run(run.id).metrics == ()


def test_curves_that_come_with_a_metric_are_read_as_points(kernel):
    curves = {
        name: tuple(Point(step, step / 7 + start, 1_795_426_200.25 + step) for step in range(20_000))
        for name, start in (("X_train", 0.0), ("X_valid", 1.0))
    }
    metrics = tuple(
        Metric(name="loss", value=points[-1].value, origin="history", dataset=name, curve=points)
        for name, points in curves.items()
    )
    run = kernel.run(kernel.execution(), metrics=None)
    (saved,) = kernel.save(replace(run, metrics=metrics))
    assert kernel.store.points(run.id, "loss") == list(curves["X_train"])
    assert kernel.store.points(run.id, "loss", dataset="X_valid") == list(curves["X_valid"])
    assert kernel.store.points(run.id, "accuracy") == []
    assert [metric.points for metric in saved.metrics] == [20_000, 20_000]
    assert kernel.store.get_run(run.id).metrics == saved.metrics


def test_numbers_of_labels_are_never_used_again(kernel):
    labels = [kernel.train(label_stem=stem).label for stem in ("SVC", "SVC", "Tree", "SVC")]
    assert labels == ["SVC-1", "SVC-2", "Tree-1", "SVC-3"]
    with kernel.store._database.writing() as connection:
        connection.execute("DELETE FROM runs WHERE label = 'SVC-3'")
    assert kernel.train(label_stem="SVC").label == "SVC-4"


def test_what_many_runs_share_is_stored_once(kernel):
    for _ in range(5):
        kernel.save(kernel.run(kernel.execution(), {"C": 1.0}))
    with kernel.store._database.reading() as connection:
        for table in ("params", "contents", "environments", "sources", "classes", "experiments"):
            assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (1,), table


def test_contents_with_one_digest_and_other_columns_stay_apart(kernel):
    runs = []
    for kind in ("numpy.ndarray", "pandas.Series"):
        data = Dataset(name="y", role="train", content=Content(digest="b3:same", kind=kind, shape=(3,)))
        runs.append(kernel.train(datasets=(data,)))
    assert [kernel.store.get_run(run.id).datasets[0].content.kind for run in runs] == [
        "numpy.ndarray",
        "pandas.Series",
    ]


def test_a_param_that_is_not_json_is_refused_by_name_and_nothing_is_written(kernel):
    with pytest.raises(CaptureError, match="param 'lock'"):
        kernel.train({"lock": object()})
    assert kernel.store.find_runs() == []
    assert kernel.train({"C": 1}).label == "SVC-1"


def test_seals_are_the_same_in_every_version_of_python():
    values = (1, -(2**40), 0.1, float("inf"), None, "SVC", "\u00e9\u4e2d", b"\0\xff", [(1, 2.5), ("a", None)])
    assert seal(*values) == SEAL


SEAL = -1938128231830377405
