"""What a store must hold after what was said by `writer.py`, and whether it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from writer import data_of, picture_of, segments_of

from nbtrack.errors import NbtrackError
from nbtrack.records import State
from nbtrack.store import Store
from nbtrack.store.registry import registered_models


def understood(said: bytes | str) -> list[dict]:
    """The whole lines among what a process said before it ended."""
    text = said.decode() if isinstance(said, bytes) else said
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line[:1] == "{"]


def lost(store: Store, said: Iterable[dict], *, power: bool = False) -> list[str]:
    """What was acknowledged and is not there whole, in words; after a power cut points count once they were folded."""
    said = list(said)
    gone = {each["id"] for each in said if each["did"] in {"removing", "removed"}}
    found = {run.id: run for run in store.find_runs()}
    problems: list[str] = []
    last = {each["id"]: each for each in said if each["did"] == "point"}
    for each in said:
        if each["did"] == "point" and last[each["id"]] is not each:
            continue  # whoever has the last has those before it, or a hole in the curve
        run_id = each.get("id")
        if run_id in gone:
            if each["did"] == "removed" and run_id in found:
                problems.append(f"{run_id} was removed and is there")
            continue
        if run_id is not None and run_id not in found:
            problems.append(f"{run_id}, {each['did']}, is not there")
            continue
        problems += _checked(store, each, power=power)
    return problems


def _checked(store: Store, each: dict, *, power: bool) -> Iterator[str]:
    run_id = each.get("id")
    if each["did"] == "noted" and store.get_run(run_id).note != f"note {run_id}":
        yield f"{run_id} has lost its note"
    if each["did"] == "registered":
        versions = {
            (model.name, version.version): version.run_id
            for model in registered_models(store)
            for version in model.versions
        }
        if versions.get((each["name"], each["version"])) != run_id:
            yield f"{each['name']}:v{each['version']} is not {run_id}"
    if each["did"] == "run":
        yield from whole(store, run_id, stored=each["stored"])
    if (each["did"] == "point" and not power) or each["did"] == "folded":
        last = each["step"] if each["did"] == "point" else each["points"] - 1
        points = store.points(run_id, "loss", start=last)
        if not points or (points[0].step, points[0].value) != (last, last * 0.5):
            yield f"{run_id} has lost point {last}"


def whole(store: Store, run_id: str, *, stored: bool = True) -> Iterator[str]:
    """What is wrong with a run that `writer.py` saved with its model."""
    run = store.get_run(run_id)
    number = run.params[0].value
    if dict(run.tags) != {"number": str(number)} or run.execution.source != f"fit({number})":
        yield f"{run_id} is not run {number}"
    if run.metrics[0].value != number / 7 or run.datasets[0].content.columns != data_of(number).columns:
        yield f"{run_id} has other numbers or data"
    if stored:
        stream, *buffers = segments_of(number)
        got, others = store.read_model(run_id)
        if bytes(got) != stream or [bytes(one) for one in others] != buffers:
            yield f"{run_id} has another model"
    for attachment in store.attachments(run_id):
        if store.read_attachment(attachment) != picture_of(number):
            yield f"{run_id} has another picture"


def sound(store: Store) -> list[str]:
    """What is wrong with a store, by its doctor and by reading all of it; no run may be left RUNNING."""
    problems = [one.message for one in store.doctor(full=True) if one.severity == "error"]
    for run in store.find_runs():
        if run.state == State.RUNNING:
            problems.append(f"{run.id} is RUNNING")
        steps = [point.step for point in store.points(run.id, "loss")]
        if steps != list(range(len(steps))):
            problems.append(f"{run.id} has a curve with holes")
        try:
            if run.model is not None and run.model.stored:
                problems += whole(store, run.id)
        except NbtrackError as error:
            problems.append(str(error))
    return problems
