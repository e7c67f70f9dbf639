"""Why two runs differ."""

import dataclasses
import json
import math

import pytest

import nbtrack
from nbtrack.cli.program import run as command
from nbtrack.records import Content, Dataset, Environment, Metric, Model, Param, SourceFile
from nbtrack.render.difference_html import difference_html
from nbtrack.render.differences import difference_text


def param(name, value, origin="constructor", **more):
    return Param(name=name, value=value, origin=origin, **more)


def metric(name, value, dataset=None):
    return Metric(name=name, value=value, origin="call", dataset=dataset)


def data(name, digest, role="train", shape=(4, 2), **more):
    return Dataset(
        name=name, role=role, content=Content(digest=digest, kind="pandas.DataFrame", shape=shape, **more)
    )


def model(name, size=1000, digest="b3:aa", module="sklearn.svm._classes"):
    return Model(class_name=name, module=module, framework="sklearn", size_bytes=size, digest=digest)


def environment(python="3.11.7", platform="Linux", gpus=None, **packages):
    hardware = {} if gpus is None else {"gpus": gpus}
    return Environment(
        digest=f"b3:{python}{platform}{packages}",
        python=python,
        platform=platform,
        packages=packages,
        hardware=hardware,
    )


def test_a_run_is_no_different_from_itself(project):
    run = project.run("a = 1", "fit(a)", metrics=(metric("accuracy", math.nan),))
    found = project.diff(run, run)
    assert found.reasons == ()
    assert found.same["code"] == 2
    assert found.same["metric"] == 1
    assert "No difference" in difference_text(found)


# --- params


def test_params_come_in_the_order_of_their_origin(project):
    then = project.run(params=(param("depth", 3), param("lr", 0.1, "variable"), param("C", 1, "loop"), param("tol", 1, "default")))  # fmt: skip
    now = project.run(params=(param("depth", 5), param("lr", 0.2, "variable"), param("C", 2, "loop"), param("tol", 2, "default")))  # fmt: skip
    assert project.reasons(then, now) == [
        ("param", "C", 1, 2),
        ("param", "depth", 3, 5),
        ("param", "lr", 0.1, 0.2),
        ("param", "tol", 1, 2),
    ]


def test_a_chosen_value_is_compared_with_the_default_it_replaced(project):
    then = project.run(params=(param("C", 1.0, "default"),))
    now = project.run(params=(param("C", 10.0),))
    (reason,) = project.diff(then, now).reasons
    assert (reason.then, reason.now, reason.detail) == (1.0, 10.0, "default then, constructor now")


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [(1, 1.0, False), (1, True, True), (0, False, True), ("1", 1, True), ([1, 2], [1, 2], False), (None, 0, True)],
)  # fmt: skip
def test_values_are_compared_as_people_mean_them(project, old, new, differ):
    then, now = project.run(params=(param("p", old),)), project.run(params=(param("p", new),))
    assert bool(project.reasons(then, now)) is differ


def test_defaults_that_only_one_class_has_are_no_reason(project):
    then = project.run(params=(param("a", 1), param("b", 2, "default")))
    now = project.run(params=(param("c", 1), param("d", 2, "default")))
    found = project.diff(then, now).reasons
    assert [(each.subject, each.detail) for each in found] == [
        ("c", "constructor, now only"),
        ("a", "constructor, then only"),
    ]
    assert "— → 1" in difference_text(project.diff(then, now))


def test_a_replaced_secret_is_never_called_equal_to_an_open_value(project):
    hidden = param("token", "\u2039redacted\u203a", redacted=True)
    shown = param("token", "open")
    assert project.reasons(project.run(params=(hidden,)), project.run(params=(hidden,))) == []
    assert len(project.reasons(project.run(params=(hidden,)), project.run(params=(shown,)))) == 1


def test_a_pipelines_name_for_a_param_does_not_say_it_again(project):
    then = project.run(params=(param("C", 1, "loop"), param("svc__C", 1), param("svc__tol", 1)))
    now = project.run(params=(param("C", 2, "loop"), param("svc__C", 2), param("svc__tol", 2)))
    assert [each[1] for each in project.reasons(then, now)] == ["C", "svc__tol"]


# --- data and files


def test_data_tells_digest_and_shape(project):
    then = project.run(datasets=(data("X", "b3:01"), data("y", "b3:02", shape=(4,))))
    now = project.run(datasets=(data("X", "b3:03", shape=(6, 2)), data("y", "b3:02", shape=(4,))))
    found = project.diff(then, now)
    (reason,) = found.reasons
    assert (reason.kind, reason.subject, reason.then["digest"], reason.now["shape"]) == (
        "data",
        "X",
        "b3:01",
        [6, 2],
    )
    assert found.same["data"] == 1
    assert "4×2 → 6×2" in difference_text(found)


def test_renamed_data_is_the_same_data(project):
    then = project.run(datasets=(data("X_train", "b3:01"), data("y_train", "b3:02")))
    now = project.run(datasets=(data("target", "b3:02"), data("features", "b3:01")))
    assert project.reasons(then, now) == []


def test_data_by_pickle_is_never_called_changed_between_sessions(project):
    then = project.run(datasets=(data("docs", "b3:01", by_pickle=True),))
    now = project.run(datasets=(data("docs", "b3:02", by_pickle=True),))
    (reason,) = project.diff(then, now).reasons
    assert "unknown" in reason.detail


def test_data_that_only_one_run_has_is_said(project):
    then = project.run(datasets=(data("X", "b3:01"),))
    now = project.run(datasets=(data("X", "b3:01"), data("X_val", "b3:05", role="validation")))
    assert [each[:3] for each in project.reasons(then, now)] == [("data", "X_val", None)]


def test_a_file_that_changed_is_named(project):
    then = project.run(files=(SourceFile(path="a.csv", digest="b3:01", size_bytes=10),))
    now = project.run(
        files=(
            SourceFile(path="a.csv", digest="b3:02", size_bytes=12),
            SourceFile(path="b.csv", digest="b3:03", size_bytes=1),
        )
    )
    found = project.diff(then, now).reasons
    assert [(each.subject, each.detail) for each in found] == [
        ("a.csv", "10 B → 12 B"),
        ("b.csv", "read now only"),
    ]


# --- code


def code(project, then, now, **more):
    return [
        (each.subject, each.detail)
        for each in project.diff(project.run(*then, **more), project.run(*now, **more)).reasons
    ]


def test_only_cells_that_the_runs_need_are_compared(project):
    then = ("a = 1", "note = 'first try'", "fit(a)")
    now = ("a = 1", "note = 'second try'", "other = 3", "fit(a)")
    assert code(project, then, now) == []


def test_comments_spaces_and_line_breaks_are_no_difference(project):
    assert code(project, ("a = f(1,\n      2)", "fit(a)"), ("# why\na = f(1, 2)", "fit( a )")) == []


def test_an_edited_cell_shows_its_lines(project):
    then = ("df = load()\ndf = df.dropna()\nn = len(df)", "fit(df)")
    now = ("df = load()\ndf = df.fillna(0)\nn = len(df)", "fit(df)")
    assert code(project, then, now) == [
        ("cell [1]", " df = load()\n-df = df.dropna()\n+df = df.fillna(0)\n n = len(df)")
    ]


def test_a_cell_left_out_or_added_stands_alone(project):
    then = ("df = load()", "df = df.dropna()", "fit(df)")
    assert code(project, then, ("df = load()", "fit(df)")) == [("cell [2]", "-df = df.dropna()")]
    assert code(project, ("df = load()", "fit(df)"), then) == [("cell [2]", "+df = df.dropna()")]


def test_the_id_of_a_cell_tells_what_it_was_before(project):
    then = project.run("q = 3", "fit(q)", ids=("one", "two"))
    now = project.run("zebra()", "q = something_else(4)", "fit(q)", ids=("new", "one", "two"))
    (reason,) = project.diff(then, now).reasons
    assert (reason.then, reason.now) == ("q = 3", "q = something_else(4)")


def test_cells_that_ran_in_another_order_are_said(project):
    then = ("x = []", "x.append(1)", "x.extend([2, 3])", "fit(x)")
    now = ("x = []", "x.extend([2, 3])", "x.append(1)", "fit(x)")
    ((subject, detail),) = code(project, then, now)
    assert subject in {"cell [2] → [3]", "cell [3] → [2]"}
    assert detail == "ran at another place in the order"


def test_the_cell_that_measured_later_counts(project):
    then = project.run("m = fit()", "acc = score(m, X_test)")
    now = project.run("m = fit()", "acc = score(m, X_train)")

    def fitted(run):
        first, second = project.store.executions(run.execution.session_id)
        late = dataclasses.replace(metric("acc", 1.0), execution_id=second.id)
        return dataclasses.replace(run, execution=first, metrics=(late,))

    assert [each.kind for each in project.diff(fitted(then), fitted(now)).reasons] == ["code"]


# --- seeds


def test_seeds_have_a_kind_of_their_own(project):
    then, now = (
        project.run(params=(param("random_state", 0),)),
        project.run(params=(param("random_state", 1),)),
    )
    assert project.reasons(then, now) == [("seed", "random_state", 0, 1)]


def test_a_seeding_call_tells_its_seed_also_through_a_name(project):
    then = project.run("import numpy as np\nSEED = 1\nnp.random.seed(SEED)", "x = np.random.rand(3)\nfit(x)")
    now = project.run("import numpy as np\nSEED = 2\nnp.random.seed(SEED)", "x = np.random.rand(3)\nfit(x)")
    assert ("seed", "numpy.random.seed", 1, 2) in project.reasons(then, now)


def test_randomness_that_nobody_seeded_is_said(project):
    cells = ("import numpy as np", "x = np.random.rand(3)\nfit(x)")
    then, now = project.run(*cells), project.run(*cells)
    (reason,) = project.diff(then, now).reasons
    assert (reason.kind, reason.subject) == ("seed", "numpy")
    assert reason.detail == "random numbers drawn without a seed, in both runs"


def test_what_was_seeded_or_has_a_state_of_its_own_is_not_unseeded(project):
    cells = (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\nnp.random.seed(0)",
        "x = np.random.rand(3)",
        "RandomForestClassifier(random_state=1).fit(x)",
    )
    assert project.reasons(project.run(*cells), project.run(*cells)) == []


def test_a_generator_without_a_seed_is_said(project):
    cells = ("import numpy as np\nrng = np.random.default_rng()", "fit(rng.normal(size=3))")
    assert project.reasons(project.run(*cells), project.run(*cells)) == [("seed", "generator", None, None)]


# --- environment


def test_only_distributions_that_the_slice_imports_count(project):
    cells = ("from sklearn.svm import SVC\nimport cv2", "SVC().fit(cv2)")
    versions = {"scikit-learn": "1.8", "opencv-python": "4.1", "unused": "1"}
    newer = {"scikit-learn": "1.9", "opencv-python": "4.2", "unused": "2"}
    then = project.run(*cells, environment=environment(**versions), model=None)
    now = project.run(*cells, environment=environment(python="3.12.1", **newer), model=None)
    assert project.reasons(then, now) == [
        ("environment", "scikit-learn", "1.8", "1.9"),
        ("environment", "opencv-python", "4.1", "4.2"),
        ("environment", "python", "3.11.7", "3.12.1"),
    ]


def test_the_library_of_the_model_counts_without_an_import(project):
    then = project.run(
        environment=environment(xgboost="3.0"), model=model("XGBClassifier", module="xgboost.sklearn")
    )
    now = project.run(
        environment=environment(xgboost="3.1"), model=model("XGBClassifier", module="xgboost.sklearn")
    )
    assert project.reasons(then, now) == [("environment", "xgboost", "3.0", "3.1")]


def test_another_gpu_is_said(project):
    then, now = (
        project.run(environment=environment(gpus=["A"])),
        project.run(environment=environment(gpus=["B"])),
    )
    assert project.reasons(then, now) == [("environment", "gpus", ["A"], ["B"])]


# --- model and metrics


def test_another_class_comes_first_and_the_effects_last(project):
    then = project.run(
        model=model("SVC"), params=(param("C", 1),), metrics=(metric("accuracy", 0.9, "X_test"),)
    )
    now = project.run(
        model=model("NuSVC", size=2000, digest="b3:bb"), params=(param("C", 2),), metrics=(metric("accuracy", 0.95, "X_test"),)
    )  # fmt: skip
    assert [each[:2] for each in project.reasons(then, now)] == [
        ("model", "class"),
        ("param", "C"),
        ("model", "size"),
        ("metric", "accuracy"),
    ]
    assert project.diff(then, now).reasons[-1].detail == "+0.05, on X_test"


def test_a_score_measured_on_other_data_says_so(project):
    then, now = (
        project.run(metrics=(metric("r2", 0.9, "X_train"),)),
        project.run(metrics=(metric("r2", 0.8, "X_test"),)),
    )
    assert project.diff(then, now).reasons[0].detail == "-0.1, on X_train then, on X_test now"


def test_a_score_without_any_recorded_cause_is_not_explained_by_a_guess(project):
    then, now = project.run(metrics=(metric("r2", 0.9),)), project.run(metrics=(metric("r2", 0.8),))
    text = difference_text(project.diff(then, now))
    assert "Nothing that was recorded explains it" in text


# --- shown


def test_the_text_fits_on_a_screen_and_whole_leaves_nothing_out(project):
    then = project.run(*(f"x{n} = {n}" for n in range(40)), f"fit({', '.join(f'x{n}' for n in range(40))})")
    now = project.run(*(f"x{n} = -{n}" for n in range(40)), f"fit({', '.join(f'x{n}' for n in range(40))})")
    found = project.diff(then, now)
    assert len(found.reasons) == 40
    assert len(difference_text(found).splitlines()) < 40
    assert "… and 30 more" in difference_text(found)
    assert "more" not in difference_text(found, whole=True)
    assert max(len(line) for line in difference_text(found, columns=60).splitlines()) <= 60


def test_html_escapes_what_users_wrote(project):
    then = project.run("t = '<script>alert(1)</script>'", "fit(t)", params=(param("<b>", "<i>"),))
    now = project.run("t = '<script>alert(2)</script>'", "fit(t)", params=(param("<b>", "<u>"),))
    html = difference_html(project.diff(then, now))
    assert "<script" not in html
    assert "<u>" not in html
    assert "&lt;script&gt;" in html


def test_the_command_and_python_give_the_same(project, capsys):
    then, now = project.run(params=(param("C", 1),)), project.run(params=(param("C", math.inf and 2),))
    assert command(["diff", then.label, now.label, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == [{"kind": "param", "subject": "C", "then": 1, "now": 2, "detail": "constructor"}]
    made = nbtrack.get(then.label).diff(now.label)
    assert made.to_list() == printed
    assert [each.subject for each in made] == ["C"]
    assert command(["diff", then.label, now.label]) == 0
    assert capsys.readouterr().out.startswith(f"{then.label} → {now.label}")


def test_an_unknown_run_is_named(project, capsys):
    run = project.run()
    assert command(["diff", run.label, "Nothing-7"]) == 2
    assert "Nothing-7" in capsys.readouterr().err
