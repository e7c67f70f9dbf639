"""Which runs are found, in which order, and by which names one run is called."""

import math
import operator
import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.errors import AmbiguousRun, QueryError, UnknownRun
from nbtrack.records import Metric, State, new_id
from nbtrack.render.highlights import metrics_by_name
from nbtrack.store.needles import common_runs
from nbtrack.store.query import All, Comparison, Not, parse
from nbtrack.store.ranking import Ranking
from nbtrack.store.search import Request, _Search


def labels(runs):
    return [run.label for run in runs]


@pytest.fixture
def five(kernel):
    """Five runs of rising C and accuracy, SVC and Tree by turns, the newest the last."""
    for i in range(5):
        kernel.train(
            {"C": 10.0**i, "kernel": ["rbf", "linear"][i % 2], "shrinking": i < 2, "gamma": None},
            {"accuracy": 0.9 + i / 100, "loss": 1.0 - i / 10},
            label_stem=["SVC", "Tree"][i % 2],
            started_at=1_795_426_200.0 + i * 86_400,
            duration_seconds=float(i),
            tags={"owner": f"person {i}"},
            note=["overfits", None][i % 2],
        )
    return kernel.store


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("accuracy > 0.92", ["SVC-3", "Tree-2"]),
        ("accuracy >= 0.92 and C < 1e3", ["SVC-2"]),
        ("accuracy < 0.91 or (C > 100 and kernel = linear)", ["Tree-2", "SVC-1"]),
        ("not accuracy > 0.9", ["SVC-1"]),
        ("kernel ~ LIN", ["Tree-2", "Tree-1"]),
        ("kernel != 'rbf'", ["Tree-2", "Tree-1"]),
        ("shrinking = true", ["Tree-1", "SVC-1"]),
        ("shrinking != true and metric.loss < 0.65", ["SVC-3"]),
        ("param.C = 1", ["SVC-1"]),
        ("gamma = none and C = 10", ["Tree-1"]),
        ("label = 'SVC-2'", ["SVC-2"]),
        ("label ~ tree", ["Tree-2", "Tree-1"]),
        ("tag.owner ~ 'N 3'", ["Tree-2"]),
        ("note = none", ["Tree-2", "Tree-1"]),
        ('note ~ "over" and duration <= 2', ["SVC-2", "SVC-1"]),
        ("state = COMPLETE and model = SVC and framework = sklearn and C > 1000", ["SVC-3"]),
        ("state = FAILED", []),
        ("starred = true", []),
        ("experiment = churn and fits = 1 and duration > 3", ["SVC-3"]),
        ("`accuracy`>0.93", ["SVC-3"]),
        ("accuracy < inf and not accuracy < -inf and C > 1000", ["SVC-3"]),
    ],
)
def test_a_query_finds_the_runs_it_describes_newest_first(five, query, found):
    assert labels(five.find_runs(query)) == found
    assert five.count_runs(query) == len(found)


@pytest.mark.parametrize(
    ("operator_", "days"),
    [("=", [2]), ("!=", [0, 1, 3, 4]), ("<", [0, 1]), ("<=", [0, 1, 2]), (">", [3, 4]), (">=", [2, 3, 4])],
)
def test_a_date_stands_for_its_whole_day(five, operator_, days):
    runs = five.find_runs(order="-started")
    day = datetime.fromtimestamp(runs[2].started_at, UTC).astimezone().date().isoformat()
    found = five.find_runs(f'started {operator_} "{day}"', order="-started")
    assert labels(found) == [runs[i].label for i in days]


def test_runs_are_sorted_by_metrics_params_and_fields(five):
    everything = labels(five.find_runs())
    assert labels(five.find_runs(order="accuracy")) == everything
    assert labels(five.find_runs(order="loss")) == everything[::-1]
    assert labels(five.find_runs(order="-C")) == everything[::-1]
    assert labels(five.find_runs(order="-duration", limit=2)) == everything[:-3:-1]
    assert labels(five.find_runs("model = SVC", order="-loss", limit=1)) == ["SVC-3"]


def test_runs_without_the_metric_that_is_sorted_by_come_last_and_nan_before_them(kernel):
    for value in (None, 0.5, math.nan, 0.9, math.inf):
        kernel.train({}, {} if value is None else {"auc": value})
    values = [run.metrics[0].value if run.metrics else None for run in kernel.store.find_runs(order="-auc")]
    assert values[:3] == [0.5, 0.9, math.inf]
    assert math.isnan(values[3]) or math.isnan(values[4])
    assert kernel.store.get_run("best:auc").metrics[0].value == math.inf
    assert kernel.store.get_run("best:-auc").metrics[0].value == 0.5
    assert labels(kernel.store.find_runs("auc = nan")) == ["SVC-3"]
    assert labels(kernel.store.find_runs("auc != nan", order="auc")) == ["SVC-5", "SVC-4", "SVC-2"]


def test_a_run_measured_on_several_datasets_counts_with_the_number_that_is_shown_and_is_listed_once(kernel):
    for test, train in ((0.7, 0.99), (0.9, 0.95)):
        metrics = (
            Metric(name="acc", value=test, origin="call", dataset="X_test"),
            Metric(name="acc", value=train, origin="call", dataset="X_train"),  # the model was fitted on it
            Metric(name="acc", value=1.0, origin="loop"),
        )
        kernel.save(replace(kernel.run(kernel.execution()), metrics=metrics))
    assert labels(kernel.store.find_runs(order="acc")) == ["SVC-2", "SVC-1"]
    assert labels(kernel.store.find_runs(order="-acc")) == ["SVC-1", "SVC-2"]
    assert labels(kernel.store.find_runs(order="acc", limit=1, offset=1)) == ["SVC-1"]
    assert labels(kernel.store.find_runs("acc > 0.8")) == ["SVC-2"]
    assert labels(kernel.store.find_runs("acc = 0.7 or acc = 1.0")) == ["SVC-1"]
    assert kernel.store.get_run("best:acc").label == "SVC-2"
    with kernel.store.view() as connection:
        ranking = Ranking(connection, "acc", smallest=False)
    assert ranking.scope("churn") == (0.9, 0.7, 2)
    assert ranking.rank("churn", 0.7) == 2


@given(
    kinds=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([0.1, 0.5, math.nan]),
                st.sampled_from(["call", "loop", "explicit", "hand"]),
                st.sampled_from([None, "X_train", "X_test"]),
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_runs_are_found_ordered_and_ranked_by_the_number_that_is_shown(kernel, kinds):
    for metrics in kinds:
        listed = tuple(Metric(name="acc", value=v, origin=o, dataset=d) for v, o, d in metrics)
        kernel.save(replace(kernel.run(kernel.execution()), metrics=listed))
    try:
        runs = kernel.store.find_runs(order="acc")
    except QueryError:  # so far no run has any
        return
    shown = [metrics_by_name(run)["acc"].value if run.metrics else math.nan for run in runs]
    numbers = [value for value in shown if not math.isnan(value)]
    assert shown[: len(numbers)] == sorted(numbers, reverse=True)
    for query, test in {
        "acc > 0.3": lambda acc: acc > 0.3,
        "not acc <= 0.3": lambda acc: not acc <= 0.3,
    }.items():
        fulfil = {run.id for run, acc in zip(runs, shown, strict=True) if test(acc)}
        assert {run.id for run in kernel.store.find_runs(query)} == fulfil
        assert kernel.store.count_runs(query) == len(fulfil)
    with kernel.store.view() as connection:
        ranking = Ranking(connection, "acc", smallest=False)
    scope = ranking.scope("churn")
    assert scope == ((numbers[0], numbers[-1], len(numbers)) if numbers else None)


def test_pages_follow_each_other_without_gap_or_overlap(kernel):
    for _ in range(7):
        kernel.train({}, {"m": 1.0}, started_at=5.0)  # all at one time: the order must still be total
    everything = labels(kernel.store.find_runs())
    by_offset = [
        label for at in range(0, 9, 3) for label in labels(kernel.store.find_runs(limit=3, offset=at))
    ]
    first = kernel.store.find_runs(limit=3)
    by_key = first + kernel.store.find_runs(limit=3, after=first[-1].id)
    by_metric = [
        x for at in range(0, 9, 3) for x in labels(kernel.store.find_runs(order="m", limit=3, offset=at))
    ]
    assert by_offset == everything
    assert labels(by_key) == everything[:6]
    assert sorted(by_metric) == sorted(everything)


def test_experiments_are_kept_apart_and_listed_by_their_last_use(kernel):
    for name in ("a", "b", "a"):
        kernel.train(experiment=name)
    assert kernel.store.experiments() == ["a", "b"]
    assert labels(kernel.store.find_runs(experiment="a")) == ["SVC-3", "SVC-1"]
    assert kernel.store.count_runs(experiment="b") == 1
    assert kernel.store.find_runs(experiment="c") == []


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("accuracy >", 10, "Expected a number"),
        ("accuracy 0.9", 9, "Expected one of ="),
        ("(accuracy > 1", 13, "not closed"),
        ("accuracy > 1 C < 1", 13, "`and`, `or`"),
        ("and accuracy > 1", 0, "Expected a name"),
        ("acuracy > 1", 0, "accuracy"),
        ("C > 1 and metric.C > 2", 10, "metric.C"),
        ("accuracy > high", 11, "takes a number"),
        ("shrinking > true", 12, "true"),
        ("starred = 3", 10, "true or false"),
        ("started > yesterday", 10, "2026-11-23"),
        ("note = 'open", 7, "closing quote"),
        ("accuracy > 1 ; drop", 13, "Not understood"),
        ("(" * 60 + "C > 1" + ")" * 60, 40, "levels"),
        ("C > 1 or " * 300 + "C > 1", None, "comparisons"),
        ("C > " + "1" * 5000, 4096, "4096"),
    ],
)
def test_a_query_that_is_not_understood_says_where_and_what_to_write(five, query, position, says):
    with pytest.raises(QueryError, match=re.escape(says)) as raised:
        five.find_runs(query)
    assert position is None or raised.value.position == position
    assert raised.value.query == query


def test_an_unknown_order_is_refused_with_the_nearest_name(five):
    with pytest.raises(QueryError, match="accuracy"):
        five.find_runs(order="-acuracy")


def test_values_of_a_query_are_never_sql(five):
    for value in ("x' OR 1=1 --", '"; DROP TABLE runs; --', "%", "_"):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        assert five.find_runs(f'kernel = "{text}"') == []
        assert five.find_runs(f'model ~ "{text}"') == []
        assert five.find_runs(f'tag.owner = "{text}"') == []
    assert len(five.find_runs()) == 5


ATOMS = ["acc > 0.5", "acc <= 0.25", "acc != 0.5", "C < 1", "C != 0.5", "kind = a", "kind ~ B", "model = SVC"]
COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt}
queries = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not {}".format, inner)
    ),
    max_leaves=8,
)


def holds(node, run):
    """What a query means, said in Python."""
    if isinstance(node, Comparison):
        known = {"acc": metrics_by_name(run).values(), "C": run.params, "kind": run.params}
        values = [one.value for one in known.get(node.name, ()) if one.name == node.name]
        values += [run.model.class_name] if node.name == "model" else []
        if node.operator == "~":
            return any(node.value.lower() in value.lower() for value in values)
        return any(COMPARE[node.operator](value, node.value) for value in values)
    if isinstance(node, Not):
        return not holds(node.part, run)
    return (all if isinstance(node, All) else any)(holds(part, run) for part in node.parts)


@pytest.fixture
def zoo(kernel):
    numbers = random.Random(7)
    for _ in range(40):
        params = {}
        if numbers.random() < 0.8:
            params["C"] = numbers.choice([0.25, 0.5, 1, 2])
        if numbers.random() < 0.8:
            params["kind"] = numbers.choice(["a", "b", "Abba"])
        values = [numbers.choice([0.0, 0.25, 0.5, 0.75]) for _ in range(numbers.randrange(3))]
        run = kernel.run(kernel.execution(), params)
        origins = [numbers.choice(["default", "constructor"]) for _ in run.params]
        run = replace(
            run,
            metrics=tuple(
                Metric(name="acc", value=v, origin="call", dataset=str(i)) for i, v in enumerate(values)
            ),
            params=tuple(
                replace(one, origin=origin) for one, origin in zip(run.params, origins, strict=True)
            ),
        )
        kernel.save(run)
    return kernel.store


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    query=queries,
    order=st.sampled_from([None, "acc", "-acc", "C", "duration"]),
    plan=st.sampled_from(["rare", "common, read", "common, checked", "walk"]),
)
def test_every_plan_finds_what_the_query_means_in_every_order(zoo, monkeypatch, query, order, plan):
    monkeypatch.setattr("nbtrack.store.search._RARE", 1000 if plan == "rare" else -1)
    monkeypatch.setattr("nbtrack.store.needles._ASKED", 0 if "common" in plan else 40)
    monkeypatch.setattr("nbtrack.store.needles._MOST_PARTS", 4 if "common" in plan else 0)
    monkeypatch.setattr("nbtrack.store.needles._FEW", 0 if "checked" in plan else 1000)
    everything = zoo.find_runs()
    wanted = {run.id for run in everything if holds(parse(query), run)}
    found = zoo.find_runs(query, order=order)
    assert [run.id for run in found if run.id in wanted] == [run.id for run in found]
    assert len(found) == len(wanted) == zoo.count_runs(query)
    if order is None:
        assert [run.id for run in found] == [run.id for run in everything if run.id in wanted]
    if order == "acc":
        best = [metrics_by_name(run)["acc"].value if run.metrics else -1 for run in found]
        assert best == sorted(best, reverse=True)
    page = zoo.find_runs(query, order=order, limit=5, offset=3)
    assert [run.id for run in page] == [run.id for run in found[3:8]]


@given(
    text=st.text(max_size=60)
    | st.lists(st.sampled_from(["(", ")", "and", "or", "not", "acc", ">", "=", "~", "0.5", "'x'", "`"])).map(
        " ".join
    )
)
def test_any_text_is_a_query_or_refused_as_one_with_a_position_in_it(text):
    try:
        parse(text)
        position = 0
    except QueryError as error:
        position = error.position
    assert 0 <= position <= len(text)


def test_a_run_is_called_by_id_prefix_label_last_or_best(five):
    runs = five.find_runs()
    assert five.get_run(runs[0].id).id == runs[0].id
    assert five.get_run(runs[2].id.upper()).id == runs[2].id
    assert five.get_run(" SVC-2 ").label == "SVC-2"
    assert five.get_run("last").label == "SVC-3"
    assert five.get_run("best:accuracy").label == "SVC-3"
    assert five.get_run("best:-accuracy").label == "SVC-1"
    assert five.get_run("best:-C").label == "SVC-1"


def test_a_prefix_is_enough_where_it_is_unique_and_names_the_candidates_where_not(kernel):
    ids = [f"0193aaaa-{i}000-7000-8000-000000000000" for i in range(3)]
    for id_ in ids:
        kernel.train(id=id_)
    assert kernel.store.get_run("0193aaaa-1").id == ids[1]
    with pytest.raises(AmbiguousRun, match="SVC-2") as raised:
        kernel.store.get_run("0193aaaa")
    assert set(raised.value.candidates) == set(ids)


@pytest.mark.parametrize(
    ("ref", "nearest"), [("SVC-9", "SVC-3"), ("svc-2", "SVC-2"), ("Tree", "Tree-2"), ("zzzz", None)]
)
def test_an_unknown_run_names_the_nearest_labels(five, ref, nearest):
    with pytest.raises(UnknownRun, match=re.escape(ref)) as raised:
        five.get_run(ref)
    assert nearest is None or nearest in raised.value.nearest
    assert all(label in str(raised.value) for label in raised.value.nearest)


@pytest.mark.parametrize("ref", ["last", "best:accuracy", "SVC-1", "0193aaaa", "", "%", "'"])
def test_an_empty_store_knows_no_run(store, ref):
    with pytest.raises((UnknownRun, QueryError)):
        store.get_run(ref)


def test_what_the_user_says_about_a_run_can_be_changed_and_taken_back(kernel):
    run = kernel.train({"C": 1})
    store = kernel.store
    changed = store.update_run(run.id, note="good", tags={"a": "1", "b": "2"}, starred=True, name="the one")
    assert (changed.note, changed.tags, changed.starred) == ("good", {"a": "1", "b": "2"}, True)
    assert labels(store.find_runs("starred = true and tag.a = 1 and name = 'the one'")) == [run.label]
    changed = store.update_run(run.id, note="", tags={"a": None}, starred=False)
    assert (changed.note, changed.tags, changed.starred, changed.name) == (None, {"b": "2"}, False, "the one")
    with pytest.raises(UnknownRun):
        store.update_run(new_id(), note="x")


def test_states_are_searched_as_they_are_read(kernel):
    kernel.open()
    kernel.train(state=State.FAILED)
    assert labels(kernel.store.find_runs("state = RUNNING")) == ["SVC-1"]
    assert labels(kernel.store.find_runs("state != RUNNING")) == ["SVC-2"]


def test_a_combination_that_is_rare_is_looked_up_though_its_parts_are_common(kernel, monkeypatch):
    monkeypatch.setattr("nbtrack.store.search._RARE", 3)
    monkeypatch.setattr("nbtrack.store.needles._ASKED", 5)
    for i in range(60):
        metrics = [Metric(name=name, value=float(i % 9 == at), origin="call") for at, name in enumerate("ab")]
        run = kernel.run(kernel.execution(), {"seed": i % 10, "kind": "even" if i % 2 == 0 else "odd"})
        kernel.save(replace(run, metrics=tuple(metrics)))

    def looked_up(query):
        with kernel.store.view() as connection:
            conditions = _Search(connection, Request(query)).conditions()
            return common_runs(connection, conditions, 5)

    assert looked_up("a = 1 and b = 1") == []
    assert looked_up("a = 1 and seed = 0") == [1]
    assert looked_up("a = 1 and seed = 5 and kind = odd") == [46]
    monkeypatch.setattr("nbtrack.store.needles._FEW", 0)
    assert looked_up("b = 1 and seed = 0 and kind = even") == [11]  # those of a kind are not read
    assert looked_up("kind = odd") is None  # one of the newest runs is: walking finds others soon
    assert looked_up("a = 1 or seed = 0") is None  # no index has that
    assert [run.params[0].value for run in kernel.store.find_runs("a = 1 and seed = 5", limit=5)] == [5]
