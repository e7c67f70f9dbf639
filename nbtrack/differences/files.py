"""Files read that differ, by path."""

from __future__ import annotations

from nbtrack.differences.found import Found
from nbtrack.records import JSON, Reason, Run, SourceFile
from nbtrack.render.numbers import size

__all__ = ["compare_files"]


def compare_files(then: Run, now: Run) -> Found:
    """The files whose content differs; those that only one run read come last."""
    found, alone = Found(), []
    before = {each.path: each for each in then.files}
    after = {each.path: each for each in now.files}
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            said = "read now only" if old is None else "read then only"
            alone.append(Reason(kind="file", subject=path, then=_told(old), now=_told(new), detail=said))
        elif old.digest == new.digest:
            found.same += 1
        else:
            said = f"{size(old.size_bytes)} → {size(new.size_bytes)}"
            if old.size_bytes == new.size_bytes:
                said = "another content of the same size"
            found.reasons.append(
                Reason(kind="file", subject=path, then=_told(old), now=_told(new), detail=said)
            )
    found.reasons += alone
    return found


def _told(file: SourceFile | None) -> JSON:
    return None if file is None else {"digest": file.digest, "size_bytes": file.size_bytes}
