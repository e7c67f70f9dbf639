"""Bundles, previews and verifications as text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable

from nbtrack.records import Bundle, PolicyOutcome, Preview, Verification
from nbtrack.render.numbers import size
from nbtrack.render.plain import clean, cut

__all__ = ["bundle_text", "outcome_text", "preview_text", "verification_text"]

_ROWS = 3
_COLUMNS = 12
_WIDTH = 100


def preview_text(preview: Preview) -> str:
    """What would leave, a line for each kind of thing."""
    stored = size(preview.size_bytes)
    lines = [
        f"{preview.label}: {preview.class_name} ({preview.framework}), {stored}, written as {preview.formats[0]}",
        f"  columns   {_named(preview)}",
        f"  example   {_example(preview)}",
        f"  sources   {preview.cells} cells"
        + (f", replaced in {preview.redacted} places" if preview.redacted else ""),
        f"  data      {', '.join(preview.datasets) or 'none'}: digests and profiles, no rows",
        f"  paths     {', '.join(preview.paths) or 'none'}",
    ]
    lines += [f"  {what:<9} {text}" for what, text in preview.texts.items()]
    lines += [f"  note      {text}" for text in preview.warnings]
    return "\n".join(clean(line) for line in lines)


def _named(preview: Preview) -> str:
    names = [f"{name} ({dtype})" if dtype else name for name, dtype in preview.columns[:_COLUMNS]]
    more = len(preview.columns) - _COLUMNS
    return ", ".join(names) + (f" and {more} more" if more > 0 else "") or "not recorded"


def _example(preview: Preview) -> str:
    if preview.example is None:
        return {"real": "real rows of the kept data", "file": "real rows of the file"}.get(
            preview.example_origin, "none that the records tell"
        )
    rows = preview.example.get("data", preview.example.get("inputs"))
    assert isinstance(rows, list)
    return f"{len(rows)} made-up rows, such as {cut(json.dumps(rows[0], ensure_ascii=False), _WIDTH)}"


def bundle_text(bundle: Bundle) -> str:
    """What was written, what it was proven by, and what is to be known of it."""
    proof = {True: "loaded again, same predictions", None: "not asked to predict", False: "other predictions"}
    safe = "" if bundle.safe else "  UNSAFE: a pickle, loading it runs code"
    lines = [
        f"{bundle.path}: {bundle.files} files, {size(bundle.size_bytes)}",
        f"  model     {bundle.format}{safe}; {proof[bundle.predicted]}",
        f"  digest    {bundle.digest}{', signed' if bundle.signed else ''}",
    ]
    lines += [f"  note      {text}" for text in bundle.warnings]
    return "\n".join(clean(line) for line in lines)


def verification_text(found: Verification) -> str:
    """What is wrong first, then what holds; the files that are as they should be in one line."""
    wrong = [f"FAILED  {one.message}" for one in found.checks if not one.ok]
    files = sum(one.ok and one.check == "file" for one in found.checks)
    fine = [
        f"ok      {one.message}" for one in found.checks if one.ok and one.check not in {"file", "manifest"}
    ]
    told = [f"ok      {files} files are as the manifest says"] if files else []
    end = [f"{'ok     ' if found.ok else 'FAILED '} {found.path}  {found.digest or ''}".rstrip()]
    return "\n".join(clean(line) for line in (*wrong, *told, *fine, *end))


def outcome_text(outcome: PolicyOutcome) -> str:
    """A line for each rule."""
    mark = {True: "ok     ", False: "FAILED ", None: "UNKNOWN"}
    return "\n".join(_lines(f"{mark[one.ok]} {one.rule}: {one.message}" for one in outcome.rules))


def _lines(texts: Iterable[str]) -> list[str]:
    return [clean(text) for text in texts]
