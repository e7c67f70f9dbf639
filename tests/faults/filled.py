"""A store with something in every column of every table, and all that is read out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from writer import Writer

from nbtrack.records import (
    Capture,
    CellError,
    Dependency,
    Effects,
    Environment,
    Export,
    FileUse,
    Metric,
    Param,
    Point,
    Reproduction,
    Run,
    Scored,
    SourceFile,
    State,
    Trials,
    Verdict,
    new_id,
)
from nbtrack.store import Store, reproductions
from nbtrack.store.audit import audit
from nbtrack.store.effects import read_effects, read_file_uses
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.outcomes import read_outcomes
from nbtrack.store.random_states import read_states
from nbtrack.store.registry import exports, record_export, register, registered_models
from nbtrack.store.removal import remove_runs, tombstones
from nbtrack.store.scored import scored_data

FAR = "01936b2e-0000-7000-8000-000000000002"  # an execution that is not in the store


def fill(folder: Path) -> None:
    """Two kernels' work, so that nothing that others refer to is alone of its kind."""
    runs = [run for number in (0, 100) for run in _kernel(folder, number)]
    with Store.open(folder) as store:
        for place, run in enumerate((runs[0], runs[2])):
            store.update_run(run.id, note="a note", name="a name", starred=True)
            register(store, run.id, ("churn", "fraud")[place], alias="champion")
            handed = Export(
                run_id=run.id, at=1.0 + place, manifest="ab"[place] * 64, format="skops", safe=True, name="x"
            )
            record_export(store, handed, {})
            _reproduce(store, run.id, place)
        register(store, runs[1].id, "churn", alias="champion")  # which moves
        remove_runs(store, [runs[-1].id])
        # Condemned now, so that a later collection would delete it.
        collect_garbage(store, grace_seconds=1e9)


def _kernel(folder: Path, number: int) -> list[Run]:
    writer = Writer(folder, number)
    writer.session = replace(
        writer.session,
        notebook_path=f"{number}.ipynb",
        folder=str(folder.parent),
        executable="python",
        hash_seed="0",
    )
    writer.log.end()
    writer.log = writer.store.begin_session(writer.session)
    first = _rich(writer, number)
    writer.log.save(first)
    second = _rich(writer, number, earlier=first)
    writer.log.save(second)
    logged = writer.log.open_run(writer.run(State.RUNNING, model=False))
    for step in range(10):
        writer.log.log(logged.id, "loss", step, step * 0.5, 1e9)
    writer.log.save(Capture(execution=writer.execution("x")))
    gone = writer.capture()
    writer.log.end()
    writer.store.close()
    return [first.runs[0], second.runs[0], gone]


def _reproduce(store: Store, run_id: str, number: int) -> None:
    id_ = new_id()
    reproductions.begin(store, id_, run_id, "reproduction", started_at=1.0)
    found = Reproduction(
        id=id_,
        run_id=run_id,
        verdict=Verdict.SAME,
        started_at=1.0,
        duration_seconds=2.0 + number,
        tolerance=0.0,
        executions=1,
        environment=_environment(number),
    )
    reproductions.finish(store, found)
    reproductions.begin(store, broken_off := new_id(), run_id, "stability", started_at=2.0)
    reproductions.cancel(store, broken_off)


def _environment(number: int) -> Environment:
    return Environment(
        digest=f"b3:env{number}",
        python="3.11.7",
        platform="Linux",
        packages={"numpy": f"2.{number}"},
        hardware={"cpus": 2},
        git={"commit": "abc", "branch": "main", "dirty": False},
    )


def _rich(writer: Writer, number: int, earlier: Capture | None = None) -> Capture:
    """A capture with something of everything."""
    run = _rich_run(writer, number, earlier)
    execution = replace(
        run.execution,
        error=CellError(name="ValueError", message="m", traceback="t", line=3),
        stdout=f"out {run.id}",
        stderr="err",
        reads=("a",),
        writes=("b",),
        effects=Effects(
            needs=(earlier.execution.id,) if earlier else (), mutates=frozenset({"x"}), opaque=(run.id,)
        ),
        duration_seconds=1.0,
        execution_count=3,
        cell_id="c",
        notebook_path="n.ipynb",
    )
    use = FileUse(
        execution_id=execution.id, path="a.csv", generated=False, size_bytes=3, modified_ns=5, digest="b3:f"
    )
    scored = Scored(
        run_id=run.id, dataset="X", rows=8, inputs="X_test", digest="b3:x", truth="b3:t", shared=2
    )
    run = replace(run, execution=execution)
    return replace(
        writer.capture_of(run),
        file_uses=(use,),
        drawn={execution.id: {"numpy": b"state"}},
        scored=(scored,),
    )


def _rich_run(writer: Writer, number: int, earlier: Capture | None) -> Run:
    run = writer.run()
    curve = tuple(Point(step, step / 3, 1e9 + step) for step in range(20))
    other = earlier.execution.id if earlier else FAR
    content = replace(run.datasets[0].content, size_bytes=9, begins_with=("b3:begin",))
    return replace(
        run,
        experiment=f"e{number}",
        params=(
            *run.params,
            Param(name="lr", value=number + 0.5, origin="variable", execution_id=other),
            Param(name="C", value=1.0, origin="default"),
        ),
        metrics=(
            *run.metrics,
            Metric(
                name="acc",
                value=curve[-1].value,
                origin="history",
                dataset="X",
                variable="v",
                curve=curve,
                points=20,
                execution_id=other,
                at=3.0,
            ),
            Metric(name="f1", value=number / 3, origin="call", dataset="Z", execution_id=other),
        ),
        datasets=(replace(run.datasets[0], content=content),),
        files=(SourceFile(path=f"{number}.csv", digest="b3:f", size_bytes=3),),
        depends_on=(Dependency(execution_id=other, execution_count=1, cell_id="c"),),
        environment=_environment(number),
        trials=Trials(columns=("C",), rows=((run.params[0].value,), (2,))),
        model=replace(run.model, class_name=f"Net{number}", variable="clf", retained=True),
        duration_seconds=1.0,
        capture_seconds=0.1,
        capture_notes=("a note",),
    )


def everything(store: Store) -> list[str]:
    """All that is read out of a store, as text."""
    told: list[object] = []
    for run in store.find_runs():
        whole = store.get_run(run.id)
        told += [run, whole]
        told += [store.points(run.id, metric.name, dataset=metric.dataset) for metric in whole.metrics]
        if whole.model is not None and whole.model.stored:
            stream, buffers = store.read_model(run.id)
            told += [bytes(stream), *map(bytes, buffers)]
        told += [(one, store.read_attachment(one)) for one in store.attachments(run.id)]
        executions = store.executions(whole.execution.session_id)
        ids = [one.id for one in executions]
        told += [executions, read_effects(store, whole.execution.session_id, ids), read_file_uses(store, ids)]
        with store.view() as connection:
            told.append(read_outcomes(connection, run.id))
        told += [scored_data(store, run.id), read_states(store, ids)]
        told += [reproductions.reproductions(store, run.id), exports(store, run.id)]
    told += [registered_models(store), audit(store), tombstones(store), store.experiments()]
    return [repr(one) for one in told]
