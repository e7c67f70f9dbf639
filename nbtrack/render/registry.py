"""Registered models, their versions and the audit, as text and as JSON-ready data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbtrack.records import Audit, ModelVersion, RegisteredModel
from nbtrack.render.jsonable import timestamp
from nbtrack.render.numbers import moment
from nbtrack.render.plain import clean, pad, width

__all__ = [
    "audit_dict",
    "audit_text",
    "model_dict",
    "model_text",
    "models_text",
    "version_dict",
    "version_line",
]

_SHORT_DIGEST = 15


def version_dict(version: ModelVersion) -> dict[str, Any]:
    """A version as JSON-ready data."""
    return {
        "name": version.name,
        "version": version.version,
        "aliases": list(version.aliases),
        "run": {"id": version.run_id, "label": version.run_label},
        "class": version.class_name,
        "model_digest": version.model_digest,
        "created_at": timestamp(version.created_at),
        "created_by": version.created_by,
    }


def model_dict(model: RegisteredModel) -> dict[str, Any]:
    """A registered model with all its versions, newest first, as JSON-ready data."""
    return {
        "name": model.name,
        "created_at": timestamp(model.created_at),
        "aliases": model.aliases,
        "versions": [version_dict(one) for one in model.versions],
    }


def audit_dict(entry: Audit) -> dict[str, Any]:
    """An entry of the audit as JSON-ready data."""
    return {
        "number": entry.number,
        "at": timestamp(entry.at),
        "who": entry.who,
        "action": entry.action,
        "subject": entry.subject,
        "from": entry.before,
        "to": entry.after,
        "detail": dict(entry.detail),
    }


def version_line(version: ModelVersion) -> str:
    """A version on one line: ``churn:v3  @champion  RandomForestClassifier-12``."""
    aliases = "".join(f"  @{alias}" for alias in version.aliases)
    return clean(f"{version.reference}{aliases}  {version.run_label}")


def models_text(models: Sequence[RegisteredModel]) -> str:
    """A line for each model: its newest version and where its aliases stand."""
    rows = []
    for model in models:
        newest = model.versions[0]
        aliases = ", ".join(f"@{alias} v{version}" for alias, version in sorted(model.aliases.items()))
        rows.append(
            (model.name, f"v{newest.version}", aliases or "-", newest.run_label, moment(newest.created_at))
        )
    return _table(("model", "newest", "aliases", "run", "registered"), rows)


def model_text(model: RegisteredModel, entries: Sequence[Audit]) -> str:
    """One model: its versions, newest first, and what the audit says about it."""
    rows = [
        (
            f"v{one.version}",
            ", ".join(f"@{alias}" for alias in one.aliases) or "-",
            one.run_label,
            one.model_digest[:_SHORT_DIGEST],
            moment(one.created_at),
            one.created_by,
        )
        for one in model.versions
    ]
    text = f"{model.name}\n\n{_table(('version', 'aliases', 'run', 'model', 'registered', 'by'), rows)}"
    return f"{text}\n\nAudit\n\n{audit_text(entries)}" if entries else text


def audit_text(entries: Sequence[Audit]) -> str:
    """A line for each entry of the audit."""
    told = [(moment(one.at), one.who, one.action, one.subject, _change(one)) for one in entries]
    return _table(("when", "who", "what", "about", "change"), told)


def _change(entry: Audit) -> str:
    moved = f"{entry.before} → {entry.after or 'removed'}" if entry.before else entry.after or ""
    why = entry.detail.get("why")
    return f"{moved}  “{why}”" if why else moved


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [[clean(cell) for cell in row] for row in (head, *rows)]
    widths = [max(width(row[place]) for row in cells) for place in range(len(head))]
    return "\n".join(
        "  ".join(pad(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
