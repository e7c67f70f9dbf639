import json

import pytest


def test_runs_lists_the_newest_first_with_scores_and_differing_params(nbtrack, store):
    done = nbtrack("runs")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].split()[:4] == ["label", "state", "experiment", "accuracy"]
    assert [line.split()[0] for line in lines[1:]] == ["Ridge-1", "SVC-2", "SVC-1"]
    assert lines[2].split()[:5] == ["SVC-2", "COMPLETE", "churn", "0.95", "0.2"]


def test_runs_as_json_is_a_list_in_the_short_form(nbtrack, store):
    documents = json.loads(nbtrack("runs", "--json").out)
    assert [one["label"] for one in documents] == ["Ridge-1", "SVC-2", "SVC-1"]
    assert "source" not in documents[0]["execution"]
    assert documents[1]["metrics"][0] == {
        "name": "accuracy",
        "value": 0.95,
        "origin": "call",
        "variable": None,
        "dataset": None,
        "execution_id": documents[1]["metrics"][0]["execution_id"],
        "points": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        (["accuracy > 0.92"], ["SVC-2"]),
        (["accuracy", ">", "0.92"], ["SVC-2"]),
        (["-e", "prices"], ["Ridge-1"]),
        (["-n", "1"], ["Ridge-1"]),
        (["-n", "0"], ["Ridge-1", "SVC-2", "SVC-1"]),
        (["C < 1", "--experiment", "churn"], ["SVC-1"]),
    ],
)
def test_runs_can_be_chosen(nbtrack, store, arguments, labels):
    assert [one["label"] for one in json.loads(nbtrack("runs", "--json", *arguments).out)] == labels


def test_older_runs_than_shown_are_mentioned(nbtrack, store):
    assert nbtrack("runs", "-n", 2).out.splitlines()[-1] == "… and older ones: nbtrack runs -n 4"
    assert "older" not in nbtrack("runs", "-n", 3).out


def test_no_match_is_said_in_words_and_is_no_error(nbtrack, store):
    assert nbtrack("runs", "accuracy > 2") == (0, "No run matches.\n", "")
    assert nbtrack("runs", "accuracy > 2", "--json") == (0, "[]\n", "")


def test_the_table_fits_a_narrow_terminal(nbtrack, store, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    assert max(map(len, nbtrack("runs").out.splitlines())) <= 30


def test_show_shows_a_run_by_label_and_by_best_metric(nbtrack, store):
    by_label, by_metric = nbtrack("show", "SVC-2"), nbtrack("show", "best:accuracy")
    assert by_label.code == 0
    assert by_label == by_metric
    assert "5 points" in by_label.out
    assert "█" in by_label.out


def test_show_as_json_is_the_whole_run(nbtrack, store):
    document = json.loads(nbtrack("show", "last", "--json").out)
    assert document["label"] == "Ridge-1"
    assert document["state"] == "FAILED"
    assert "clf.fit" in document["execution"]["source"]


def test_the_curve_of_a_metric_as_json_and_as_lines(nbtrack, store):
    points = json.loads(nbtrack("show", "SVC-2", "--metric", "loss", "--json").out)
    assert [(step, value) for step, value, _ in points] == [
        (1, 1.0),
        (2, 0.5),
        (3, 1 / 3),
        (4, 0.25),
        (5, 0.2),
    ]
    assert points[0][2] == 1_795_426_201.0
    lines = nbtrack("show", "SVC-2", "--metric", "loss").out.splitlines()
    assert [line.split("\t")[:2] for line in lines[:2]] == [["1", "1.0"], ["2", "0.5"]]


def test_an_unknown_metric_is_answered_with_those_there_are(nbtrack, store):
    done = nbtrack("show", "SVC-2", "--metric", "los")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: SVC-2 has no metric 'los'; it has accuracy, loss.\n"


def test_an_unknown_run_is_answered_with_the_nearest(nbtrack, store):
    done = nbtrack("show", "SVC-3")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "SVC-2" in done.err


def test_an_ambiguous_prefix_names_the_runs_that_share_it(nbtrack, store):
    ids = [one["id"] for one in json.loads(nbtrack("runs", "--json").out)]
    done = nbtrack("show", ids[0][:6])
    assert done.code == 2
    assert all(one in done.err for one in ids)


def test_a_query_that_does_not_parse_is_pointed_at(nbtrack, store):
    done = nbtrack("runs", "accuracy > > 1")
    assert (done.code, done.out) == (2, "")
    message, query, pointer = done.err.splitlines()
    assert message.startswith("error: ")
    assert query == "  accuracy > > 1"
    assert query[pointer.index("^")] == ">"
