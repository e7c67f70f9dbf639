"""What a ``%%track`` line asks for by name: metrics by expression, data, the model."""

from __future__ import annotations

import time
from dataclasses import replace

from nbtrack import frameworks
from nbtrack.capture.observation import Block, Wanted
from nbtrack.capture.surroundings import Surroundings
from nbtrack.errors import CaptureError, DigestError
from nbtrack.observe import data, models
from nbtrack.observe.metrics import number
from nbtrack.records import Dataset, Execution, Metric, Model, ModelBytes

__all__ = ["asked_data", "asked_metrics", "asked_model"]


def asked_metrics(
    wanted: Wanted | None,
    execution: Execution,
    around: Surroundings,
    notes: list[str],
) -> list[Metric]:
    """Numbers of the expressions of ``-M``; one that fails or is no number becomes a note."""
    found = []
    for name, expression in wanted.metrics if wanted is not None else ():
        try:
            value = number(around.evaluate(expression)) if around.evaluate is not None else None
        except Exception as error:
            notes.append(f"metric {name} = {expression}: {type(error).__name__}: {error}")
            continue
        if value is None:
            notes.append(f"metric {name} = {expression} is not a number")
        else:
            found.append(
                Metric(name=name, value=value, origin="explicit", execution_id=execution.id, at=time.time())
            )
    return found


def asked_data(wanted: Wanted | None, around: Surroundings, notes: list[str]) -> list[Dataset]:
    """Digests of the variables of ``-d``; one that is not there becomes a note."""
    found = []
    for name in wanted.data if wanted is not None else ():
        if name not in around.namespace:
            notes.append(f"data {name}: there is no variable of that name")
            continue
        try:
            found.append(data.dataset(name, "input", around.namespace[name]))
        except DigestError as error:
            notes.append(f"data {name}: {error}")
    return found


def asked_model(
    block: Block,
    around: Surroundings,
    taken: dict[str, ModelBytes],
    notes: list[str],
) -> Model | None:
    """The model of ``-m``, with its bytes put into ``taken``; None where none was asked for."""
    wanted = block.wanted
    if wanted is None or wanted.model is None:
        return None
    if wanted.model not in around.namespace:
        notes.append(f"model {wanted.model}: there is no variable of that name")
        return None
    value = around.namespace[wanted.model]
    owner = frameworks.owner(value)
    described = models.describe(
        value,
        framework=owner.name if owner is not None else "",
        variable=wanted.model,
        retained=True,
    )
    if not wanted.keep_model:
        return described
    try:
        stored = models.serialize(value)
    except CaptureError as error:
        notes.append(str(error))
        return described
    taken[block.id] = stored
    return replace(
        described, digest=stored.digest, size_bytes=stored.size_bytes, stored=True, blobs=stored.blob_digests
    )
