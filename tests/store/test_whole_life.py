"""A store through a life of any order, beside a plain account of what must be in it."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.errors import UsageError
from nbtrack.handoff.export import export
from nbtrack.handoff.importing import import_bundle
from nbtrack.handoff.options import Options
from nbtrack.handoff.verification import opened, verify
from nbtrack.records import Capture, LateMetric, Metric, ModelBytes, State
from nbtrack.store import Store
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.registry import register, registered_models
from nbtrack.store.removal import remove_runs

numbers = st.floats(allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
folders = count()


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
for cell in (
    "%load_ext nbtrack",
    "from sklearn.linear_model import LinearRegression\\nX, y = [[0.0], [1.0]], [0.0, 1.0]",
    "model = LinearRegression(positive=True).fit(X, y)",
    "%track export last -o bundle --no-lock",
    "%unload_ext nbtrack",
):
    shell.run_cell(cell, store_history=True).raise_error()
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle of another project, whose model is no pickle: it is kept as it came."""
    place = tmp_path_factory.mktemp("another")
    environment = {**os.environ, "IPYTHONDIR": str(place / "ipython")}
    subprocess.run([sys.executable, "-c", NOTEBOOK], cwd=place, env=environment, check=True)
    return place / "bundle"


class Life(RuleBasedStateMachine):
    """What is done to the store, and the same done to dictionaries; ``tally`` counts the steps."""

    def __init__(self, parent, new_kernel, bundle, tally):
        super().__init__()
        self.bundle, self.tally = bundle, tally
        tally["lives"] += 1
        self.folder = parent / str(next(folders)) / ".nbtrack"
        self.folder.parent.mkdir()
        self.new_kernel = new_kernel
        self.runs = {}  # id: what must be there
        self.open = {}  # id of a run in training: the run
        self.models = {}  # registered name: ids of its versions
        self.begin(first=True)

    def begin(self, *, first=False):
        self.store = Store.open(self.folder, create=first)
        self.kernel = self.new_kernel(self.store)

    def some(self, data, among):
        return data.draw(st.sampled_from(sorted(among)))

    @rule(depth=st.integers(), score=numbers, name=words)
    def train(self, depth, score, name):
        run = self.kernel.train({"depth": depth}, {"score": score}, name=name)
        self.runs[run.id] = {"state": State.COMPLETE, "depth": depth, "score": score, "name": name}

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), depth=st.integers(-9, 9), score=numbers)
    def run_a_cell_again(self, data, depth, score):
        """The run that its cell made before stays as it was."""
        before = self.store.get_run(self.some(data, self.runs)).execution
        execution = self.kernel.execution(before.source, cell_id=before.cell_id)
        metric = Metric(name="score", value=score, origin="call")
        run = replace(self.kernel.run(execution, {"depth": depth}), metrics=(metric,))
        self.kernel.save(run)
        self.runs[run.id] = {"state": State.COMPLETE, "depth": depth, "score": score}

    @rule(content=st.binary(min_size=1, max_size=3))
    def train_a_model_that_is_stored(self, content):
        run = self.kernel.run(self.kernel.execution(), {"depth": 0})
        digests = tuple(map(recognised_digest, split([content])))
        model = ModelBytes(
            digest=digest_bytes(content),
            stream=content,
            buffers=(),
            blob_digests=digests,
            size_bytes=len(content),
        )
        (saved,) = self.kernel.save(run, models={run.id: model})
        self.runs[saved.id] = {"state": State.COMPLETE, "depth": 0, "model": content}

    @rule(depth=st.integers(-9, 9))
    def begin_training(self, depth):
        run = self.kernel.open({"depth": depth})
        self.open[run.id] = run
        self.runs[run.id] = {"state": State.RUNNING, "depth": depth, "losses": []}

    @precondition(lambda self: self.open)
    @rule(data=st.data(), values=st.lists(numbers, min_size=1, max_size=5))
    def log(self, data, values):
        run_id = self.some(data, self.open)
        for value in values:
            losses = self.runs[run_id]["losses"]
            self.kernel.log.log(run_id, "loss", len(losses), value, time.time())
            losses.append(value)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), state=st.sampled_from([State.COMPLETE, State.FAILED, State.CANCELED]))
    def finish(self, data, state):
        """Its cell ends, with an error or by an interrupt, too."""
        run = self.open.pop(self.some(data, self.open))
        execution = replace(run.execution, state=state, duration_seconds=0.1)
        self.kernel.save(replace(run, state=state, execution=execution))
        self.runs[run.id]["state"] = state

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), value=numbers)
    def measure_late(self, data, value):
        run_id = self.some(data, self.runs)
        late = LateMetric(run_id=run_id, metric=Metric(name="late", value=value, origin="call"))
        self.kernel.log.save(Capture(execution=self.kernel.execution(), late_metrics=(late,)))
        self.runs[run_id]["late"] = value

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), key=words, value=words, note=words, starred=st.booleans())
    def annotate(self, data, key, value, note, starred):
        run_id = self.some(data, self.runs)
        self.store.update_run(run_id, tags={key: value}, note=note, starred=starred)
        self.runs[run_id].update(note=note, starred=starred)
        self.runs[run_id].setdefault("tags", {})[key] = value

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), name=st.sampled_from(["churn", "fraud"]), alias=st.sampled_from([None, "champion"]))
    def register(self, data, name, alias):
        run_id = self.some(data, self.runs)
        if not {"model", "bundle"} & self.runs[run_id].keys():
            with pytest.raises(UsageError, match="model"):
                register(self.store, run_id, name, alias=alias)
            return
        register(self.store, run_id, name, alias=alias)
        versions = self.models.setdefault(name, [])
        if run_id not in versions:
            versions.append(run_id)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def remove(self, data):
        run_id = self.some(data, self.runs)
        registered = any(run_id in versions for versions in self.models.values())
        kept = run_id in self.open or registered or "exported" in self.runs[run_id]
        if kept:
            with pytest.raises(UsageError):
                remove_runs(self.store, [run_id])
        else:
            remove_runs(self.store, [run_id])
            del self.runs[run_id]

    @rule()
    def import_a_bundle(self):
        run = import_bundle(self.store, self.bundle)
        assert run.params
        self.runs.setdefault(run.id, {"state": State.COMPLETE, "params": run.params, "bundle": True})

    @precondition(lambda self: any("bundle" in must for must in self.runs.values()))
    @rule()
    def export_it_again(self):
        """Byte for byte what it was, for whoever verifies it."""
        run_id = next(run_id for run_id, must in self.runs.items() if "bundle" in must)
        path = self.folder.with_name(f"exported-{next(folders)}.zip")
        export(self.store, self.store.get_run(run_id), path, options=Options(lock=False))
        with opened(path) as bundle:
            assert [one.message for one in verify(bundle).checks if not one.ok] == []
            assert (bundle / "manifest.json").read_bytes() == (self.bundle / "manifest.json").read_bytes()
        self.runs[run_id]["exported"] = True

    @rule(later=st.sampled_from([0, 1e9]))
    def collect(self, later):
        collect_garbage(self.store, now=time.time() + later)

    @rule()
    def restart(self):
        """The kernel ends; what was in training is canceled."""
        self.kernel.log.end()
        self.stop()
        self.begin()

    @rule()
    def crash(self):
        """The kernel's process is gone from one moment to the next; the next reader notices."""
        self.kernel.log.forget()
        self.stop()
        self.begin()

    def stop(self):
        self.store.close()
        for run_id in self.open:
            self.runs[run_id]["state"] = State.CANCELED
        self.open.clear()

    @invariant()
    def everything_is_there_and_nothing_else(self):
        self.tally["steps"] += 1
        found = {run.id: run for run in self.store.find_runs()}
        assert found.keys() == self.runs.keys()
        for run_id, must in self.runs.items():
            run = found[run_id]
            metrics = {metric.name: metric.value for metric in run.metrics}
            assert run.state == must["state"]
            if "params" in must:
                assert run.params == must["params"]
            else:
                assert [param.value for param in run.params] == [must["depth"]]
            assert metrics.get("score") == must.get("score")
            assert metrics.get("late") == must.get("late")
            assert (run.note, run.starred) == (must.get("note"), must.get("starred", False))
            assert dict(run.tags) == must.get("tags", {})
            if "model" in must:
                assert self.store.read_model(run_id)[0] == must["model"]
            assert [point.value for point in self.store.points(run_id, "loss")] == must.get("losses", [])

    @invariant()
    def versions_are_those_registered(self):
        found = {model.name: [v.run_id for v in model.versions] for model in registered_models(self.store)}
        assert {name: sorted(ids) for name, ids in found.items()} == {
            name: sorted(ids) for name, ids in self.models.items()
        }

    def teardown(self):
        problems = self.store.doctor(full=True)
        assert [problem.message for problem in problems if problem.severity == "error"] == []
        self.kernel.log.end()
        self.store.close()


def test_whatever_is_done_in_whatever_order_is_there_afterwards(tmp_path, new_kernel, bundle, tally):
    run_state_machine_as_test(
        lambda: Life(tmp_path, new_kernel, bundle, tally),
        settings=settings(
            max_examples=int(os.environ.get("NBTRACK_EXAMPLES", "15")),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
