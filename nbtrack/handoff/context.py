"""What the store knows about a run that its bundle tells."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.handoff.redacting import outward
from nbtrack.handoff.rows import same_test_data
from nbtrack.provenance import run_slice
from nbtrack.provenance.lineage import lineage_of
from nbtrack.records import Execution, Metric, ModelVersion, PolicyOutcome, RuleOutcome, Run, Scored
from nbtrack.render.openlineage import openlineage_events
from nbtrack.store import Store
from nbtrack.store.audit import audit
from nbtrack.store.registry import registered_model
from nbtrack.store.scored import scored_data

__all__ = ["Compared", "Context", "gather", "last_outcome"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric of the version before and the same of this one; whether on the same rows (None: that cannot be told)."""

    then: Metric
    now: Metric
    same: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A run with what stands around it in the store.

    ``run`` is as it leaves: what the user wrote without secrets and home paths. ``previous`` is the version before
    the one that the run is, with that version's run, ``compared`` their metrics. ``lineage`` are OpenLineage events
    of what it came from, ``scored`` is what it was measured on.
    """

    run: Run
    script: str
    executions: tuple[Execution, ...]
    lineage: tuple[Any, ...]
    version: ModelVersion | None
    previous: tuple[ModelVersion, Run] | None
    policy: PolicyOutcome | None
    scored: tuple[Scored, ...]
    compared: tuple[Compared, ...]

    @property
    def name(self) -> str:
        """What the bundle is called: the registered name, else the run's label."""
        return self.version.name if self.version is not None else self.run.label


def gather(store: Store, run: Run) -> Context:
    """Read all that the bundle of a run tells."""
    made = run_slice(store, run)
    wanted = {cell.execution_id for cell in made.cells}
    executions = store.executions(run.execution.session_id, wanted)
    version, previous = _versions(store, run)
    return Context(
        run=_outward(run),
        script=outward(made.script()),
        executions=tuple(executions),
        lineage=tuple(
            _cleaned(openlineage_events(lineage_of(store, run.id, up=True, down=False), "nbtrack"))
        ),
        version=version,
        previous=previous,
        policy=last_outcome(store, run),
        scored=tuple(
            dataclasses.replace(one, dataset=outward(one.dataset), inputs=one.inputs and outward(one.inputs))
            for one in scored_data(store, run.id)
        ),
        compared=() if previous is None else tuple(_compared(store, run, previous[1])),
    )


def _compared(store: Store, run: Run, before: Run) -> Iterator[Compared]:
    """Each metric that both have: on data of the same name, else on the same rows under another."""
    theirs = {(one.name, one.dataset): one for one in before.metrics}
    for one in run.metrics:
        other = theirs.get((one.name, one.dataset))
        if other is not None:
            yield Compared(other, one, same_test_data(store, run, before, (one, other))[0])
            continue
        alike = [each for each in before.metrics if each.name == one.name]
        same = next((each for each in alike if same_test_data(store, run, before, (one, each))[0]), None)
        if same is not None:
            yield Compared(same, one, same=True)


def _cleaned(value: Any) -> Any:
    """JSON-ready data with each text fit to leave."""
    if isinstance(value, str):
        return outward(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value


def _outward(run: Run) -> Run:
    return dataclasses.replace(
        run,
        note=None if run.note is None else outward(run.note),
        name=None if run.name is None else outward(run.name),
        experiment=outward(run.experiment),
        tags={outward(name): outward(value) for name, value in run.tags.items()},
        files=tuple(dataclasses.replace(one, path=outward(one.path)) for one in run.files),
        params=tuple(
            dataclasses.replace(one, value=outward(one.value)) if isinstance(one.value, str) else one
            for one in run.params
        ),
    )


def _versions(store: Store, run: Run) -> tuple[ModelVersion | None, tuple[ModelVersion, Run] | None]:
    if not run.registered:
        return None, None
    told: Mapping[str, object] = run.registered[-1]
    model = registered_model(store, str(told["name"]))
    version = next(one for one in model.versions if one.version == told["version"])
    before = next((one for one in model.versions if one.version < version.version), None)
    return version, None if before is None else (before, store.get_run(before.run_id))


def last_outcome(store: Store, run: Run) -> PolicyOutcome | None:
    """What a policy last said of the run, from the audit; None where none was checked."""
    entry = next((one for one in audit(store, subject=run.id) if one.action == "check"), None)
    if entry is None:
        return None
    rules = entry.detail["rules"]
    assert isinstance(rules, list)
    return PolicyOutcome(
        run_id=run.id,
        label=run.label,
        digest=str(entry.detail["policy"]),
        rules=tuple(RuleOutcome(**rule) for rule in rules),
    )
