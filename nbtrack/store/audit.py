"""The audit: a table that is only ever appended to; who decided what about models, and when."""

from __future__ import annotations

from collections.abc import Mapping

from nbtrack.records import JSON, Audit, AuditAction
from nbtrack.store.chain import append
from nbtrack.store.store import Store
from nbtrack.store.values import from_json

__all__ = ["audit", "record"]


def record(
    store: Store, action: AuditAction, subject: str, *, detail: Mapping[str, JSON], after: str | None = None
) -> None:
    """Append an entry in a transaction of its own."""
    with store.writing() as connection:
        append(connection, action, subject, after=after, detail=detail)


def audit(store: Store, *, subject: str | None = None, limit: int | None = None) -> list[Audit]:
    """The entries, newest first; ``subject`` is a run's id, or a registered model: with its versions and their runs."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT pk, at, who, action, subject, before, after, detail FROM audit "
            "WHERE ?1 IS NULL OR subject = ?1 OR substr(subject, 1, length(?1) + 1) IN (?1 || ':', ?1 || '@') "
            "OR subject IN (SELECT r.id FROM registered_models m JOIN model_versions v ON v.model = m.pk "
            "JOIN runs r ON r.pk = v.run WHERE m.name = ?1) "
            "ORDER BY pk DESC LIMIT ?2",
            (subject, -1 if limit is None else limit),
        ).fetchall()
    return [
        Audit(
            number=pk,
            at=at,
            who=who,
            action=action,
            subject=about,
            before=before,
            after=after,
            detail=from_json(detail),
        )
        for pk, at, who, action, about, before, after, detail in rows
    ]
