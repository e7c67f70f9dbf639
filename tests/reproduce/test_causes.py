"""Where a reproduction first diverged, and why; without a kernel."""

import json
import os
from dataclasses import replace

import pytest

from nbtrack.digests.files import digest_file
from nbtrack.errors import NbtrackError, UsageError
from nbtrack.observe.redaction import redact
from nbtrack.records import (
    Capture,
    Cause,
    Environment,
    Execution,
    Model,
    PackageChange,
    Run,
    Session,
    State,
    Verdict,
    new_id,
)
from nbtrack.reproduce.carry_out import Attempt
from nbtrack.reproduce.causes import find_cause
from nbtrack.reproduce.changes import changed_packages
from nbtrack.reproduce.kernel import KernelDied, Outcome, TimeIsUp
from nbtrack.reproduce.plan import Plan, Step, make_plan
from nbtrack.store import Store


def execution(source, sequence=1, **changes):
    given = {
        "id": f"e{sequence}",
        "session_id": "s",
        "sequence": sequence,
        "source": source,
        "source_digest": "b3:0",
        "started_at": 1e9,
        "state": State.COMPLETE,
        "execution_count": sequence,
    }
    return Execution(**{**given, **changes})


@pytest.fixture
def plan(make_run, tmp_path):
    """A plan of these sources; the last one makes the run."""

    def make(*sources, files=(), states=None, unseeded=None, hash_seed="0"):
        executions = [execution(source, place) for place, source in enumerate(sources, start=1)]
        run = make_run(execution=executions[-1], files=files, started_at=1e9)
        steps = tuple(
            Step(
                execution=each,
                source=each.source,
                states=(states or {}).get(each.id, {}),
                runs=(run,) if each is executions[-1] else (),
                unseeded=frozenset((unseeded or {}).get(each.id, ())),
            )
            for each in executions
        )
        session = Session(
            id="s",
            started_at=0,
            pid=1,
            host="h",
            boot_id="b",
            python="3.11.7",
            folder=str(tmp_path),
            hash_seed=hash_seed,
        )
        return Plan(run=run, session=session, project=tmp_path, steps=steps)

    return make


def failed(name, message, *, after=1):
    """An attempt of which so many cells ended well, and then one failed."""
    outcomes = [Outcome(seconds=0.1)] * after
    return Attempt(
        outcomes=[*outcomes, Outcome(seconds=0.1, error=name, message=message)], stopped=NbtrackError(name)
    )


@pytest.mark.parametrize(
    ("source", "error", "cause", "subject"),
    [
        ("fit(X)", ("NameError", "name 'X' is not defined"), Cause.VARIABLE, "X"),
        (
            "open('a.csv')",
            ("FileNotFoundError", "[Errno 2] No such file: 'a.csv'"),
            Cause.FILE_MISSING,
            "a.csv",
        ),
        ("import w", ("ModuleNotFoundError", "No module named 'w'"), Cause.PACKAGE_MISSING, "w"),
        ("os.environ['KEY']", ("KeyError", "'KEY'"), Cause.ENVIRONMENT_VARIABLE, "KEY"),
        (
            "input()",
            ("StdinNotImplementedError", "raw_input was called"),
            Cause.INPUT,
            "raw_input was called",
        ),
        ("get()", ("ConnectionError", "no route to 'host'"), Cause.NETWORK, "host"),
        ("1 / 0", ("ZeroDivisionError", "division by zero"), Cause.ERROR, "ZeroDivisionError"),
    ],
)
def test_an_exception_names_what_was_missing(plan, source, error, cause, subject):
    found = find_cause(plan("import os", source), failed(*error), Verdict.FAILED, ())
    assert (found.reason, found.subject, found.execution_count) == (cause, subject, 2)
    assert error[0] in found.detail


@pytest.mark.parametrize(
    ("error", "cause"), [(TimeIsUp("t"), Cause.TIMEOUT), (KernelDied("d"), Cause.KERNEL)]
)
def test_the_cell_that_ran_when_it_ended_is_named(plan, error, cause):
    attempt = Attempt(outcomes=[Outcome(seconds=1)], stopped=error)
    found = find_cause(plan("a", "b"), attempt, Verdict.FAILED, ())
    assert (found.reason, found.subject) == (cause, "b")


def test_a_secret_that_is_missing_explains_what_failed_later(plan):
    missing = redact("token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'")
    found = find_cause(plan(missing, "get(token)"), failed("HTTPError", "401"), Verdict.FAILED, ())
    assert (found.reason, found.execution_count, found.sure) == (Cause.SECRET, 1, False)


def test_a_file_with_another_content_is_sure_and_named_where_it_is_read(plan, tmp_path):
    (tmp_path / "a.csv").write_text("1")
    before = replace(digest_file(str(tmp_path / "a.csv")), path="a.csv")
    (tmp_path / "a.csv").write_text("2")
    made = plan("import pandas as pd", "df = pd.read_csv('a.csv')", "fit(df)", files=(before,))
    found = find_cause(made, Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.subject, found.execution_count, found.sure) == (Cause.FILE, "a.csv", 2, True)


@pytest.mark.parametrize(
    ("sources", "cause", "subject"),
    [
        (("x = 1", "t = time.time()", "fit(t)"), Cause.TIME, "time.time("),
        (("import sklearn", "rng = np.random.default_rng()", "fit(rng)"), Cause.RANDOM, "default_rng()"),
        (("df = pd.read_csv('https://a.b/c.csv')", "x", "fit(df)"), Cause.NETWORK, "https://"),
        (("x = 1", "y = 2", "fit(x)"), Cause.UNKNOWN, "fit(x)"),
    ],
)
def test_what_is_merely_there_is_probable_and_the_first_of_it_named(plan, sources, cause, subject):
    found = find_cause(plan(*sources), Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.subject, found.sure) == (cause, subject, False)


def test_a_cell_that_was_interrupted_then_is_the_first_suspect(plan):
    made = plan("train()", "t = time.time()", "fit(t)")
    stopped = replace(made.steps[0].execution, state=State.CANCELED)
    made = replace(made, steps=(replace(made.steps[0], execution=stopped), *made.steps[1:]))
    found = find_cause(made, Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.execution_count) == (Cause.INTERRUPTED, 1)


def test_drawing_unseeded_is_a_cause_only_where_the_state_was_not_known(plan):
    sources, unseeded = ("a", "fit()"), {"e2": ["numpy"]}
    known = plan(*sources, unseeded=unseeded, states={"e2": {"numpy": b""}})
    assert find_cause(known, Attempt(), Verdict.DIFFERENT, ()).reason is Cause.UNKNOWN
    found = find_cause(plan(*sources, unseeded=unseeded), Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.subject, found.execution_count) == (Cause.RANDOM, "numpy", 2)


def test_the_order_of_sets_is_a_cause_only_without_a_hash_seed(plan):
    sources = ("names = set(words)", "fit(names)")
    assert find_cause(plan(*sources), Attempt(), Verdict.DIFFERENT, ()).reason is Cause.UNKNOWN
    found = find_cause(plan(*sources, hash_seed=None), Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.execution_count) == (Cause.RANDOM, 1)


def test_a_module_that_was_edited_since_is_named(plan, tmp_path):
    (tmp_path / "helper.py").write_text("")
    found = find_cause(plan("import helper", "fit()"), Attempt(), Verdict.DIFFERENT, ())
    assert (found.reason, found.subject) == (Cause.CODE, "helper.py")
    os.utime(tmp_path / "helper.py", (1, 1))
    assert (
        find_cause(plan("import helper", "fit()"), Attempt(), Verdict.DIFFERENT, ()).reason is Cause.UNKNOWN
    )


def test_packages_in_another_version_are_told_and_named_where_they_are_used(plan):
    made = plan("import numpy", "import sklearn", "fit()")
    then = Environment(
        digest="d", python="3.11", platform="p", packages={"numpy": "1", "tqdm": "4", "old": "1"}
    )
    now = replace(then, packages={"numpy": "2", "tqdm": "4", "new": "1"})
    run = replace(made.run, environment=then)
    made = replace(made, run=run, steps=(*made.steps[:2], replace(made.steps[2], runs=(run,))))
    attempt = Attempt(runs={"e3": [replace(run, environment=now)]})
    packages = changed_packages(made, attempt)
    assert packages == (PackageChange(name="numpy", then="1", now="2"),)
    found = find_cause(made, attempt, Verdict.DIFFERENT, packages)
    assert (found.reason, found.subject, found.execution_count, found.sure) == (
        Cause.PACKAGE,
        "numpy",
        1,
        False,
    )


def test_the_run_of_an_earlier_cell_that_differs_is_where_it_first_diverged(plan):
    made = plan("fit(a)", "t = time.time()", "fit(b)")
    early = replace(made.run, id="early", execution=made.steps[0].execution)
    made = replace(made, steps=(replace(made.steps[0], runs=(early,)), *made.steps[1:]))
    other = replace(early, metrics=(replace(early.metrics[0], value=0.5),))
    found = find_cause(made, Attempt(runs={"e1": [other], "e3": [made.run]}), Verdict.DIFFERENT, ())
    # What stands below cannot be why.
    assert (found.reason, found.execution_count) == (Cause.UNKNOWN, 1)


# What is to be executed.


@pytest.fixture
def stored(tmp_path):
    """Saves cells, the last of which makes a run; gives the store and the run."""
    opened = []

    def save(*sources, state=State.COMPLETE, **changes):
        store = Store.open(tmp_path / ".nbtrack", create=True)
        session = Session(
            id=new_id(),
            started_at=0,
            pid=os.getpid(),
            host="h",
            boot_id="b",
            python="3",
            folder=str(tmp_path),
        )
        executions = [
            execution(source, place, id=new_id(), session_id=session.id, **changes)
            for place, source in enumerate(sources, start=1)
        ]
        run = Run(
            id=new_id(),
            label_stem="SVC",
            state=state,
            experiment="x",
            started_at=1.0,
            execution=executions[-1],
            model=Model(class_name="SVC", module="", framework=""),
        )
        log = store.begin_session(session)
        drawn = {executions[0].id: {"numpy": b"state"}}
        log.save(Capture(execution=executions[-1], runs=(run,), earlier=tuple(executions[:-1]), drawn=drawn))
        log.end()
        opened.append(store)
        return store, store.get_run(run.id)

    yield save
    for store in opened:
        store.close()


def test_the_plan_has_what_is_needed_with_the_states_of_generators(stored):
    store, run = stored("import numpy as np\nx = np.random.rand(3)", "junk = np.random.rand()", "m = fit(x)")
    made = make_plan(store, run)
    assert [step.execution.sequence for step in made.steps] == [1, 3]
    assert made.steps[0].states == {"numpy": b"state"}
    assert made.unseeded() == ("numpy",)
    assert made.without_states().steps[0].states == {}


def test_secrets_come_from_the_notebook_where_it_still_has_the_cell(stored, tmp_path):
    source = "token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'\nm = fit(token)"
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    store, run = stored(redact(source), notebook_path="n.ipynb")
    (step,) = make_plan(store, run).steps
    assert step.source == source
    assert not step.redacted
    cells[0]["source"] = source.replace("fit", "train")
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    (step,) = make_plan(store, run).steps
    assert step.redacted


@pytest.mark.parametrize("state", [State.CANCELED, State.RUNNING])
def test_a_run_without_a_result_cannot_be_reproduced(stored, state):
    store, run = stored("m = fit()")
    with pytest.raises(UsageError, match="no result"):
        make_plan(store, replace(run, state=state))
