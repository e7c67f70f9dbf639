"""How two runs differ: as text on one screen, and as JSON-ready data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from nbtrack.records import JSON, Difference, Reason, ReasonKind
from nbtrack.render.jsonable import finite
from nbtrack.render.numbers import number, shape, short_digest, size
from nbtrack.render.plain import clean, cut, pad, value_text, width

__all__ = [
    "causes",
    "difference_text",
    "effects",
    "reason_to_dict",
    "same_text",
    "summary",
    "then_and_now",
    "unexplained",
]

_VALUE = 40  # columns of a value
_CODE_LINES = 6  # of a cell's diff, where not all is asked for
_LINES = 30  # of causes, where not all is asked for
_DIGITS = 6
_PLURALS: dict[ReasonKind, str] = {
    "param": "params", "file": "files", "data": "datasets", "code": "cells", "seed": "seeds", "environment": "versions",
    "model": "models", "metric": "metrics",
}  # fmt: skip
_SINGULARS: dict[ReasonKind, str] = {
    "param": "param", "file": "file", "data": "dataset", "code": "cell", "seed": "seed", "environment": "version",
    "model": "model", "metric": "metric",
}  # fmt: skip


def reason_to_dict(reason: Reason) -> dict[str, Any]:
    """``{"kind", "subject", "then", "now", "detail"}``, with the numbers that JSON lacks as texts."""
    return {
        "kind": reason.kind,
        "subject": reason.subject,
        "then": finite(reason.then),
        "now": finite(reason.now),
        "detail": reason.detail,
    }


def effects(difference: Difference) -> list[Reason]:
    """What came out different: the metrics, and the model's size."""
    sizes = [each for each in difference.reasons if each.kind == "model" and each.subject == "size"]
    return [each for each in difference.reasons if each.kind == "metric"] + sizes


def causes(difference: Difference) -> list[Reason]:
    """What may have made the difference, most telling first."""
    out = effects(difference)
    return [each for each in difference.reasons if each not in out]


def difference_text(difference: Difference, *, whole: bool = False, columns: int = 100) -> str:
    """The metrics that differ, why, and what is equal; on one screen, unless ``whole``, which leaves nothing out."""
    blocks = [cut(f"{clean(difference.then_label)} → {clean(difference.now_label)}", columns)]
    out, why = effects(difference), causes(difference)
    if out:
        blocks.append("\n".join(_rows([_row(each) for each in out], columns)))
    blocks.append(
        _why(why, whole=whole, columns=columns) if why else textwrap.fill(unexplained(difference), columns)
    )
    if difference.same:
        blocks.append(textwrap.fill(same_text(difference), columns))
    blocks += [textwrap.fill(clean(each), columns) for each in difference.notes]
    return "\n\n".join(block for block in blocks if block)


def unexplained(difference: Difference) -> str:
    """What is to be said where no cause is known."""
    if not effects(difference):
        return "No difference in anything that was recorded."
    return (
        "Nothing that was recorded explains it: params, data, code, seeds and versions are the same. "
        "What may: the state of random numbers, time, the network, files read in ways that are not seen."
    )


def same_text(difference: Difference) -> str:
    """``Same in both: 12 params, 2 datasets, 5 cells``."""
    counts = [
        f"{count} {_SINGULARS[kind] if count == 1 else _PLURALS[kind]}"
        for kind, count in difference.same.items()
    ]
    return f"Same in both: {', '.join(counts)}"


def then_and_now(reason: Reason) -> str:
    """``100 → 200``; what there was not is a dash. Empty for code, whose text is the detail."""
    if reason.kind == "code" or (reason.then is None and reason.now is None and reason.kind == "seed"):
        return ""
    then, now = (_short(reason, value) for value in (reason.then, reason.now))
    if then == now and reason.kind in {"data", "file"}:
        return _digests(reason)
    return f"{then} → {now}"


def summary(reason: Reason) -> str:
    """The detail on one line; of code, whose detail is a diff, what became of the cell."""
    if reason.kind != "code" or reason.then == reason.now:
        return clean(reason.detail or "")
    if reason.then is None or reason.now is None:
        return "added" if reason.then is None else "left out"
    return "edited"


def _why(reasons: Sequence[Reason], *, whole: bool, columns: int) -> str:
    lines: list[str] = []
    for place, (reason, row) in enumerate(
        zip(reasons, _rows([_row(each) for each in reasons], columns), strict=True)
    ):
        told = [row]
        if reason.kind == "code" and reason.then != reason.now:
            told += _code_lines(reason, whole=whole, columns=columns)
        if not whole and len(lines) + len(told) > _LINES:
            return "\n".join([*lines, f"… and {len(reasons) - place} more"])
        lines += told
    return "\n".join(lines)


def _code_lines(reason: Reason, *, whole: bool, columns: int) -> list[str]:
    lines = (reason.detail or "").splitlines()
    if not whole:
        told = [line for line in lines if line[:1] in "+-"]
        lines = told[:_CODE_LINES]
        if len(told) > len(lines):
            lines.append(f"… and {len(told) - len(lines)} lines more")
    return [cut(f"    {clean(line.expandtabs(4))}", columns).rstrip() for line in lines]


def _row(reason: Reason) -> list[str]:
    return [reason.kind, cut(clean(reason.subject), _VALUE), then_and_now(reason), summary(reason)]


def _rows(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    widths = [max((width(row[place]) for row in rows), default=0) for place in range(3)]
    return [
        cut(
            "  ".join([*(pad(row[place], widths[place]) for place in range(3) if widths[place]), row[3]]),
            columns,
        ).rstrip()
        for row in rows
    ]


def _short(reason: Reason, value: JSON) -> str:
    """A value as it stands before or behind the arrow."""
    if value is None:
        given = reason.kind == "param" and not (reason.detail or "").endswith(" only")
        return value_text(value) if given else "—"
    if isinstance(value, dict):
        return _content(value)
    if reason.kind == "metric" and isinstance(value, int | float):
        return number(value)
    if reason.kind == "model":
        return size(value) if isinstance(value, int) else cut(clean(str(value).rpartition(".")[2]), _VALUE)
    return value_text(value, _VALUE)


def _content(value: dict[str, Any]) -> str:
    dimensions = value.get("shape")
    if dimensions is not None:
        return shape(dimensions)
    return size(value["size_bytes"]) if "size_bytes" in value else short_digest(value["digest"], _DIGITS)


def _digests(reason: Reason) -> str:
    pair = [
        short_digest(str(value["digest"]), _DIGITS) if isinstance(value, dict) else "—"
        for value in (reason.then, reason.now)
    ]
    return " → ".join(pair)
