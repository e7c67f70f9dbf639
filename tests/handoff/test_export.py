"""Bundles of real models: what is in them, that they are the same each time, that they prove themselves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbtrack.errors import ExportFailed, UsageError
from nbtrack.handoff.archive import write_zip
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.handoff.preview import preview
from nbtrack.handoff.staging import staging_for
from nbtrack.store import Store
from nbtrack.store.audit import audit
from nbtrack.store.lock import try_lock
from nbtrack.store.registry import exports, register

from .conftest import QUICK

NOTE = "data of /home/ann/churn, password='hunter2hunter2'"


@pytest.mark.parametrize(
    ("label", "format_"),
    [
        ("LogisticRegressionPipeline-1", "skops"),
        ("LGBMClassifier-1", "lightgbm"),
        ("Net-1", "safetensors"),
        ("LogisticRegressionPipeline-3", "skops"),
    ],
)
def test_a_model_is_written_in_the_safe_format_of_its_library_and_predicts_the_same(bundles, label, format_):
    made = bundles(label)
    assert (made.format, made.safe, made.predicted) == (format_, True, True)
    files = {path.relative_to(made.path).as_posix() for path in Path(made.path).rglob("*") if path.is_file()}
    assert {
        "MLmodel", "card.md", "train.py", "verify.py", "manifest.json", "lineage.json", "profile.json", "Dockerfile",
        "environment/requirements.txt", "environment/pyproject.toml", "example/input.json", "example/expected.json",
        "model/model.json", "code/bundle_model.py",
    } <= files  # fmt: skip


def test_a_model_that_no_safe_format_takes_is_a_pickle_and_everything_says_so(bundles):
    made = bundles("LogisticRegressionPipeline-2")
    assert (made.format, made.safe) == ("cloudpickle", False)
    assert any("pickle" in text for text in made.warnings)
    assert any(format_ == "skops" and "<lambda>" in reason for format_, reason in made.refused)
    assert "pickle" in (Path(made.path) / "card.md").read_text("utf-8")
    assert json.loads((Path(made.path) / "manifest.json").read_text("utf-8"))["model"]["safe"] is False


def test_classes_of_the_notebook_go_along_as_source_with_what_they_need(bundles):
    text = (Path(bundles("Net-1").path) / "code" / "model_source.py").read_text("utf-8")
    assert "class Net(torch.nn.Module):" in text
    assert "HIDDEN = 4" in text
    assert "optimizer" not in text


def test_equal_runs_give_equal_bytes(bundles, store, tmp_path):
    label = "LogisticRegressionPipeline-1"
    again = export(store, store.get_run(label), tmp_path / "again", options=QUICK)
    assert again.digest == bundles(label).digest
    write_zip(tmp_path / "again", tmp_path / "one.zip", 1e9)
    write_zip(Path(bundles(label).path), tmp_path / "two.zip", 1e9)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_bundle_checks_itself_where_nbtrack_cannot_be_imported(bundles, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['nbtrack'] = None\n")
    done = subprocess.run(
        [sys.executable, str(Path(bundles().path) / "verify.py"), "--predict", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert {one["subject"] for one in told["checks"] if one["check"] == "predict"} == {
        "predict",
        "predict_proba",
    }


@pytest.fixture(scope="module")
def champion(trained, tmp_path_factory):
    """A registered run with a note and a tag that hold secrets, exported as it is named by its alias."""
    place = tmp_path_factory.mktemp("champion")
    shutil.copytree(trained, place / "project")
    with Store.open(place / "project" / ".nbtrack") as store:
        run = store.get_run("XGBClassifier-1")
        store.update_run(run.id, note=NOTE, tags={"token": "ghp_" + "a1B2" * 9})
        register(store, run.id, "churn", alias="champion")
        steps = []
        run = store.get_run("churn@champion")
        made = export(
            store, run, place / "out", options=QUICK, on_progress=lambda *told: steps.append(told[1:])
        )
        yield SimpleNamespace(store=store, run=run, made=made, steps=steps, path=place / "out")


def test_an_export_is_remembered_and_audited(champion):
    (told,) = exports(champion.store, champion.run.id)
    assert f"sha256:{told.manifest}" == champion.made.digest
    assert [one.action for one in audit(champion.store, subject=champion.run.id)] == ["export"]


def test_progress_is_told_step_by_step(champion):
    assert champion.steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_card_names_the_version_and_its_alias(champion):
    card = (champion.path / "card.md").read_text("utf-8")
    assert card.startswith("---\nlibrary_name:")
    assert "# churn" in card
    assert "`churn:v1` (champion)" in card


def test_secrets_and_home_paths_are_in_no_file_of_the_bundle(champion):
    for file in champion.path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            found = [secret for secret in (b"hunter" + b"2", b"/home/ann", b"a1B2a1B2") if secret in data]
            assert found == [], (file, data[data.find(found[0]) - 80 :][:160])


def test_example_rows_are_made_up_within_the_ranges_of_the_data(champion):
    rows = json.loads((champion.path / "example" / "input.json").read_text("utf-8"))
    assert rows["columns"] == ["age", "income"]
    assert all(18 <= age < 90 for age, _ in rows["data"])


def test_real_example_rows_come_from_a_file_that_is_named(store, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("age,income\n20,1000.5\n80,99999.25\n")
    made = export(
        store, store.get_run("XGBClassifier-1"), tmp_path / "out", options=Options(example=file, lock=False)
    )
    rows = json.loads((tmp_path / "out" / "example" / "input.json").read_text("utf-8"))
    assert rows["data"] == [[20, 1000.5], [80, 99999.25]]
    assert "The example rows are real data." in made.warnings


def test_the_card_holds_a_version_against_the_one_before_where_the_rows_are_the_same(gated, tmp_path):
    gated(
        "clf = DummyClassifier().fit(X_train, y_train)\naccuracy = accuracy_score(y_test, clf.predict(X_test))"
    )
    with Store.open(gated.folder) as store:
        register(store, store.get_run("last").id, "tumour")
    gated(
        "clf = DecisionTreeClassifier(max_depth=3).fit(X_train, y_train)\n"
        "accuracy = clf.score(X_test, y_test)\nprint(clf.score(X_train, y_train))"
    )
    with Store.open(gated.folder) as store:
        run = store.get_run("last")
        register(store, run.id, "tumour")
        export(store, store.get_run(run.id), tmp_path / "out", options=QUICK)
    card = (tmp_path / "out" / "card.md").read_text("utf-8")
    front, _, text = card.partition("\n# tumour\n")
    assert "pipeline_tag: tabular-classification" in front
    assert 'name: "X_test"' in front
    assert "X_train" not in front
    _, _, compared = text.partition("## Compared with the version before\n")
    assert compared.splitlines()[1] == "With `tumour:v1` (DummyClassifier-1):"
    assert compared.splitlines()[5].startswith("| accuracy | X_test | 0.6")
    assert compared.splitlines()[5].endswith("| yes |")
    assert "| X_test | X_test | 143 | none |" in text


def test_rows_that_were_kept_leave_only_on_request_and_the_bundle_says_so(gated, tmp_path):
    gated("%%track --keep-data\nclf = DecisionTreeClassifier(max_depth=2).fit(X_train, y_train)")
    with Store.open(gated.folder) as store:
        run = store.get_run("last")
        rows = {}
        for name, real in (("made up", False), ("real", True)):
            made = export(store, run, tmp_path / name, options=Options(real_example=real, lock=False))
            rows[name] = json.loads((tmp_path / name / "example" / "input.json").read_text("utf-8"))["data"]
            assert ("The example rows are real data." in made.warnings) is real
            assert made.predicted
        assert preview(store, run, Options(real_example=True)).example_origin == "real"
    first = gated.names["X_train"].head().to_numpy().tolist()
    assert rows["real"] == first
    kept = {tuple(row) for row in first}
    assert kept.isdisjoint(map(tuple, rows["made up"]))


def test_a_format_that_does_not_take_the_model_is_refused_with_its_reason(store, tmp_path):
    run = store.get_run("LogisticRegressionPipeline-2")
    with pytest.raises(ExportFailed, match="lambda"):
        export(store, run, tmp_path / "out", options=Options(format="skops", lock=False))
    assert list(tmp_path.glob("*out*")) == []
    assert list(tmp_path.glob(".nbtrack-export-*")) == []


def test_what_an_export_could_not_take_away_goes_with_the_next_and_what_another_writes_in_stays(tmp_path):
    killed, half_gone, another = (tmp_path / f".nbtrack-export-{name}" for name in ("k", "h", "a"))
    for folder in (killed, half_gone, another):
        folder.mkdir()
    (killed / "lock").touch()
    (killed / "model").mkdir()
    (killed / "model" / "model.pkl").write_bytes(b"half")
    (another / "lock").touch()
    with (another / "lock").open("r+") as file:
        assert try_lock(file.fileno())
        with staging_for(tmp_path / "out") as mine:
            assert sorted(tmp_path.glob(".nbtrack-export-*")) == sorted([another, mine])
    assert list(tmp_path.glob(".nbtrack-export-*")) == [another]


def test_a_wrong_request_is_refused_before_anything_is_loaded(store, tmp_path):
    run = store.get_run("LogisticRegressionPipeline-1")
    with pytest.raises(UsageError, match=r"take skops, onnx, cloudpickle"):
        export(store, run, tmp_path / "out", options=Options(format="pmml"))
    with pytest.raises(UsageError, match="make it first"):
        export(store, run, tmp_path / "no" / "out")
    with pytest.raises(UsageError, match="keep-data"):
        export(store, run, tmp_path / "out", options=Options(real_example=True, lock=False))
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="--force"):
        export(store, run, tmp_path / "there")


def test_the_preview_says_what_leaves_and_loads_nothing(store):
    run = store.get_run("LogisticRegressionPipeline-1")
    store.update_run(run.id, note=NOTE)
    told = preview(store, store.get_run(run.id))
    assert told.formats[0] == "skops"
    assert told.columns == (("age", "int64"), ("income", "float64"))
    assert told.example_origin == "synthetic"
    assert "hunter2" not in told.texts["note"]
    assert "ann" not in told.texts["note"]


def test_a_class_of_a_module_of_the_project_goes_along_as_that_module(tmp_path):
    """The cells run in a process of their own: the module is found in its folder only."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "ourparts.py").write_text(
        "import numpy as np\nfrom sklearn.base import BaseEstimator, TransformerMixin\n\n\n"
        "class Doubled(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n        self.fitted_ = True\n        return self\n\n"
        "    def transform(self, X):\n        return np.asarray(X) * 2\n"
    )
    (project / "script.py").write_text(
        "import numpy as np, nbtrack\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell()\n"
        "for cell in ['%load_ext nbtrack', 'import numpy as np, ourparts\\n"
        "from sklearn.linear_model import LinearRegression\\nfrom sklearn.pipeline import make_pipeline\\n"
        "X = np.arange(20.0).reshape(10, 2); y = X[:, 0]', 'm = make_pipeline(ourparts.Doubled(), LinearRegression())"
        ".fit(X, y)', '%unload_ext nbtrack']:\n"
        "    shell.run_cell(cell, store_history=True).raise_error()\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project,
        env={
            **os.environ,
            "IPYTHONDIR": str(tmp_path),
            "PYTHONPATH": os.pathsep.join([str(project), *sys.path]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Store.open(project / ".nbtrack") as store:
        made = export(store, store.get_run("last"), tmp_path / "out", options=QUICK)
    assert (made.format, made.predicted) == ("skops", True), made.refused
    assert "class Doubled" in (tmp_path / "out" / "code" / "ourparts.py").read_text("utf-8")
