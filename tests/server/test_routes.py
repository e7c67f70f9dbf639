"""Every route, asked of a live server: what it answers is what the store has."""

import math
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from nbtrack.provenance.staleness import with_staleness
from nbtrack.records import Metric, Param, State
from nbtrack.render.document import to_dict
from nbtrack.server.description import description
from nbtrack.store.blobs import blob_digest
from nbtrack.store.registry import registered_models


def ids(document):
    return [run["id"] for run in document["runs"]]


def test_the_status_counts_runs(server, filled):
    status = server.get("status")
    assert status["problem"] is None
    assert status["runs"] == filled.store.count_runs()
    assert status["running"] == 0
    assert status["experiments"] == ["churn"]
    assert status["writable"]


def test_runs_come_newest_first_as_the_command_line_prints_them(server, filled):
    expected = [to_dict(run, full=False) for run in filled.store.find_runs()]
    document = server.get("runs")
    assert document == {"runs": expected, "next": None, "total": len(expected)}


@pytest.mark.parametrize("order", [None, "accuracy", "-loss", "-param.C", "label", "duration"])
@pytest.mark.parametrize("route", ["runs", "table"])
def test_pages_by_key_are_the_whole_in_any_order(server, filled, route, order):
    found, key, totals = [], None, []
    while True:
        page = server.get(route, order=order, limit=5, after=key)
        found += ids(page) if route == "runs" else page["columns"]["id"]
        totals.append(page["total"])
        key = page["next"]
        if key is None:
            break
    assert found == [run.id for run in filled.store.find_runs(order=order)]
    assert totals[0] == len(found)
    assert set(totals[1:]) == {None}


def test_a_query_filters_and_a_wrong_one_says_where(server, filled):
    assert server.get("runs", query="accuracy > 0.5 and model = SVC")["total"] == 1
    problem = server.problem("runs", 400, query="accuracy >> 3")
    assert (problem["kind"], problem["position"]) == ("query", 10)
    assert "expected" in problem["message"].lower()
    assert server.problem("table", 400, query="acuracy > 1")["position"] == 0
    assert "accuracy" in server.problem("table", 400, query="acuracy > 1")["message"]


HOSTILE_QUERIES = [
    "1; DROP TABLE runs", "accuracy > 1 OR 1=1 --", "`accuracy`; select 1", "label ~ '%' or 1", "'a' = 'a'",
    "label = \"x' OR '1'='1\"", "accuracy > (SELECT 1)", "note ~ '((((a+)+)+)+)$'", "(" * 5000, "not " * 100 + "a = 1",
    " or ".join(["accuracy > 1"] * 300), "x" * 5000, "__import__('os').system('id') = 1", "accuracy > 1e999999",
    "accuracy > 9" + "9" * 400, "\u202e = 1", "label = '" + "é" * 1000 + "'",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE_QUERIES, ids=lambda query: repr(query[:20]))
@pytest.mark.parametrize("name", ["query", "order"])
def test_a_query_that_is_code_or_too_much_is_refused_or_finds_what_it_says(
    server, filled, tally, query, name
):
    tally["queries"] += 1
    before = server.get("runs")["total"]
    answer = server.ask("GET", "table", params={name: query})
    assert answer.status_code in {200, 400}, answer.text
    assert server.get("runs")["total"] == before


def test_offset_jumps_and_experiment_and_notebook_narrow(server, filled):
    everything = ids(server.get("runs"))
    assert server.get("table", offset=3, limit=2)["columns"]["id"] == everything[3:5]
    assert server.get("runs", experiment="churn")["total"] == len(everything)
    assert server.get("runs", experiment="none such")["runs"] == []
    assert server.get("runs", notebook="none such.ipynb")["total"] == 0


def test_columns_are_what_the_records_hold(server, filled):
    wanted = [
        "label",
        "state",
        "metric.accuracy",
        "param.C",
        "param.lr",
        "tag.stage",
        "started_at",
        "value",
        "rank",
    ]
    table = server.get("table", columns=",".join(wanted), metric="accuracy", order="accuracy")
    assert list(table["columns"]) == wanted
    runs = filled.store.find_runs(order="accuracy")
    assert table["columns"]["label"] == [run.label for run in runs]
    assert table["columns"]["metric.accuracy"] == table["columns"]["value"]
    assert table["columns"]["rank"][:14] == [*range(1, 13), None, None]
    assert table["columns"]["param.C"][:2] == [1e11, 1e10]
    assert table["columns"]["param.lr"].count(0.1) == 1
    assert table["columns"]["tag.stage"].count("final") == 1
    assert table["metric"] == {
        "name": "accuracy",
        "direction": "max",
        "experiments": {"churn": {"best": 0.55, "worst": 0.0, "count": 12}},
    }


def test_rank_follows_the_direction_and_the_sparkline_keeps_the_ends(server, filled):
    table = server.get("table", metric="accuracy", direction="min", order="-accuracy")
    assert table["columns"]["rank"][:3] == [1, 2, 3]
    lines = server.get("table", metric="loss", order="started", columns="id,sparkline")["columns"]
    line = lines["sparkline"][lines["id"].index(filled.id("curve"))]
    assert line[0] == 1.0
    assert line[-1] == 1 / 5000
    assert len(line) <= 32


def test_names_come_with_how_often_they_occur(server, filled):
    names = server.get("names")
    with_loss = filled.store.count_runs("loss > -inf")
    assert names["metrics"][0] == {"name": "loss", "runs": with_loss, "direction": "min", "curve": True}
    assert names["metrics"][1] == {"name": "accuracy", "runs": 12, "direction": "max", "curve": False}
    assert names["params"][0] == {"name": "C", "runs": filled.store.count_runs("param.C > 0")}
    assert {"name": "stage", "values": ["final"]} in names["tags"]
    assert {"name": "state", "type": "text"} in names["fields"]


def test_a_run_is_the_document_of_the_command_line_with_its_attachments(server, filled):
    (run,) = with_staleness(filled.store, [filled.store.get_run(filled.id("curve"))], whole=True)
    document = server.get(f"runs/{run.id}")
    (attachment,) = document.pop("attachments")
    assert document == to_dict(run)
    assert attachment["name"] == "figure-1"


def test_an_unknown_run_names_the_nearest(server, filled):
    problem = server.problem("runs/01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66", 404)
    assert problem["kind"] == "unknown_run"
    assert isinstance(problem["nearest"], list)


def test_a_curve_is_thinned_but_keeps_its_ends_and_its_length(server, filled):
    document = server.get(f"runs/{filled.id('curve')}/curves", points=100)
    (curve,) = document["curves"]
    assert not document["running"]
    assert curve["total"] == 5000
    assert len(curve["steps"]) == len(curve["values"]) == len(curve["times"]) <= 100
    assert (curve["steps"][0], curve["steps"][-1]) == (0, 4999)
    whole = server.get(f"runs/{filled.id('curve')}/curves", points=10_000, metric="loss")["curves"][0]
    assert whole["values"] == [1 / (1 + step) for step in range(5000)]
    assert server.problem(f"runs/{filled.id('curve')}/curves", 404, metric="nope")["kind"] == "not_found"


def test_a_run_in_training_shows_the_points_logged_so_far(server, filled):
    run = filled.kernel.open({"lr": 1})
    for step in range(5):
        filled.kernel.log.log(run.id, "loss", step, 1 / (1 + step), 1000.0 + step)
    document = server.get(f"runs/{run.id}/curves")
    assert document["running"]
    assert document["curves"][0]["steps"] == [0, 1, 2, 3, 4]
    row = server.get("table", columns="id,state,value,sparkline", metric="loss", limit=1)["columns"]
    line = [1.0, 0.5, 1 / 3, 0.25, 0.2]
    assert row == {"id": [run.id], "state": ["RUNNING"], "value": [0.2], "sparkline": [line]}
    execution = replace(run.execution, state=State.COMPLETE)
    filled.kernel.save(replace(run, state=State.COMPLETE, execution=execution))
    assert not server.get(f"runs/{run.id}/curves")["running"]


def test_output_and_figure_are_those_recorded_and_the_figure_can_run_nothing(server, filled):
    run_id = filled.id("curve")
    assert server.get(f"runs/{run_id}/output") == {"stdout": "loss 0.1\n", "stderr": "careful", "error": None}
    digest = server.get(f"runs/{run_id}")["attachments"][0]["digest"]
    answer = server.ask("GET", f"runs/{run_id}/attachments/{digest}")
    assert answer.headers["Content-Type"] == "image/png"
    assert blob_digest(answer.content) == digest
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        server.ask("GET", f"runs/{run_id}/attachments/{digest.replace(':', '%3A')}").content == answer.content
    )
    # The same bytes are not to be had through a run that they do not belong to.
    assert server.problem(f"runs/{filled.id('failed')}/attachments/{digest}", 404)["kind"] == "not_found"


def test_a_dataset_comes_with_profiles_and_the_other_runs_on_it(server, filled):
    document = server.get(f"runs/{filled.id('curve')}/datasets/0")
    assert document["shape"] == [455, 2]
    assert document["columns"][0]["profile"] == {"min": 0.5, "missing": 0}
    assert filled.id("failed") in [run["id"] for run in document["runs"]]
    assert filled.id("curve") not in [run["id"] for run in document["runs"]]
    assert server.problem(f"runs/{filled.id('curve')}/datasets/9", 404)["kind"] == "not_found"


def test_lineage_can_be_walked_and_the_slice_is_the_cells(server, filled):
    kernel = filled.kernel
    load = kernel.execution("X_train = load()", writes=("X_train",))
    fit = kernel.execution("clf = SVC().fit(X_train)", reads=("X_train",), writes=("clf",))
    (run,) = kernel.save(kernel.run(fit), earlier=(load,))
    graph = server.get(f"runs/{run.id}/lineage")
    nodes = {node["id"]: node for node in graph["nodes"]}
    edges = {(edge["source"], edge["target"], edge["kind"]) for edge in graph["edges"]}
    assert nodes[load.id]["detail"] == "X_train = load()"
    assert {
        (fit.id, run.id, "generated"),
        (load.id, "b3:train", "generated"),
        ("b3:train", run.id, "used"),
    } <= edges
    assert nodes[filled.id("failed")]["run"] == filled.id("failed")
    assert all(edge["source"] in nodes and edge["target"] in nodes for edge in graph["edges"])
    cells = server.get(f"runs/{run.id}/slice")["cells"]
    assert [cell["source"] for cell in cells] == [load.source, fit.source]


def test_note_name_tags_and_star_are_kept_and_removed(server, filled):
    run_id = filled.id("plain 1")
    changes = {"note": "**good**", "name": "first", "tags": {"owner": "anna", "x": "1"}, "starred": True}
    answer = server.ask("PATCH", f"runs/{run_id}", json=changes)
    assert answer.status_code == 200, answer.text
    run = filled.store.get_run(run_id)
    assert (run.note, run.name, run.tags, run.starred) == (
        "**good**",
        "first",
        {"owner": "anna", "x": "1"},
        True,
    )
    assert answer.json() == to_dict(run, full=False)
    server.ask(
        "PATCH", f"runs/{run_id}", json={"note": None, "name": None, "tags": {"x": None}, "starred": False}
    )
    run = filled.store.get_run(run_id)
    assert (run.note, run.name, run.tags, run.starred) == (None, None, {"owner": "anna"}, False)


def test_a_secret_in_a_note_or_tag_does_not_reach_the_disk(server, filled):
    secret = "ghp_" + "a1B2" * 9
    body = {"note": f"token = '{secret}'", "tags": {"api_key": "sk-" + "Zx9" * 15, "plain": "fine"}}
    answer = server.ask("PATCH", f"runs/{filled.id('plain 2')}", json=body)
    assert answer.status_code == 200
    run = filled.store.get_run(filled.id("plain 2"))
    assert secret not in run.note
    assert "Zx9Zx9" not in run.tags["api_key"]
    assert run.tags["plain"] == "fine"


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"nonsense", b'{"note": 3}', b'{"starred": 1}', b'{"tags": {"a": 1}}', b'{"tags": {" ": "x"}}',
        b'{"state": "COMPLETE"}', b"[" * 100_000, b'{"note": "' + b"x" * 200_000 + b'"}', b"\xff",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_a_body_that_is_not_what_it_must_be_is_refused_and_changes_nothing(server, filled, body):
    before = filled.store.get_run(filled.id("plain 3"))
    answer = server.ask("PATCH", f"runs/{filled.id('plain 3')}", data=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["kind"] == "usage"
    assert filled.store.get_run(filled.id("plain 3")) == before


def test_a_body_above_the_limit_is_refused(server, filled):
    answer = server.ask("PATCH", f"runs/{filled.id('plain 3')}", data=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["kind"]) == (413, "too_large")


@pytest.mark.parametrize("route", ["runs", "table"])
def test_no_page_is_longer_than_the_description_says(server, filled, route):
    (most,) = (
        one["schema"]["maximum"]
        for one in description()["paths"][f"/{route}"]["get"]["parameters"]
        if one.get("name") == "limit"
    )
    assert server.get(route, limit=most)["total"] >= 10
    for limit in (most + 1, 10**9, 2**64, 0, -1, "all"):
        assert server.problem(route, 400, limit=limit)["kind"] == "usage"


def test_the_difference_of_two_runs_names_the_param(server, filled):
    document = server.get("diff", a=filled.id("plain 4"), b=filled.id("plain 5"))
    assert document["a"]["label"] == filled.runs["plain 4"].label
    assert {"kind": "param", "subject": "C", "then": 1e4, "now": 1e5}.items() <= document["differences"][
        0
    ].items()


def test_a_comparison_puts_what_differs_first_and_marks_the_best(server, filled):
    wanted = [filled.id(name) for name in ("plain 4", "plain 6", "curve")]
    document = server.get("compare", ids=",".join(wanted), points=50)
    assert ids(document) == wanted
    rows = {row["name"]: row for row in document["params"]}
    assert rows["C"] == {"name": "C", "values": [1e4, 1e6, None], "differs": True}
    metrics = {row["name"]: row for row in document["metrics"]}
    assert metrics["accuracy"]["best"] == 1
    assert metrics["loss"]["best"] == 2
    assert [row["differs"] for row in document["params"]] == sorted(
        [row["differs"] for row in document["params"]], reverse=True
    )
    assert not document["datasets"][0]["differs"]
    (curve,) = document["curves"]
    assert curve["series"][0]["run"] == filled.id("curve")
    assert len(curve["series"][0]["steps"]) <= 50


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_hostile_texts_stay_text_in_the_file_of_a_comparison(server, filled):
    evil = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}\u202e"
    kernel = filled.kernel
    run = kernel.run(kernel.execution(evil), name=evil, note=evil, experiment=evil, tags={evil: evil})
    run = replace(
        run,
        params=(Param(name=evil, value=evil, origin="constructor"),),
        metrics=(Metric(name=evil, value=math.nan, origin="call", dataset=evil),),
    )
    (run,) = kernel.save(run)
    answer = server.ask("GET", "compare.html", params={"ids": f"{run.id},{filled.id('curve')}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    seen = Tags()
    seen.feed(answer.text)
    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on") or name in {"src", "href"}]
    assert "loss" in answer.text
    assert "&lt;script&gt;" in answer.text
    for path in ("runs", "table", "names"):
        listed = server.ask("GET", path)
        assert listed.headers["Content-Type"] == "application/json"
        assert listed.status_code == 200


@pytest.mark.parametrize("given", ["", "x", "a,b", "{0}", "{0},{0}", "{0},{1},../../etc", "{0}," * 120])
def test_what_cannot_be_compared_is_refused(server, filled, given):
    text = given.format(filled.id("curve"), filled.id("failed"))
    assert server.problem("compare", 400, ids=text)["kind"] == "usage"


def test_a_model_is_registered_and_listed(server, filled, with_model):
    answer = server.ask("POST", f"runs/{with_model.id}/register", json={"name": "churn", "alias": "champion"})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["state"], job["result"]["version"], job["result"]["new"]) == ("done", 1, True)
    assert server.get(f"jobs/{job['id']}") == job
    assert server.get("jobs", run=with_model.id)["jobs"][0] == job
    (model,) = registered_models(filled.store)
    assert server.get("models")["models"][0]["aliases"] == model.aliases == {"champion": 1}
    assert server.get(f"runs/{with_model.id}")["registered"][0]["name"] == "churn"
    assert server.ask("DELETE", f"jobs/{job['id']}").status_code == 204
    assert server.problem(f"jobs/{job['id']}", 404)["kind"] == "not_found"


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "../x"}, {"name": "a", "alias": "b c"}, {"name": 3}]
)
def test_a_name_that_cannot_be_one_is_refused(server, with_model, body):
    answer = server.ask("POST", f"runs/{with_model.id}/register", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (400, "usage")


def test_the_description_is_served_and_a_path_that_is_none_is_json(server, filled):
    assert server.get("openapi.json")["openapi"] == "3.1.0"
    for path in ("", "nothing", "runs/x", "runs/../status/y", "jobs/1", "compare.htm"):
        assert server.problem(path, 404)["kind"] == "not_found"
    answer = server.ask("PUT", "status", json={})
    assert (answer.status_code, answer.json()["kind"]) == (405, "method")
