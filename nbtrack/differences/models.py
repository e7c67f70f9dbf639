"""The models' class, which is a cause, and their size, which is an effect."""

from __future__ import annotations

from nbtrack.differences.found import Found
from nbtrack.records import Model, Reason, Run

__all__ = ["compare_classes", "compare_sizes"]


def compare_classes(then: Run, now: Run) -> Found:
    """Another class of model, or a model where there was none."""
    found = Found()
    before, after = _class(then.model), _class(now.model)
    if before == after:
        found.same += int(before is not None)
    else:
        found.reasons.append(Reason(kind="model", subject="class", then=before, now=after))
    return found


def compare_sizes(then: Run, now: Run) -> Found:
    """The size of the serialised model, in bytes; equal digests count as the same."""
    found = Found()
    old, new = then.model, now.model
    if old is None or new is None or old.size_bytes is None or new.size_bytes is None:
        return found
    if old.digest is not None and old.digest == new.digest:
        found.same += 1
    elif old.size_bytes != new.size_bytes:
        change = (new.size_bytes / old.size_bytes - 1) * 100 if old.size_bytes else 0.0
        detail = f"{change:+.0f} %" if abs(change) >= 1 else None
        found.reasons.append(
            Reason(kind="model", subject="size", then=old.size_bytes, now=new.size_bytes, detail=detail)
        )
    return found


def _class(model: Model | None) -> str | None:
    if model is None:
        return None
    return f"{model.module}.{model.class_name}" if model.module else model.class_name
