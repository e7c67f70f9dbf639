"""The gate: each rule holds, does not hold, or cannot be told, which is no pass; aliases obey it."""

import json
from dataclasses import replace

import pytest

from nbtrack.cli.program import run as command
from nbtrack.errors import UsageError
from nbtrack.handoff.context import last_outcome
from nbtrack.handoff.policy import Policy, check, load_policy, recorded
from nbtrack.records import Metric
from nbtrack.store import Store
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


def challenge(notebook, source, **rules):
    """What the policy says of the run of one more cell, whose champion is the registered one."""
    notebook(source)
    with Store.open(notebook.folder) as store:
        return check(
            store, store.get_run("last"), Policy(not_worse_than="champion", compare=("accuracy",), **rules)
        ).rules


def test_a_challenger_on_the_same_test_set_is_worse_or_not(gated):
    gated(
        "clf = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X_train, y_train)\naccuracy = clf.score(X_test, y_test)"
    )
    with Store.open(gated.folder) as store:
        register(store, store.get_run("last").id, "tumour", alias="champion")
    (worse,) = challenge(
        gated, "clf = DummyClassifier().fit(X_train, y_train)\naccuracy = clf.score(X_test, y_test)"
    )
    assert (worse.rule, worse.ok) == ("accuracy not worse than @champion", False)
    assert "on the same 143 true values" in worse.message
    (better,) = challenge(
        gated,
        "few = X_train.iloc[:, :20]\nclf = RandomForestClassifier(30, random_state=0).fit(few, y_train)\n"
        "accuracy = accuracy_score(y_test.to_numpy(), clf.predict(X_test.iloc[:, :20]))",
    )
    assert better.ok is True
    assert better.message.endswith("with other inputs")
    (elsewhere,) = challenge(
        gated,
        "clf = RandomForestClassifier(30).fit(X_train, y_train)\naccuracy = clf.score(X_test[:99], y_test[:99])",
    )
    assert elsewhere.ok is None
    assert "the test data is not the same" in elsewhere.message
    (less,) = challenge(
        gated,
        "clf = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)\naccuracy = clf.score(X_test, y_test)",
        tolerance=0.2,
    )
    assert less.ok is True


def leaks(notebook, source):
    notebook(source)
    with Store.open(notebook.folder) as store:
        (rule,) = check(store, store.get_run("last"), Policy(no_test_rows_in_training=True)).rules
        return rule


def test_a_split_has_no_test_rows_in_training_and_a_leak_is_counted(gated):
    fit = (
        "clf = RandomForestClassifier(5).fit({}, {})\naccuracy = accuracy_score(y_test, clf.predict(X_test))"
    )
    clean = leaks(gated, fit.format("X_train", "y_train"))
    assert (clean.ok, clean.message) == (True, "none of the 143 rows of X_test")
    leaked = leaks(
        gated,
        "both, labels = pd.concat([X_train, X_test[:7]]), pd.concat([y_train, y_test[:7]])\n"
        + fit.format("both", "labels"),
    )
    assert (leaked.ok, leaked.numbers) == (False, {"shared": 7, "rows": 143})
    assert leaked.message == "7 of the 143 rows of X_test are among the training rows"
    everything = leaks(gated, fit.format("X", "y"))
    assert (everything.ok, everything.numbers["shared"]) == (False, 143)


def test_a_score_on_the_training_rows_alone_is_no_test(gated):
    rule = leaks(
        gated, "clf = RandomForestClassifier(5).fit(X_train, y_train)\naccuracy = clf.score(X_train, y_train)"
    )
    assert (rule.ok, rule.message) == (None, "no test data was recorded")


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
        "no unsafe format": True,
        "no test rows in training": True,
        "no stale cells": True,
    }
    assert not check(store, run, Policy(clean_git=True)).ok


def test_a_format_that_runs_code_is_found_before_anything_is_exported(store):
    def rule(label):
        (found,) = check(store, store.get_run(label), Policy(safe_format=True)).rules
        return found.ok, found.message

    assert rule(RUN) == (True, "an export would be written as skops")
    assert rule("LogisticRegressionPipeline-2") == (False, "an export would be written as cloudpickle")
    with store.view() as connection:
        assert connection.execute("SELECT COUNT(*) FROM exports").fetchone() == (0,)


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
