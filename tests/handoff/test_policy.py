"""The gate: each rule holds, does not hold, or cannot be told, which is no pass; aliases obey it."""

import json
from dataclasses import replace

import pytest

from nbtrack.cli.program import run as command
from nbtrack.errors import UsageError
from nbtrack.handoff.context import last_outcome
from nbtrack.handoff.policy import Policy, check, load_policy, recorded
from nbtrack.records import Content, Dataset, Metric
from nbtrack.store.audit import audit
from nbtrack.store.registry import register, registered_model

RUN = "LogisticRegressionPipeline-1"


def outcomes(store, run, **rules):
    return {one.rule: one.ok for one in check(store, run, Policy(**rules)).rules}


def written(project, text):
    (project / "pyproject.toml").write_text(text)
    return load_policy(None, project)


def test_a_threshold_holds_by_the_number_that_was_measured(store):
    run = store.get_run(RUN)
    assert outcomes(store, run, metrics={"accuracy": {"min": 0.1}}) == {"accuracy ≥ 0.1": True}
    assert outcomes(store, run, metrics={"accuracy": {"min": 1.1}}) == {"accuracy ≥ 1.1": False}
    assert outcomes(store, run, metrics={"f2": {"max": 1.0}}) == {"f2 ≤ 1": None}


def test_nan_is_within_no_limits(store):
    run = replace(store.get_run(RUN), metrics=(Metric(name="loss", value=float("nan"), origin="call"),))
    assert outcomes(store, run, metrics={"loss": {"max": 1.0}}) == {"loss ≤ 1": False}


def test_worse_than_the_champion_on_the_same_data_does_not_pass(store):
    champion = store.get_run(RUN)
    register(store, champion.id, "churn", alias="champion")
    data = Dataset(
        name="X_test", role="test", content=Content(digest="b3:test", kind="pandas.DataFrame", shape=(20, 2))
    )

    def scored(value, digest="b3:test"):
        metric = Metric(name="accuracy", value=value, origin="call", dataset="X_test")
        content = replace(data.content, digest=digest)
        return replace(champion, id="other", metrics=(metric,), datasets=(replace(data, content=content),))

    from nbtrack.handoff import policy

    compared = lambda run: policy._against("rule", run, scored(0.8), "accuracy", 0.0).ok  # noqa: E731 - said three times
    assert compared(scored(0.8)) is True
    assert compared(scored(0.7)) is False
    assert compared(scored(0.9, "b3:other")) is None
    assert policy._against("rule", scored(0.9), scored(0.8), "-accuracy", 0.0).ok is False
    rule = {"accuracy not worse than @champion": None}
    other = replace(champion, id="other", registered=())
    assert outcomes(store, other, not_worse_than="champion", compare=("accuracy",)) == rule
    assert outcomes(store, champion, not_worse_than="champion") == {"not worse than @champion": True}


def test_what_was_not_done_or_not_recorded_does_not_pass(store):
    run = store.get_run(RUN)
    told = outcomes(
        store,
        run,
        reproduced="close",
        clean_git=True,
        safe_format=True,
        no_test_rows_in_training=True,
        no_stale_cells=True,
    )
    assert told == {
        "reproduced close": False,
        "clean git": None,
        "no unsafe format": None,
        "no test rows in training": None,
        "no stale cells": True,
    }
    assert not check(store, run, Policy(clean_git=True)).ok


def test_forbidden_columns_are_found_whatever_their_case(store):
    run = store.get_run(RUN)
    assert outcomes(store, run, forbidden_columns=("AGE",)) == {"no forbidden columns": False}
    assert outcomes(store, run, forbidden_columns=("ssn",)) == {"no forbidden columns": True}


def test_test_data_that_is_training_data_is_found_by_its_digest(store):
    run = store.get_run(RUN)
    train = next(one for one in run.datasets if one.name == "X_train")
    leaked = replace(run, datasets=(*run.datasets, replace(train, name="X_test", role="test")))
    assert outcomes(store, leaked, no_test_rows_in_training=True) == {"no test rows in training": False}


def test_an_outcome_is_kept_in_the_audit_and_goes_into_the_card(store):
    run = store.get_run(RUN)
    outcome = check(store, run, Policy(metrics={"accuracy": {"min": 0.1}}, digest="b3:p"))
    recorded(store, outcome)
    assert last_outcome(store, run) == outcome


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.nbtrack.policy]\nmetric = 1", "unknown rule 'metric'"),
        ("[tool.nbtrack.policy]\nclean_git = 'yes'", "takes a bool"),
        ("[tool.nbtrack.policy]\nreproduced = 'roughly'", "same or close"),
        ("[tool.nbtrack.policy.metrics]\naccuracy = {least = 1}", "min, max or both"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(tmp_path, text, said):
    with pytest.raises(UsageError, match=said):
        written(tmp_path, text)


def test_without_a_table_there_is_no_policy(tmp_path):
    assert written(tmp_path, "[project]\nname = 'x'\n") is None


def test_an_alias_moves_only_if_the_policy_holds_or_somebody_says_why_not(project, store, capsys):
    (project / "pyproject.toml").write_text("[tool.nbtrack.policy.metrics]\naccuracy = {min = 1.5}\n")
    arguments = ["--store", str(project), "register", RUN, "churn", "--alias", "champion"]
    assert command(arguments) == 1
    assert "accuracy ≥ 1.5" in capsys.readouterr().err
    assert store.find_runs()[0].registered == ()
    assert command([*arguments, "--override", "the demo is today"]) == 0
    assert registered_model(store, "churn").aliases == {"champion": 1}
    entries = audit(store)
    assert [one.action for one in entries] == ["alias", "register", "override", "check", "check"]
    assert entries[0].detail["why"] == "the demo is today"


def test_check_ends_with_one_and_writes_json_and_junit(project, store, capsys):
    (project / "pyproject.toml").write_text("[tool.nbtrack.policy]\nclean_git = true\n")
    report = project / "report.xml"
    assert command(["--store", str(project), "check", RUN, "--json", "--junit", str(report)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["rules"][0]["ok"]) == (False, None)
    from xml.etree import ElementTree as ET

    assert ET.parse(report).getroot().attrib["failures"] == "1"


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_the_pipelines_are_yaml_and_name_verbs_that_exist(system, capsys):
    import re

    from nbtrack.cli.program import VERBS

    assert command(["ci", system]) == 0
    text = capsys.readouterr().out
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text)
    assert set(re.findall(r"nbtrack ([a-z]+) ", text)) <= set(VERBS)
