import json
import math

import pytest

from nbtrack.records import CellError, Content, Dataset, Metric, Param, Point, State, Trials
from nbtrack.render.document import curve, to_dict

DOCUMENT = json.loads("""
{"id": "01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66", "label": "RandomForestClassifier-3", "state": "COMPLETE",
 "experiment": "churn", "tags": {}, "starred": false, "note": null,
 "started_at": "2026-11-23T09:30:00.123Z", "duration_seconds": 0.41, "capture_seconds": 0.006,
 "capture_notes": [],
 "notebook": {"path": "churn.ipynb", "cell_id": "c12", "execution_count": 7,
              "session_id": "01936b2e-0000-7000-8000-000000000001"},
 "execution": {"id": "01936b2e-8f39-7000-8000-000000000007",
               "source": "clf = RandomForestClassifier(n_estimators=200)\\nclf.fit(X_train, y_train)",
               "source_digest": "b3:5e0c000000000000000000000000000000000000000000000000000000000000",
               "error": null},
 "model": {"variable": "clf", "class": "RandomForestClassifier", "module": "sklearn.ensemble._forest",
           "framework": "sklearn",
           "digest": "b3:77aa000000000000000000000000000000000000000000000000000000000000",
           "size_bytes": 1204331, "stored": true, "retained": true},
 "params": [{"name": "n_estimators", "value": 200, "origin": "constructor"},
            {"name": "lr", "value": 0.001, "origin": "variable",
             "execution_id": "01936b2e-0000-7000-8000-000000000002"},
            {"name": "max_depth", "value": null, "origin": "default"}],
 "metrics": [{"name": "accuracy", "value": 0.973, "origin": "call", "variable": null, "dataset": "X_test",
              "execution_id": "01936b2e-8f39-7000-8000-000000000007", "points": 1}],
 "datasets": [{"name": "X_train", "role": "train",
               "digest": "b3:9f3a000000000000000000000000000000000000000000000000000000000000",
               "kind": "pandas.DataFrame", "shape": [455, 30],
               "columns": [{"name": "mean radius", "dtype": "float64",
                 "digest": "b3:0101000000000000000000000000000000000000000000000000000000000000"}]}],
 "files": [{"path": "data/churn.csv",
            "digest": "b3:c5c5000000000000000000000000000000000000000000000000000000000000",
            "size_bytes": 48213}],
 "depends_on": [{"execution_id": "01936b2e-0000-7000-8000-000000000002", "execution_count": 2,
                 "cell_id": "c3"}],
 "stale": [],
 "environment": {"digest": "b3:e0e0000000000000000000000000000000000000000000000000000000000000",
                 "python": "3.11.7", "packages": {"scikit-learn": "1.9.1"},
                 "modules": {}, "git": {"commit": "0f3c2d1", "dirty": true}},
 "reproduction": null, "registered": []}
""")


def test_a_run_has_exactly_the_documented_form_in_the_documented_order(make_run):
    assert json.dumps(to_dict(make_run())) == json.dumps(DOCUMENT)


def test_the_short_form_leaves_out_source_columns_packages_and_modules_only(make_run):
    expected = json.loads(json.dumps(DOCUMENT))
    del expected["execution"]["source"]
    del expected["datasets"][0]["columns"]
    del expected["environment"]["packages"]
    del expected["environment"]["modules"]
    assert to_dict(make_run(), full=False) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_numbers_that_json_lacks_are_strings_everywhere(make_run, value, text):
    run = make_run(
        metrics=(Metric(name="loss", value=value, origin="loop"),),
        params=(Param(name="grid", value={"alpha": [value]}, origin="constructor"),),
        trials=Trials(columns=("score",), rows=((value,),)),
        registered=({"largest": value},),
    )
    document = to_dict(run)
    json.dumps(document, allow_nan=False)
    assert document["metrics"][0]["value"] == text
    assert document["params"][0]["value"] == {"alpha": [text]}
    assert document["trials"] == {"columns": ["score"], "rows": [[text]]}
    assert document["registered"] == [{"largest": text}]
    assert curve([Point(3, value, 1.5)]) == [[3, text, 1.5]]


def test_a_run_without_model_environment_or_end_says_null(make_run):
    document = to_dict(make_run(model=None, environment=None, duration_seconds=None, state=State.RUNNING))
    assert (document["model"], document["environment"], document["duration_seconds"]) == (None, None, None)


def test_a_failed_run_carries_its_error(make_run):
    run = make_run(state=State.FAILED)
    error = CellError(name="ValueError", message="no", traceback="Traceback…")
    execution = type(run.execution)(
        **{name: getattr(run.execution, name) for name in run.execution.__slots__} | {"error": error}
    )
    assert to_dict(make_run(execution=execution))["execution"]["error"] == {
        "name": "ValueError",
        "message": "no",
        "traceback": "Traceback…",
    }


def test_what_only_some_runs_have_is_said_by_those_alone(make_run):
    content = Content(digest="b3:00", kind="object", by_pickle=True, sampled=True)
    run = make_run(
        name="baseline",
        fits=5,
        params=(Param(name="token", value="[redacted]", origin="variable", redacted=True),),
        datasets=(Dataset(name="d", role="input", content=content),),
    )
    document = to_dict(run, full=False)
    assert (document["name"], document["fits"], document["params"][0]["redacted"]) == ("baseline", 5, True)
    assert document["datasets"] == [
        {"name": "d", "role": "input", "digest": "b3:00", "kind": "object", "shape": None}
        | {"by_pickle": True, "sampled": True}
    ]


def test_times_are_utc_with_milliseconds_even_on_whole_seconds(make_run):
    assert to_dict(make_run(started_at=0.0))["started_at"] == "1970-01-01T00:00:00.000Z"
