import dataclasses
import os
import pickle

import pandas as pd
import pytest

import nbtrack
from nbtrack.errors import BlobCorrupt, StoreNotFound, UnknownRun, UsageError
from nbtrack.observe.models import describe, serialize
from nbtrack.records import Capture, Metric, Param, Point, Session, State, Trials, new_id
from nbtrack.store import Store


class Scaler:
    """Stands for a fitted model; large enough for a buffer of its own."""

    def __init__(self) -> None:
        import numpy as np

        self.weights = np.arange(100_000.0)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBTRACK_STORE", raising=False)
    return tmp_path


@pytest.fixture
def save(project, make_run):
    """Save a run with the given fields, and maybe a model, in the project's store."""
    session = Session(id=new_id(), started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3.11")
    sequence = iter(range(1, 100))

    def save_one(model=None, **changes):
        number = next(sequence)
        example = make_run(id=new_id(), label="", depends_on=(), params=(), metrics=(), model=None)
        execution = dataclasses.replace(
            example.execution, id=new_id(), session_id=session.id, sequence=number
        )
        fields = {"execution": execution, "started_at": example.started_at + number} | changes
        models = {}
        if model is not None:
            data = serialize(model)
            stored = dataclasses.replace(
                describe(model, framework="generic", variable="model"),
                digest=data.digest,
                size_bytes=data.size_bytes,
                stored=True,
                blobs=data.blob_digests,
            )
            fields["model"] = stored
            models = {example.id: data}
        run = dataclasses.replace(example, **fields)
        with Store.open(project / ".nbtrack", create=True) as store:
            log = store.begin_session(session)
            log.save(Capture(execution=run.execution, runs=(run,), models=models))
            log.end()
        return run

    return save_one


def param(name, value, origin="constructor"):
    return Param(name=name, value=value, origin=origin)


def metric(name, value, **more):
    return Metric(name=name, value=value, origin="call", **more)


def test_runs_is_a_frame_with_one_row_per_run_newest_first(save):
    save(label_stem="SVC", params=(param("C", 1.0),), metrics=(metric("accuracy", 0.9),))
    save(label_stem="Ridge", state=State.FAILED, params=(param("alpha", 2),), metrics=(metric("r2", 0.5),))
    frame = nbtrack.runs()
    assert list(frame["label"]) == ["Ridge-1", "SVC-1"]
    assert list(frame["state"]) == ["FAILED", "COMPLETE"]
    assert list(frame.columns) == [
        "label",
        "state",
        "experiment",
        "model",
        "started_at",
        "duration",
        "metric.r2",
        "metric.accuracy",
        "param.alpha",
        "param.C",
        "name",
        "note",
        "starred",
        "reproduced",
        "notebook",
        "capture_seconds",
        "id",
    ]
    assert frame["metric.accuracy"].to_list()[1] == 0.9
    assert frame["metric.accuracy"].isna().tolist() == [True, False]
    assert frame["duration"].tolist() == [0.41, 0.41]


def test_times_are_dates_in_utc(save):
    save()
    assert str(nbtrack.runs()["started_at"].dtype) == "datetime64[us, UTC]"
    assert nbtrack.runs()["started_at"][0] == pd.Timestamp("2026-11-23T09:30:01.123Z")


def test_an_integer_param_stays_one_beside_runs_without_it(save):
    save(params=(param("n_estimators", 200),))
    save(params=(param("penalty", "l2"),))
    frame = nbtrack.runs()
    assert frame["param.n_estimators"].tolist() == [pd.NA, 200]
    assert frame["param.penalty"].tolist()[0] == "l2"


def test_a_param_that_one_run_chose_shows_the_default_of_the_others(save):
    save(params=(param("C", 1.0, "default"), param("tol", 0.1, "default")))
    save(params=(param("C", 5.0), param("tol", 0.1, "default")))
    frame = nbtrack.runs()
    assert frame["param.C"].tolist() == [5.0, 1.0]
    assert "param.tol" not in frame


def test_runs_can_be_queried_limited_and_narrowed_to_an_experiment(save):
    for value in (0.1, 0.2, 0.3):
        save(label_stem="SVC", metrics=(metric("accuracy", value),))
    save(label_stem="Ridge", experiment="prices")
    assert list(nbtrack.runs("accuracy > 0.15")["label"]) == ["SVC-3", "SVC-2"]
    assert list(nbtrack.runs(limit=2)["label"]) == ["Ridge-1", "SVC-3"]
    assert list(nbtrack.runs(experiment="prices")["label"]) == ["Ridge-1"]


def test_no_match_is_an_empty_frame_with_its_columns(save):
    save(metrics=(metric("accuracy", 0.5),))
    frame = nbtrack.runs("accuracy > 0.9")
    assert len(frame) == 0
    assert "label" in frame
    assert str(frame["started_at"].dtype) == "datetime64[us, UTC]"


def test_without_a_store_runs_and_get_say_so(project):
    with pytest.raises(StoreNotFound, match="load_ext nbtrack"):
        nbtrack.runs()
    with pytest.raises(StoreNotFound):
        nbtrack.get("last")
    assert list(project.iterdir()) == []


def test_a_run_tells_its_params_with_and_without_defaults(save):
    save(params=(param("C", 1.0, "default"), param("tol", 0.1, "default"), param("C", 5.0), param("k", [1])))
    run = nbtrack.get("last")
    assert run.params == {"C": 5.0, "k": [1]}
    assert run.all_params == {"C": 5.0, "tol": 0.1, "k": [1]}


def test_a_run_tells_its_metrics_and_curves(save):
    points = tuple(Point(step, 1.0 / step, 5.0 + step) for step in (1, 2, 4))
    save(metrics=(metric("accuracy", 0.9), metric("loss", 0.25, points=3, curve=points)))
    run = nbtrack.get("last")
    assert run.metrics == {"accuracy": 0.9, "loss": 0.25}
    assert run.curve("loss") == list(points)
    with pytest.raises(UsageError, match="no metric 'los'; it has accuracy, loss"):
        run.curve("los")


def test_a_run_tells_its_data_trials_source_and_document(save):
    save(trials=Trials(columns=("C", "score"), rows=((0.1, 0.8), (1.0, 0.9))))
    run = nbtrack.get("last")
    assert [(one.name, one.content.shape) for one in run.datasets] == [("X_train", (455, 30))]
    assert run.trials.to_dict("list") == {"C": [0.1, 1.0], "score": [0.8, 0.9]}
    assert run.source.startswith("clf = RandomForestClassifier")
    assert run.to_dict()["label"] == run.label
    assert run.to_dict()["id"] == run.id == run.record.id
    assert run.state == "COMPLETE"


def test_a_run_is_read_as_its_line_and_shown_as_its_card(save):
    save(label_stem="SVC", metrics=(metric("accuracy", 0.9),))
    run = nbtrack.get("SVC-1")
    assert repr(run).startswith("▸ SVC-1 · accuracy 0.9 · X_train b3:9f3a… (455×30)")
    assert "SVC-1" in run._repr_html_()


def test_the_same_run_asked_for_twice_is_equal(save):
    save(label_stem="SVC")
    save(label_stem="SVC")
    assert nbtrack.get("SVC-1") == nbtrack.get("SVC-1")
    assert len({nbtrack.get("SVC-1"), nbtrack.get("SVC-1"), nbtrack.get("SVC-2")}) == 2


def test_an_unknown_run_names_the_nearest(save):
    save(label_stem="SVC")
    with pytest.raises(UnknownRun) as raised:
        nbtrack.get("SVC-7")
    assert "SVC-1" in raised.value.nearest


def test_the_model_comes_back_equal(save):
    save(model=Scaler())
    model = nbtrack.get("last").model()
    assert type(model).__name__ == "Scaler"
    assert model.weights.tolist() == list(range(100_000))


def test_a_changed_byte_of_a_model_is_refused_before_anything_is_unpickled(save, project, monkeypatch):
    save(model=Scaler())
    blob = max(project.glob(".nbtrack/blobs/**/*"), key=lambda file: file.stat().st_size)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)

    def refuse(*_args, **_options):
        raise AssertionError("unpickled")

    monkeypatch.setattr(pickle, "loads", refuse)
    with pytest.raises(BlobCorrupt):
        nbtrack.get("last").model()


def test_a_run_without_a_stored_model_says_why(save):
    save(label_stem="Scaler", capture_notes=("The model cannot be pickled: it holds a lock",))
    with pytest.raises(UsageError, match="Scaler-1 has no stored model: The model cannot be pickled"):
        nbtrack.get("last").model()
