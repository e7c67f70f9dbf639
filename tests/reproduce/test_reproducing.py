"""Runs of a real notebook, reproduced in real kernels."""

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbtrack.cli.program import program
from nbtrack.errors import UsageError
from nbtrack.records import Cause, State, Verdict
from nbtrack.reproduce import Options, check_stability
from nbtrack.reproduce.asked import reproduce_run
from nbtrack.reproduce.plan import make_plan
from nbtrack.reproduce.reproducing import reproduce_together
from nbtrack.store import Store
from nbtrack.store.reproductions import reproductions, stabilities

pytestmark = pytest.mark.kernel

CELLS = {
    "imports": "import numpy as np\nimport os, time\nfrom sklearn.linear_model import Ridge",
    "data": "table = np.loadtxt('data.csv', delimiter=',')\nX, y = table[:, :1], table[:, 1]",
    "unneeded": "other = np.random.rand(3)",
    "noise": "noise = np.random.rand(len(X), 1)",
    "loop": "for alpha in [0.5, 2.0]:\n    model = Ridge(alpha=alpha).fit(X + noise, y)\n    score = model.score(X, y)",
    "class": "class Mine(Ridge):\n    pass\nmine = Mine().fit(X, y)",
    "own": "rng = np.random.default_rng()\nodd = Ridge().fit(X * rng.random((len(X), 1)), y)",
    "fails": "bad = Ridge(alpha='none').fit(X, y)",
    "slow": "time.sleep(60 if os.environ.get('SLOW') else 0)\nlate = Ridge(alpha=3.0).fit(X, y)",
    "writes": "with open(PLACE[::-1] + '/written.txt', 'w') as file:\n    file.write('x')\nsecond = Ridge(alpha=4.0).fit(X, y)",
    "partly": "weights = np.ones(len(X))\nextra = open('extra.txt')\nextra.close()",
    "weighted": "light = Ridge(alpha=6.0).fit(X, y, weights)",
    "seeded": "few = np.random.RandomState(0).permutation(8)[:5]\nsmall = Ridge(alpha=7.0).fit(X[few], y[few])",
    "later": "final = Ridge(alpha=5.0).fit(X, y)\npredicted = final.predict(X)",
    "measured": "from sklearn.metrics import r2_score\nr2 = r2_score(y, predicted)",
}


@pytest.fixture(scope="module")
def notebook(project):
    (project.folder / "extra.txt").write_text("")
    for name, source in CELLS.items():
        # Backwards, so that the path is not found in the source and led into the copy.
        project.run(name, source.replace("PLACE", repr(str(project.folder)[::-1])))
    for name in ("written.txt", "extra.txt"):
        (project.folder / name).unlink()
    return project


@pytest.fixture(scope="module", autouse=True)
def own_temporary_folder(tmp_path_factory):
    """Others on the machine may reproduce too: their copies are not ours to count."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("temporary")
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield
        patch.setattr(tempfile, "tempdir", None)


def leftovers():
    return list(Path(tempfile.gettempdir()).glob("nbtrack-reproduce-*"))


def test_a_run_that_nobody_seeded_comes_out_the_same_and_says_so(notebook):
    before = leftovers()
    seen = []
    result = notebook.reproduce("loop", 1, progress=seen.append)
    assert result.verdict is Verdict.SAME, result
    assert result.unseeded == ("numpy",)
    assert [each.equal for each in (*result.datasets, *result.params, *result.metrics)]
    assert result.model.by == "digest"
    sources = [each.step.execution.source for each in seen if each.outcome]
    assert sources == [CELLS[name] for name in ("imports", "data", "noise", "loop")]
    assert leftovers() == before
    assert notebook.record("loop", 1).reproduction.verdict is Verdict.SAME
    assert notebook.record("loop", 0).reproduction is None


def test_a_changed_file_is_named_and_the_run_before_it_is_the_same_again(notebook):
    file = notebook.folder / "data.csv"
    text = file.read_text()
    file.write_text(text.replace("9", "10"))
    try:
        result = notebook.reproduce("class")
    finally:
        file.write_text(text)
    assert result.verdict is Verdict.DIFFERENT
    divergence = result.first_divergence
    assert (divergence.reason, divergence.subject, divergence.sure) == (Cause.FILE, "data.csv", True)
    assert divergence.execution_id == notebook.record("class").depends_on[1].execution_id
    again = notebook.reproduce("class")
    assert again.verdict is Verdict.SAME, again
    # The class is another in each process: its bytes say nothing, what the models contain does.
    assert again.model.by == "content"
    with Store.open(notebook.folder / ".nbtrack") as store:
        kept = reproductions(store, notebook.made["class"][0])
    assert [each.verdict for each in kept] == [Verdict.DIFFERENT, Verdict.SAME]


def test_a_missing_file_and_a_generator_seeded_by_the_system_are_named(notebook):
    own = notebook.reproduce("own")
    assert own.verdict is Verdict.DIFFERENT
    assert own.first_divergence.reason is Cause.RANDOM
    assert own.first_divergence.execution_id == notebook.record("own").execution.id
    file = notebook.folder / "data.csv"
    text = file.read_text()
    file.unlink()
    try:
        result = notebook.reproduce("class")
    finally:
        file.write_text(text)
    assert result.verdict is Verdict.FAILED
    assert (result.first_divergence.reason, result.first_divergence.sure) == (Cause.FILE_MISSING, True)
    assert result.executions == 2


def test_a_run_that_failed_is_the_same_where_it_fails_the_same_way(notebook):
    assert notebook.record("fails").state is State.FAILED
    result = notebook.reproduce("fails")
    assert result.verdict is Verdict.SAME, result
    assert result.error.equal is True


def test_the_users_files_are_not_written_by_absolute_path(notebook):
    result = notebook.reproduce("writes")
    assert not (notebook.folder / "written.txt").exists()
    assert result.verdict is Verdict.FAILED
    assert result.first_divergence.reason is Cause.WRITE


def test_going_on_after_a_failure_that_changed_nothing_is_close_and_names_it(notebook):
    result = notebook.reproduce("weighted", keep_going=True)
    assert result.verdict is Verdict.CLOSE, result
    assert (result.first_divergence.reason, result.first_divergence.subject) == (
        Cause.FILE_MISSING,
        "extra.txt",
    )
    assert result.first_divergence.execution_id == notebook.record("weighted").depends_on[2].execution_id


def test_with_another_seed_and_another_package_it_is_not_the_same(notebook):
    with Store.open(notebook.folder / ".nbtrack") as store:
        plan = make_plan(store, store.get_run(notebook.made["seeded"][0]))
        last = plan.steps[-1]
        other = replace(last, source=last.source.replace("RandomState(0)", "RandomState(1)"))
        packages = {**plan.run.environment.packages, "numpy": "0.1"}
        run = replace(plan.run, environment=replace(plan.run.environment, packages=packages))
        changed = replace(plan, run=run, steps=(*plan.steps[:-1], other))
        (result,) = reproduce_together(store, [changed], Options())
    assert result.verdict is Verdict.DIFFERENT
    assert [each.equal for each in result.datasets] == [False, False]
    assert [(each.name, each.then) for each in result.packages] == [("numpy", "0.1")]
    assert (result.first_divergence.reason, result.first_divergence.subject) == (Cause.PACKAGE, "numpy")
    assert result.first_divergence.sure is False


def test_a_metric_measured_in_a_later_cell_is_measured_again(notebook):
    assert {each.name for each in notebook.record("later").metrics} == {"r2"}
    result = notebook.reproduce("later")
    assert result.verdict is Verdict.SAME, result
    assert [(each.name, each.equal) for each in result.metrics] == [("r2", True)]
    assert result.executions == 4


def test_the_time_limit_holds(notebook, monkeypatch):
    monkeypatch.setenv("SLOW", "1")
    slow = notebook.reproduce("slow", timeout_seconds=9)
    assert slow.verdict is Verdict.FAILED
    assert slow.first_divergence.reason is Cause.TIMEOUT
    assert slow.duration_seconds < 40


def test_an_interrupt_ends_the_kernel_and_is_marked(notebook):
    def interrupt(progress):
        if progress.outcome is not None:
            raise KeyboardInterrupt

    before = leftovers()
    with pytest.raises(KeyboardInterrupt):
        notebook.reproduce("loop", 0, progress=interrupt)
    assert leftovers() == before
    with Store.open(notebook.folder / ".nbtrack") as store, store.view() as connection:
        states = connection.execute("SELECT state FROM reproductions ORDER BY pk DESC").fetchall()
    assert states[0] == ("CANCELED",)
    assert notebook.record("loop", 0).reproduction is None


def test_repeats_with_seeds_tell_the_spread_of_each_metric(notebook):
    with Store.open(notebook.folder / ".nbtrack") as store:
        run = store.get_run(notebook.made["loop"][0])
        found = check_stability(store, run, seed=3, repeats=2)
        assert stabilities(store, run.id) == [found]
    assert found.metrics
    assert all(len(set(each.values)) == 2 for each in found.metrics), found
    assert found.failed == ()
    assert found.seeds == (3, 4)
    assert found.seeds_itself == ()


def test_the_command_ends_with_one_where_the_run_is_different(notebook):
    arguments = ["--store", str(notebook.folder), "reproduce", notebook.made["own"][0], "--json"]
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["verdict"] == "different"
    assert "3 of 3" in result.stderr


@pytest.mark.parametrize(
    ("options", "more", "message"),
    [
        ({"tolerance": -1}, {}, "tolerance"),
        ({"timeout_seconds": 0}, {}, "time limit"),
        ({}, {"repeats": 3}, "seed"),
        ({}, {"seed": -1}, "Seeds -1"),
        ({"python": os.devnull}, {}, "No kernel could be started"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(notebook, options, more, message):
    with pytest.raises(UsageError, match=message):
        reproduce_run(notebook.folder / ".nbtrack", "last", Options(**options), **more)
