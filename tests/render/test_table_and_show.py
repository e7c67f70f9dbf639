import dataclasses
from datetime import datetime

import pytest

from nbtrack.records import CellError, Metric, Param, Point, State, Trials
from nbtrack.render.highlights import differing_params
from nbtrack.render.plain import width
from nbtrack.render.show import run_text
from nbtrack.render.table import runs_table

NOW = datetime(2027, 5, 1).astimezone()

TABLE = """\
label                     state     experiment  accuracy  C    solver  n_estimators  when          took
RandomForestClassifier-3  COMPLETE  forest         0.973               200           2026-11-23  410 ms
LogisticRegression-1      COMPLETE  churn          0.901  0.1  lbfgs                 2026-11-23  410 ms
LogisticRegression-2      COMPLETE  churn          0.910  1.0  lbfgs                 2026-11-23  410 ms
LogisticRegression-3      COMPLETE  churn          0.950  5.0  lbfgs                 2026-11-23  410 ms"""


@pytest.fixture
def runs(make_run):
    loop = [
        make_run(
            label=f"LogisticRegression-{i}",
            params=(
                Param(name="C", value=c, origin="loop"),
                Param(name="solver", value="lbfgs", origin="constructor"),
            ),
            metrics=(Metric(name="accuracy", value=0.9 + c / 100, origin="call"),),
        )
        for i, c in enumerate((0.1, 1.0, 5.0), start=1)
    ]
    return [make_run(experiment="forest"), *loop]


def test_the_table_has_the_scores_and_the_params_that_tell_runs_apart(runs):
    assert runs_table(runs, 104, NOW) == TABLE


@pytest.mark.parametrize("columns", [30, 40, 60, 80, 100, 200])
def test_the_table_fits_the_terminal_and_never_cuts_a_label(runs, columns):
    lines = runs_table(runs, columns, NOW).splitlines()
    assert max(map(width, lines)) <= columns
    assert lines[1].startswith("RandomForestClassifier-3")


def test_in_a_narrow_terminal_the_score_stays_longest(runs):
    assert runs_table(runs, 36, NOW).splitlines()[0].split() == ["label", "accuracy"]
    assert runs_table(runs, 46, NOW).splitlines()[0].split() == ["label", "state", "accuracy"]


def test_a_label_wider_than_the_terminal_stands_alone(runs):
    assert runs_table(runs, 5, NOW).splitlines()[1] == "RandomForestClassifier-3"


def test_no_runs_are_said_in_words():
    assert runs_table([]) == "No runs."


def test_a_chosen_param_is_compared_with_the_default_of_others(make_run):
    chosen = make_run(params=(Param(name="C", value=2.0, origin="constructor"),))
    default = make_run(params=(Param(name="C", value=1.0, origin="default"),))
    same = make_run(params=(Param(name="C", value=2.0, origin="default"),))
    assert differing_params([chosen, default]) == ["C"]
    assert differing_params([chosen, same]) == []
    assert differing_params([default, default]) == []
    assert differing_params([chosen]) == ["C"]


def test_what_a_loop_varied_comes_before_what_differs_by_chance(make_run):
    runs = [
        make_run(
            params=(
                Param(name="seed", value=i, origin="variable"),
                Param(name="C", value=i / 10, origin="loop"),
                Param(name="solver", value="lbfgs", origin="constructor"),
            )
        )
        for i in range(3)
    ]
    assert differing_params(runs) == ["C", "seed"]


def test_a_param_that_says_what_an_earlier_one_says_is_left_out(make_run):
    runs = [
        make_run(
            params=(
                Param(name="C", value=value, origin="loop"),
                Param(name="svc__C", value=value, origin="constructor"),
            )
        )
        for value in (0.1, 1.0)
    ]
    assert differing_params(runs) == ["C"]


def test_a_redacted_param_is_not_shown(make_run):
    run = make_run(params=(Param(name="token", value="hunter2", origin="variable", redacted=True),))
    assert "(redacted)" in runs_table([run], 200, NOW)
    assert "(redacted)" in run_text(run)
    assert "hunter2" not in runs_table([run], 200, NOW) + run_text(run)


def test_one_run_is_shown_whole(make_run):
    text = run_text(make_run())
    sections = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert sections == [
        "RandomForestClassifier-3  COMPLETE",
        "Params",
        "Metrics",
        "Data",
        "Files",
        "Model",
        "Source",
        "Depends on",
        "Environment",
    ]
    for line in (
        "  id          01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66",
        "  notebook    churn.ipynb  cell c12  [7]",
        "  constructor  n_estimators  200",
        "  variable     lr            0.001",
        "  and 1 at its default",
        "  accuracy  0.973  on X_test by call",
        "  X_train  train  pandas.DataFrame  455×30  b3:9f3a00000000…",
        "  data/churn.csv  b3:c5c500000000…  48 kB",
        "  class     sklearn.ensemble._forest.RandomForestClassifier",
        "  clf.fit(X_train, y_train)",
        "  [2]",
        "  packages  scikit-learn 1.9.1",
    ):
        assert line in text.splitlines()


def test_a_curve_is_a_sparkline_of_the_points_at_hand(make_run):
    points = tuple(Point(i, 8.0 - i, 0.0) for i in range(8))
    metric = Metric(name="loss", value=1.0, origin="loop", points=8)
    run = make_run(metrics=(metric,))
    assert "  loss  1.0  █▇▆▅▄▃▂▁ 8 points  by loop" in run_text(run, {"loss": points}).splitlines()
    assert "  loss  1.0  8 points  by loop" in run_text(run).splitlines()
    carried = make_run(metrics=(dataclasses.replace(metric, curve=points),))
    assert "█▇▆▅▄▃▂▁ 8 points" in run_text(carried)


def test_a_failed_and_annotated_run_says_so(make_run):
    run = make_run(
        starred=True, tags={"team": "risk"}, note="look again", capture_notes=("The model is gone.",)
    )
    error = CellError(name="ValueError", message="bad\nshape", traceback="…")
    run = dataclasses.replace(
        run, state=State.FAILED, execution=dataclasses.replace(run.execution, error=error), fits=3, name="try"
    )
    lines = run_text(run).splitlines()
    assert lines[0] == "RandomForestClassifier-3  FAILED ValueError  ★"
    for line in (
        "  ValueError: bad\\nshape",
        "  look again",
        "  The model is gone.",
        "  tags        team=risk",
    ):
        assert line in lines


def test_trials_are_a_table_cut_at_twenty_rows(make_run):
    trials = Trials(columns=("C", "score"), rows=tuple((i, i / 100) for i in range(25)))
    lines = run_text(make_run(trials=trials)).splitlines()
    start = lines.index("Trials")
    assert lines[start + 1 : start + 3] == ["  C   score", "  0   0.0"]
    assert lines[start + 22] == "  and 5 more"


def test_all_packages_are_shown_on_lines_that_can_be_read(make_run):
    environment = dataclasses.replace(
        make_run().environment, packages={f"some-package-{i}": "1.0" for i in range(40)}
    )
    lines = run_text(make_run(environment=environment)).splitlines()
    assert max(map(width, lines)) < 120
    assert sum(line.count("some-package-") for line in lines) == 40


def test_a_run_with_nothing_but_itself_is_shown(make_run):
    bare = make_run(model=None, params=(), metrics=(), datasets=(), files=(), depends_on=(), environment=None)
    assert "Params" not in run_text(bare)
    assert "started" in run_text(bare)
