"""Registered models: names, versions, aliases, and the audit of what was decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nbtrack.records.environments import JSON
from nbtrack.records.record import record

__all__ = ["Audit", "AuditAction", "Export", "ModelVersion", "RegisteredModel"]

AuditAction: TypeAlias = Literal["register", "alias", "check", "override", "export", "import"]


@record
class ModelVersion:
    """A version of a registered model: never changed, never removed.

    ``version`` counts from 1; ``aliases`` are the labels that it has at the moment.
    """

    name: str
    version: int
    run_id: str
    run_label: str
    class_name: str
    model_digest: str
    created_at: float
    created_by: str
    aliases: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What it is called on the command line, such as ``churn:v3``."""
        return f"{self.name}:v{self.version}"


@record
class RegisteredModel:
    """A name under which models are handed on, with its versions, newest first."""

    name: str
    created_at: float
    versions: tuple[ModelVersion, ...]

    @property
    def aliases(self) -> dict[str, int]:
        """The version that each alias stands for."""
        return {alias: one.version for one in self.versions for alias in one.aliases}


@record
class Audit:
    """One entry of the audit: who did what to which subject, when, from what to what.

    ``action`` is ``register``, ``alias``, ``check``, ``override``, ``export`` or ``import``; ``number`` counts all
    entries of a store from 1.
    """

    number: int
    at: float
    who: str
    action: AuditAction
    subject: str
    before: str | None = None
    after: str | None = None
    detail: Mapping[str, JSON] = field(default_factory=dict)


@record
class Export:
    """A bundle that was written: ``manifest`` is the sha256 of its ``manifest.json``, in hex."""

    run_id: str
    at: float
    manifest: str
    format: str
    safe: bool
    name: str
