"""Lineage of what notebooks did, from file to metric."""

import json

import pytest

from nbtrack.cli.program import run as command
from nbtrack.errors import UsageError
from nbtrack.provenance.lineage import lineage_of
from nbtrack.render.lineage import graph_to_dict, lineage_text
from nbtrack.render.openlineage import openlineage_events
from nbtrack.render.prov import prov_document
from nbtrack.store import Store

CELLS = (
    "import pandas as pd\nfrom sklearn.linear_model import LinearRegression\nfrom sklearn.metrics import r2_score",
    "df = pd.read_csv('houses.csv')",
    "def without_gaps(frame):\n    return frame.dropna()",
    "df = without_gaps(df)",
    "unrelated = 5",
    "X, y = df[['rooms', 'area']], df['price']",
    "X_train, X_test, y_train, y_test = X[:6], X[6:], y[:6], y[6:]",
    "model = LinearRegression().fit(X_train, y_train)",
    "pred = model.predict(X_test)",
    "score = r2_score(y_test, pred)",
)


@pytest.fixture
def houses(notebook):
    rows = [f"{n % 4 + 1},{30 + 7 * n},{100 + 21 * n + n % 3}" for n in range(9)]
    (notebook.folder / "houses.csv").write_text("\n".join(["rooms,area,price", *rows]) + "\n")
    for cell in CELLS:
        notebook.run(cell)
    return notebook


@pytest.fixture
def store(houses):
    with Store.open(houses.folder / ".nbtrack") as opened:
        yield opened


def labels(graph):
    return {node.id: (node.kind, node.label) for node in graph.nodes}


def edges(graph):
    names = labels(graph)
    return {(names[each.source], names[each.target], each.kind) for each in graph.edges}


def kinds(graph, kind):
    return {node.label for node in graph.nodes if node.kind == kind}


def test_a_run_is_traced_from_its_file_to_its_metric(store):
    found = edges(lineage_of(store, "last"))
    cell = {number: ("execution", f"[{number}]") for number in range(1, 11)}
    run = ("run", "LinearRegression-1")
    assert {
        (("file", "houses.csv"), cell[2], "used"),
        (cell[2], ("variable", "df"), "generated"),
        (("variable", "df"), cell[4], "used"),
        (cell[3], cell[4], "used"),
        (("variable", "X"), cell[7], "used"),
        (cell[7], ("dataset", "X_train"), "generated"),
        (("dataset", "X_train"), run, "used"),
        (cell[8], run, "generated"),
        (run, ("model", "LinearRegression"), "generated"),
        (("model", "LinearRegression"), cell[9], "used"),
        (cell[9], ("variable", "pred"), "generated"),
        (("variable", "pred"), cell[10], "used"),
    } <= found
    assert any(source == cell[10] and target[0] == "metric" for source, target, _ in found)
    assert cell[5] not in {end for edge in found for end in edge[:2]}


def test_up_and_down_are_told_apart(store):
    up = lineage_of(store, "last", down=False)
    down = lineage_of(store, "last", up=False)
    assert kinds(up, "file") == {"houses.csv"}
    assert kinds(up, "metric") == set()
    assert kinds(down, "file") == set()
    assert len(kinds(down, "metric")) == 1


def test_of_data_by_its_digest_the_models_that_used_it_are_told(houses, store):
    houses.run("other = LinearRegression(fit_intercept=False).fit(X_train, y_train)")
    digest = houses.runs[0].datasets[0].content.digest
    graph = lineage_of(store, digest[:12])
    assert kinds(graph, "run") == {"LinearRegression-1", "LinearRegression-2"}
    assert kinds(graph, "file") == {"houses.csv"}
    assert lineage_of(store, digest.removeprefix("b3:")).subject == digest
    assert kinds(lineage_of(store, houses.runs[0].model.digest), "run") == {"LinearRegression-1"}


def test_of_a_file_what_read_it_is_told_by_path_and_by_digest(houses, store):
    graph = lineage_of(store, "houses.csv")
    assert kinds(graph, "run") == {"LinearRegression-1"}
    assert ("file", "houses.csv") in labels(graph).values()
    again = lineage_of(store, houses.runs[0].files[0].digest)
    assert labels(again)[again.subject] == ("file", "houses.csv")
    assert kinds(again, "run") == {"LinearRegression-1"}
    assert lineage_of(store, str(houses.folder / "houses.csv")).subject == graph.subject


def test_a_file_that_cells_wrote_leads_further_up(houses, store):
    houses.run("df.to_csv('clean.csv', index=False)")
    houses.run("again = pd.read_csv('clean.csv')\nLinearRegression().fit(again[['rooms']], again['price'])")
    graph = lineage_of(store, "last", down=False)
    assert kinds(graph, "file") == {"houses.csv", "clean.csv"}
    found = edges(graph)
    assert (("execution", "[11]"), ("file", "clean.csv"), "generated") in found
    assert (("file", "clean.csv"), ("execution", "[12]"), "used") in found


def test_what_nobody_knows_is_an_error_that_says_what_there_is(store, capsys):
    with pytest.raises(UsageError, match=r"There is no run, digest or file 'nothing\.csv'"):
        lineage_of(store, "nothing.csv")
    assert command(["lineage", "b3:0123456789"]) == 2
    assert "error: There is no run, digest or file" in capsys.readouterr().err


def test_the_text_is_an_execution_a_line(store, capsys):
    text = lineage_text(lineage_of(store, "last"))
    assert text.splitlines()[0] == "LinearRegression-1  run  COMPLETE"
    assert "[2]  df = pd.read_csv('houses.csv')" in text
    assert "from houses.csv" in text
    assert "r2" in text
    assert command(["lineage", "last", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == graph_to_dict(lineage_of(store, "last"))


def test_openlineage_events_have_what_the_specification_requires(store):
    events = openlineage_events(lineage_of(store, "last"), "nbtrack.houses")
    assert json.loads(json.dumps(events)) == events
    for event in events:
        assert {"eventTime", "producer", "schemaURL", "run", "job"} <= event.keys()
        assert event["eventType"] in {"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"}
        assert len(event["run"]["runId"]) == 36
        facets = [event["run"]["facets"], event["job"]["facets"]]
        facets += [each["facets"] for each in (*event["inputs"], *event["outputs"])]
        assert all({"_producer", "_schemaURL"} <= one.keys() for facet in facets for one in facet.values())
    ended = [event for event in events if event["eventType"] != "START"]
    assert len(events) == 2 * len(ended)
    (training,) = [event for event in ended if event["job"]["facets"]["jobType"]["jobType"] == "TRAINING"]
    assert training["run"]["facets"]["parent"]["run"]["runId"] in {event["run"]["runId"] for event in events}
    assert {each["name"].split("/")[0] for each in training["inputs"]} == {"dataset"}
    assert {"model"} <= {each["name"].split("/")[0] for each in training["outputs"]}
    read = [each for event in events for each in event["inputs"] if each["namespace"] == "file"]
    assert {each["name"] for each in read} == {"houses.csv"}


def test_prov_relations_lead_from_and_to_what_is_declared(store):
    document = prov_document(lineage_of(store, "last"))
    entities, activities = document["entity"].keys(), document["activity"].keys()
    assert not entities & activities
    assert all(each.startswith("nbtrack:") for each in (*entities, *activities))
    for each in document["used"].values():
        assert each["prov:activity"] in activities
        assert each["prov:entity"] in entities
    for each in document["wasGeneratedBy"].values():
        assert each["prov:activity"] in activities
        assert each["prov:entity"] in entities
    for each in document["wasInformedBy"].values():
        assert {each["prov:informed"], each["prov:informant"]} <= activities


def test_a_file_that_a_notebook_without_runs_wrote_is_traced_to_its_cell(notebook):
    notebook.run("import pandas as pd")
    notebook.run("pd.DataFrame({'a': [1.0, 2, 3], 'b': [1.0, 2, 4]}).to_csv('made.csv', index=False)")
    notebook.run("%unload_ext nbtrack")
    notebook.run("%load_ext nbtrack")
    notebook.run("from sklearn.linear_model import LinearRegression\nd = pd.read_csv('made.csv')")
    notebook.run("LinearRegression().fit(d[['a']], d['b'])")
    with Store.open(notebook.folder / ".nbtrack") as opened:
        graph = lineage_of(opened, "last", down=False)
        (written,) = [each for each in graph.nodes if each.kind == "execution" and "to_csv" in each.detail]
        assert (("execution", written.label), ("file", "made.csv"), "generated") in edges(graph)
        assert len({each.session_id for each in graph.activities.values()}) == 2


def test_a_file_written_in_another_kernel_links_the_notebooks(houses, store):
    from nbtrack.records import FileUse
    from nbtrack.store.effects import write_file_uses

    run = houses.runs[0]
    first = store.executions(run.execution.session_id)[1]
    path = houses.folder / "houses.csv"
    status = path.stat()
    use = FileUse(
        execution_id=first.id,
        path="houses.csv",
        generated=True,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )
    with store.writing() as connection:
        (pk,) = connection.execute("SELECT pk FROM executions WHERE id = ?", (first.id,)).fetchone()
        write_file_uses(connection, [(pk, use)])
    found = edges(lineage_of(store, "houses.csv"))
    assert (("execution", f"[{first.execution_count}]"), ("file", "houses.csv"), "generated") in found


def test_the_magics_give_the_slice_and_the_lineage(houses):
    script = houses.run("%track slice last").result
    assert "\nmodel = LinearRegression().fit(X_train, y_train)\n" in str(script)
    houses.run("%track slice last -o s.ipynb")
    assert json.loads((houses.folder / "s.ipynb").read_text())["nbformat"] == 4
    assert "houses.csv" in repr(houses.run("%track lineage last --up").result)
    assert houses.run("%track lineage houses.csv").result.prov()["entity"]
