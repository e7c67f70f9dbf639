"""The files of a bundle beside the model: what people and other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbtrack.handoff import describe
from nbtrack.handoff.card import card
from nbtrack.handoff.context import Context
from nbtrack.handoff.record import to_record
from nbtrack.records import Run
from nbtrack.render.jsonable import finite, timestamp

__all__ = ["write_pages"]


def write_pages(bundle: Path, context: Context, result: dict[str, Any], notes: Sequence[str]) -> None:
    """Write the card, the script, the environment, the example, the profile, the lineage and the record."""
    run, about = context.run, result["about"]
    for name in ("environment", "example"):
        (bundle / name).mkdir()
    named = {} if context.version is None else {context.version.name: f"v{context.version.version}"}
    size = sum(file.stat().st_size for file in (bundle / "model").iterdir())
    created = timestamp(run.started_at).replace("T", " ").removesuffix("Z") + "000"
    pages = {
        "card.md": card(
            run,
            about,
            result,
            name=context.name,
            version=context.version,
            previous=context.previous,
            compared=context.compared,
            scored=context.scored,
            policy=context.policy,
            notes=notes,
        ),
        "train.py": context.script,
        "MLmodel": describe.mlmodel(
            about, result, created=created, run_id=run.id, versions=named, size_bytes=size
        ),
        "python_env.yaml": describe.python_env(result["python"]),
        "requirements.txt": describe.requirements(result["closure"]),
        "environment/requirements.txt": describe.requirements(result["closure"]),
        "environment/pyproject.toml": describe.pyproject(
            context.name.lower(), result["python"], result["packages"]
        ),
        "Dockerfile": describe.dockerfile(result["python"]),
        "profile.json": _json(_profile(run)),
        "lineage.json": _json(list(context.lineage)),
        "record.json": _json(to_record(run, context.executions, context.scored)),
    }
    if result["expected"] is not None:
        pages["example/input.json"] = _json(result["example"])
        pages["example/serving.json"] = _json(describe.serving_input(about["input"], result["example"]))
        pages["example/expected.json"] = _json(result["expected"])
    for name, text in pages.items():
        (bundle / name).write_text(text, encoding="utf-8")
    if not any((bundle / "example").iterdir()):
        (bundle / "example").rmdir()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _profile(run: Run) -> dict[str, Any]:
    """The reference profile of the training data: what later data can be held against."""
    wanted: list[Mapping[str, Any]] = [
        {
            "name": one.name,
            "role": one.role,
            "digest": one.content.digest,
            "kind": one.content.kind,
            "shape": None if one.content.shape is None else list(one.content.shape),
            "columns": [
                {
                    "name": each.name,
                    "dtype": each.dtype,
                    "digest": each.digest,
                    "profile": finite(each.profile),
                }
                for each in one.content.columns
            ],
        }
        for one in run.datasets
    ]
    return {"run": run.id, "datasets": wanted}
