"""The example notebooks in real kernels: they run from top to bottom, and what they show is what was recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nbtrack.records import State
from nbtrack.store import Store

pytestmark = pytest.mark.kernel

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Executed:
    """An example after it ran: its outputs by cell id, and the runs it made, oldest first."""

    def __init__(self, name, folder):
        shutil.copy(EXAMPLES / name, folder)
        self.notebook = nbformat.read(folder / name, as_version=4)
        NotebookClient(
            self.notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
        with Store.open(folder / ".nbtrack") as store:
            self.runs = [store.get_run(run.id) for run in reversed(store.find_runs())]

    def outputs(self, cell_id):
        (cell,) = [cell for cell in self.notebook.cells if cell.id == cell_id]
        return cell.outputs

    def text(self, cell_id):
        return "".join(out.text for out in self.outputs(cell_id) if out.output_type == "stream")

    def shown(self, cell_id):
        """What the cell's last expression shows, by media type."""
        return [out.data for out in self.outputs(cell_id) if out.output_type == "execute_result"][-1]

    def card(self, cell_id):
        """The line under a cell."""
        return [out.data["text/plain"] for out in self.outputs(cell_id) if out.output_type == "display_data"][
            -1
        ]


@pytest.fixture
def execute(tmp_path, monkeypatch):
    for name in ("MPLBACKEND", "JPY_SESSION_NAME", "NBTRACK_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return lambda name: Executed(name, tmp_path)


def value(run, name):
    return {metric.name: metric.value for metric in run.metrics}[name]


def chosen(run):
    return {param.name: param.value for param in run.params if param.origin != "default"}


def test_a_pytorch_loop_is_one_run_with_curves_and_its_later_accuracy(execute):
    pytest.importorskip("torch")
    done = execute("02_pytorch_loop.ipynb")
    (run,) = done.runs
    assert run.state is State.COMPLETE
    assert {"lr": 0.05, "epochs": 12, "hidden": 32}.items() <= chosen(run).items()
    curves = {metric.name: metric.points for metric in run.metrics if metric.points > 1}
    assert curves["train_loss"] == 12
    assert f"accuracy {value(run, 'accuracy'):.4f}" in done.text("test")
    assert "image/png" in done.shown("plot")


def test_a_search_is_one_run_with_its_trials_and_the_final_fit_another(execute):
    pytest.importorskip("xgboost")
    done = execute("03_xgboost_search.ipynb")
    search, final = done.runs
    assert len(search.trials.rows) == 8
    assert f"accuracy {round(value(search, 'accuracy'), 4)}" in done.text("score")
    assert chosen(final)["early_stopping_rounds"] == 15
    assert any(metric.points > 10 for metric in final.metrics)
    assert "text/html" in done.shown("trials")


def test_the_diff_names_the_columns_and_the_param_and_the_test_is_named(execute):
    done = execute("04_why_did_the_score_change.ipynb")
    first, second = done.runs
    assert value(second, "accuracy") < value(first, "accuracy")
    why = done.shown("diff")["text/plain"]
    assert "proline" in why
    assert "1.0 → 0.01" in why
    assert "McNemar's exact test" in done.text("compare")
    assert "the same 72 rows of y_test" in done.text("compare")
    streams = [out.get("name") for cell in done.notebook.cells for out in cell.get("outputs", [])]
    assert "stderr" not in streams


def test_the_model_handed_over_is_the_best_one_and_answers_to_its_name(execute):
    done = execute("05_hand_over_a_model.ipynb")
    best = min(done.runs, key=lambda run: value(run, "mean_absolute_error"))
    assert best.label in done.shown("choose")["text/plain"]
    assert "diabetes" in done.text("register")
    assert done.text("which-model").strip() == str(round(value(best, "mean_absolute_error"), 2))
    assert best.label in done.shown("ask")["text/plain"]
    compile(done.text("which-code"), "script.py", "exec")
