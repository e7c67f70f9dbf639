"""Registering with the gate before it: an alias moves only if the project's policy holds, or somebody says why not."""

from __future__ import annotations

from pathlib import Path

from nbtrack.errors import PolicyFailed
from nbtrack.handoff import policy as policies
from nbtrack.records import JSON, ModelVersion
from nbtrack.store import Store, registry
from nbtrack.store.audit import record

__all__ = ["register"]


def register(  # noqa: PLR0913 - the options of the command line
    store: Store,
    ref: str,
    name: str,
    *,
    alias: str | None = None,
    policy: Path | None = None,
    override: str | None = None,
) -> tuple[ModelVersion, bool]:
    """Register the model of a run as the next version of ``name``; see :func:`nbtrack.store.registry.register`.

    ``policy`` is a file with one, by default the project's; ``override`` the reason to move the alias although it does
    not hold, which is recorded.

    Raises:
        PolicyFailed: the policy does not hold, and no reason was given.
        UnknownRun: there is no such run.
        UsageError: the name cannot be used, the run has no stored model, or the policy cannot be read.
    """
    registry.check_name(name)
    detail = {} if alias is None else _gate(store, ref, name, policy, override)
    return registry.register(store, ref, name, alias=alias, detail=detail)


def _gate(store: Store, ref: str, name: str, file: Path | None, why: str | None) -> dict[str, JSON]:
    """Check the policy where one is set; what the audit is to say of it."""
    policy = policies.load_policy(file, store.folder.parent)
    if policy is None:
        return {} if why is None else {"why": why}
    outcome = policies.check(store, store.get_run(ref), policy, name=name)
    policies.recorded(store, outcome)
    failed = [f"{one.rule}: {one.message}" for one in outcome.rules if not one.ok]
    if not failed:
        return {"policy": outcome.digest}
    if why is None or not why.strip():
        raise PolicyFailed(
            f"{outcome.label} does not get the alias: {'; '.join(failed)}. Give --override with the reason to move it "
            "all the same; the reason is recorded."
        )
    told: dict[str, JSON] = {"policy": outcome.digest, "why": why, "failed": failed}
    record(store, "override", outcome.run_id, detail=told)
    return told
